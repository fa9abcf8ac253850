import { expect, test } from 'vitest';
import { enumValue } from '../../../../agent/host/btf/enum-value.ts';
import { functionPrototype } from '../../../../agent/host/btf/function-prototype.ts';
import { structLayout } from '../../../../agent/host/btf/struct-layout.ts';
import { typeText } from '../../../../agent/host/btf/type-text.ts';
import type { TypeSpec } from './encode-btf.ts';
import { encoded, parsed } from './parsed.ts';
import { kernelBtf, moduleBtf } from './small-btf.ts';

const kernel = parsed(kernelBtf.bytes);
const gfs2 = parsed(moduleBtf.bytes, kernel);
const int: TypeSpec = { kind: 'int', name: 'int', bytes: 4 };

/** The text of the last of some types. */
function textOf(...types: TypeSpec[]): string {
  return typeText(encoded(...types), types.length);
}

test('pointers, arrays, functions and qualifiers stand where C has them', () => {
  const taking: TypeSpec = { kind: 'funcProto', returns: 1, params: [{ name: 'x', type: 2 }] };
  expect(textOf(int, { kind: 'ptr', type: 1 }, { kind: 'ptr', type: 2 })).toBe('int **');
  expect(textOf(int, { kind: 'ptr', type: 1 }, { kind: 'const', type: 2 })).toBe('int *const');
  expect(textOf(int, { kind: 'const', type: 1 }, { kind: 'ptr', type: 2 })).toBe('const int *');
  expect(textOf(int, { kind: 'array', type: 1, index: 1, count: 4 }, { kind: 'ptr', type: 2 })).toBe('int (*)[4]');
  expect(textOf(int, { kind: 'ptr', type: 1 }, { kind: 'array', type: 2, index: 1, count: 4 })).toBe('int *[4]');
  expect(textOf(int, { kind: 'ptr', type: 0 }, taking, { kind: 'ptr', type: 3 })).toBe('int (*)(void *)');
  expect(textOf(int, { kind: 'funcProto', returns: 0, params: [] }, { kind: 'ptr', type: 2 })).toBe('void (*)(void)');
});

test('two dimensions keep their order', () => {
  const row: TypeSpec = { kind: 'array', type: 1, index: 1, count: 3 };
  expect(textOf(int, row, { kind: 'array', type: 2, index: 1, count: 2 })).toBe('int[2][3]');
});

test('structs without a name say so, unions and enums say what they are', () => {
  expect(textOf({ kind: 'struct', name: '', bytes: 0, members: [] })).toBe('struct {...}');
  expect(textOf({ kind: 'fwd', name: 'u', flag: true })).toBe('union u');
  expect(textOf({ kind: 'enum64', name: 'e', bytes: 8, values: [] })).toBe('enum e');
});

test('text of a pointer to itself ends', () => {
  expect(textOf({ kind: 'ptr', type: 1 })).toMatch(/^… \*{60}$/);
});

test('text of functions that take functions without end ends', () => {
  const types: TypeSpec[] = [];
  for (let id = 1; id < 100; id += 2) {
    const param = { name: '', type: id + 1 };
    types.push({ kind: 'funcProto', returns: 0, params: [param, param] }, { kind: 'ptr', type: (id + 2) % 100 });
  }
  expect(typeText(encoded(...types), 2).length).toBeLessThan(2_000);
});

test('a prototype gives names, types, a variable rest and what is returned', () => {
  expect(functionPrototype(gfs2, 'gfs2_glock_get')).toEqual({
    kind: 'found',
    params: [{ name: 'gl', type: 'struct gfs2_glock *' }],
    returns: 'int',
  });
  expect(functionPrototype(gfs2, '_printk')).toEqual({
    kind: 'found',
    params: [
      { name: 'fmt', type: 'const char *' },
      { name: '', type: '...' },
    ],
    returns: 'int',
  });
});

test('restrict stands behind its star, type tags are left out, callbacks are spelled out', () => {
  expect(functionPrototype(kernel, 'copy')).toEqual({
    kind: 'found',
    params: [
      { name: 'to', type: 'const char *restrict' },
      { name: 'from', type: 'char *' },
      { name: 'done', type: 'int (*)(const char *, ...)' },
    ],
    returns: 'void',
  });
});

test('a function that is not there is missing; two of one name must be alike', () => {
  const proto = (name: string): TypeSpec => ({ kind: 'funcProto', returns: 1, params: [{ name, type: 1 }] });
  const func = (type: number): TypeSpec => ({ kind: 'func', name: 'show', type });
  expect(functionPrototype(kernel, 'gfs2_fault')).toEqual({ kind: 'missing', why: 'BTF has no function gfs2_fault' });
  expect(functionPrototype(encoded(int, proto('a'), proto('b'), func(2), func(3)), 'show').kind).toBe('ambiguous');
  expect(functionPrototype(encoded(int, proto('a'), proto('a'), func(2), func(3)), 'show').kind).toBe('found');
});

test('a function without a prototype is malformed', () => {
  expect(functionPrototype(encoded(int, { kind: 'func', name: 'f', type: 1 }), 'f').kind).toBe('missing');
});

test('enumerators of 32 and 64 bits keep their sign', () => {
  const read = (name: string) => {
    const answer = enumValue(gfs2, name);
    return answer.kind === 'found' ? answer.value : answer.kind;
  };
  expect(['UN', 'TOP', 'MINUS', 'WIDE', 'DEEP', 'wide'].map(read)).toEqual([
    0n,
    0xffffffffn,
    -5n,
    0xffffffff00000000n,
    -(1n << 40n),
    'missing',
  ]);
});

test('an enumerator with two values is ambiguous, with one value twice it is not', () => {
  const one = (value: bigint): TypeSpec => ({ kind: 'enum', name: '', bytes: 4, values: [{ name: 'Opt_err', value }] });
  expect(enumValue(encoded(one(1n), one(2n)), 'Opt_err').kind).toBe('ambiguous');
  expect(enumValue(encoded(one(2n), one(2n)), 'Opt_err')).toEqual({ kind: 'found', value: 2n });
});

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
