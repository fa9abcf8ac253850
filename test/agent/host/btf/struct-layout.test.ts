import { expect, test } from 'vitest';
import { structLayout } from '../../../../agent/host/btf/struct-layout.ts';
import type { TypeSpec } from './encode-btf.ts';
import { encoded, parsed } from './parsed.ts';
import { kernelBtf } from './small-btf.ts';

const kernel = parsed(kernelBtf.bytes);
const int: TypeSpec = { kind: 'int', name: 'int', bytes: 4 };

test('a layout has its size and every field that C can name, in order', () => {
  const layout = structLayout(kernel, 'vm_fault');
  const lines =
    layout.kind === 'found' ? layout.fields.map((f) => `${f.offsetBytes}+${f.sizeBytes} ${f.type} ${f.name}`) : [];
  expect(layout).toMatchObject({ kind: 'found', sizeBytes: 48 });
  expect(lines).toEqual([
    '0+8 struct vm_fault * vma',
    '8+4 int gfp_mask',
    '16+8 long unsigned int pgoff',
    '16+4 int index',
    '40+4 int flags',
  ]);
});

test('a layout with one impossible member is refused whole', () => {
  const types: TypeSpec[] = [
    int,
    {
      kind: 'struct',
      name: 's',
      bytes: 8,
      members: [
        { name: 'good', type: 1, bit: 0 },
        { name: 'bad', type: 1, bit: 64 },
      ],
    },
  ];
  expect(structLayout(encoded(...types), 's').kind).toBe('missing');
});

test('a layout of fields that multiply a billion times is refused', () => {
  const types: TypeSpec[] = [int, { kind: 'union', name: '', bytes: 4, members: [{ name: 'x', type: 1, bit: 0 }] }];
  for (let level = 2; level < 60; level += 1) {
    const member = { name: '', type: level, bit: 0 };
    types.push({ kind: 'union', name: level === 59 ? 'top' : '', bytes: 4, members: [member, member] });
  }
  expect(structLayout(encoded(...types), 'top')).toMatchObject({
    why: expect.stringMatching(/more than 20000 members$/),
  });
});
