import { expect, test } from 'vitest';
import { typeRecord } from '../../../../agent/host/btf/btf.ts';
import { fieldOffset } from '../../../../agent/host/btf/field-offset.ts';
import { parseBtf } from '../../../../agent/host/btf/parse.ts';
import { encodeBtf, type TypeSpec } from './encode-btf.ts';
import { parsed } from './parsed.ts';
import { kernelBtf, kernelTypes, moduleBtf, moduleTypes } from './small-btf.ts';

const int: TypeSpec = { kind: 'int', name: 'int', bytes: 4 };

/** The error of bytes that must not parse, as `byte: reason`. */
function refusal(bytes: Uint8Array): string {
  const btf = parseBtf(bytes);
  return btf.kind === 'btf' ? 'parsed' : `${btf.atByte}: ${btf.why}`;
}

function refusalOf(...types: TypeSpec[]): string {
  return refusal(encodeBtf(types).bytes);
}

function patched(at: number, ...bytes: number[]): Uint8Array {
  const copy = kernelBtf.bytes.slice();
  copy.set(bytes, at);
  return copy;
}

test('every kind of type is indexed, in a kernel and in a module on top of it', () => {
  const kernel = parsed(kernelBtf.bytes);
  const gfs2 = parsed(moduleBtf.bytes, kernel);
  expect([kernel.firstId, kernel.endId]).toEqual([1, kernelTypes.length + 1]);
  expect([gfs2.firstId, gfs2.endId]).toEqual([31, 31 + moduleTypes.length]);
  expect(typeRecord(gfs2, 20)).toMatchObject({ name: '_printk', kind: 12 });
  expect(typeRecord(gfs2, 31)).toMatchObject({ name: 'gfs2_glock', kind: 4, vlen: 6, flag: true });
  expect(typeRecord(gfs2, 0)).toMatchObject({ name: 'void' });
  expect(typeRecord(gfs2, 4_000)).toMatchObject({ name: 'void' });
});

test('bytes in the middle of a larger buffer parse as if they were alone', () => {
  const larger = new Uint8Array(kernelBtf.bytes.length + 13).fill(0xff);
  larger.set(kernelBtf.bytes, 7);
  const btf = parsed(larger.subarray(7, 7 + kernelBtf.bytes.length));
  expect(fieldOffset(btf, 'vm_fault', 'flags')).toMatchObject({ offsetBytes: 40 });
});

test('BTF of a big-endian machine is refused as such', () => {
  expect(refusal(patched(0, 0xeb, 0x9f))).toBe(
    '0: this BTF is of a big-endian machine; only little-endian BTF can be read',
  );
});

test('bytes that are no BTF are refused with what they begin with', () => {
  expect(refusal(new TextEncoder().encode('\x7fELF and what else a program has'))).toBe(
    '0: no BTF: it begins with 0x457f, not 0xeb9f',
  );
  expect(refusal(new Uint8Array(0))).toBe('0: a BTF header has 24 bytes, here are only 0');
});

test('an unknown version, unknown flags and an impossible header are refused', () => {
  expect(refusal(patched(2, 2))).toBe('2: BTF version 2 is unknown; 1 is the only one known');
  expect(refusal(patched(3, 1))).toBe('3: BTF flags 0x1 are unknown');
  expect(refusal(patched(4, 8))).toMatch(/^4: the header claims 8 bytes/);
  expect(refusal(patched(4, 0xff, 0xff, 0xff, 0xff))).toMatch(/^4: the header claims 4294967295 bytes/);
});

test('sections outside the blob or on top of each other are refused', () => {
  expect(refusal(patched(12, 0xfc, 0xff, 0xff, 0xff))).toMatch(/the type section should end at byte 4294967316/);
  expect(refusal(patched(20, 0xff, 0xff, 0xff, 0xff))).toMatch(/the string section should end at byte/);
  expect(refusal(patched(16, 1, 0, 0, 0))).toBe('25: the string section overlaps the type section');
});

test('every truncation is refused as one', () => {
  for (let length = 0; length < kernelBtf.bytes.length; length += 1) {
    expect(refusal(kernelBtf.bytes.subarray(0, length))).toMatch(/only|cut short/);
  }
});

test('a string section without an end is refused', () => {
  expect(refusal(patched(kernelBtf.bytes.length - 1, 0x41))).toMatch(/the last string has no end$/);
});

test("a module's BTF without its base is refused with the remedy", () => {
  expect(refusal(moduleBtf.bytes)).toMatch(/if this is the BTF of a module, parse the one of vmlinux first$/);
});

test('a type id, a name and a record outside their section are refused with their byte', () => {
  expect(refusalOf(int, { kind: 'ptr', type: 3 })).toMatch(/^48: type 3 does not exist; the last type is 2/);
  expect(refusal(patched(24, 0, 0, 1, 0))).toMatch(/^24: type 1 has a name at string 65536/);
  expect(refusalOf({ kind: 'unknown', number: 4, words: [], vlen: 0xffffff })).toMatch(
    /^24: type 1, of kind 4, runs past the end of the type section$/,
  );
  expect(refusalOf(int, { kind: 'unknown', number: 1, words: [], vlen: 0 })).toMatch(
    /^40: type 2, of kind 1, runs past/,
  );
});

test('a forward reference is no error', () => {
  expect(refusalOf({ kind: 'ptr', type: 2 }, int)).toBe('parsed');
});

test('a kind that is not known is refused, for its length is not known either', () => {
  expect(refusalOf(int, { kind: 'unknown', number: 0, words: [], vlen: 0 })).toMatch(/^44: type 2 is of kind 0,/);
  expect(refusalOf({ kind: 'unknown', number: 40, words: [1, 2], vlen: 2 })).toMatch(/^28: type 1 is of kind 40,/);
});

test('a kind that is not known is passed over where the layout section gives its length', () => {
  const layout = Array.from({ length: 4 * 41 }, (_, at) => ({ 160: 4, 161: 8 })[at] ?? 0);
  const types: TypeSpec[] = [
    { kind: 'unknown', number: 40, words: [9, 1, 2, 3, 4], vlen: 2 },
    int,
    { kind: 'struct', name: 's', bytes: 8, members: [{ name: 'x', type: 2, bit: 32 }] },
  ];
  const btf = parsed(encodeBtf(types, 0, layout).bytes);
  expect(fieldOffset(btf, 's', 'x')).toMatchObject({ offsetBytes: 4, type: 'int' });
});

test('types that contain themselves are refused, however they do it', () => {
  const holds = (type: number): TypeSpec => ({
    kind: 'struct',
    name: 's',
    bytes: 4,
    members: [{ name: 'x', type, bit: 0 }],
  });
  expect(refusalOf({ kind: 'typedef', name: 'a', type: 1 })).toBe('24: type 1 contains itself');
  expect(refusalOf({ kind: 'typedef', name: 'a', type: 2 }, { kind: 'const', type: 1 })).toMatch(/contains itself$/);
  expect(refusalOf(int, { kind: 'array', type: 2, index: 1, count: 1 })).toMatch(/contains itself$/);
  expect(refusalOf(holds(1))).toMatch(/contains itself$/);
  expect(refusalOf(holds(2), holds(3), holds(1))).toMatch(/contains itself$/);
});

test('a struct that points to itself does not contain itself', () => {
  const list: TypeSpec = { kind: 'struct', name: 'list_head', bytes: 8, members: [{ name: 'next', type: 2, bit: 0 }] };
  expect(refusalOf(list, { kind: 'ptr', type: 1 })).toBe('parsed');
});

test('a hundred thousand typedefs of each other are refused, whichever end comes first', () => {
  const chain = (step: 1 | -1): TypeSpec[] =>
    Array.from({ length: 100_000 }, (_, index) => ({ kind: 'typedef', name: 't', type: index + 1 + step }));
  expect(refusalOf(...chain(-1))).toMatch(/nests others more than 100 deep$/);
  expect(refusalOf(...chain(1), int)).toMatch(/nests others more than 100 deep$/);
});

test('depth counts on from the base', () => {
  const base = encodeBtf(
    Array.from({ length: 90 }, (_, index): TypeSpec => ({ kind: 'typedef', name: 't', type: index })),
  );
  const more = Array.from({ length: 20 }, (_, index): TypeSpec => ({ kind: 'typedef', name: 't', type: 90 + index }));
  const btf = parseBtf(encodeBtf(more, base.endString).bytes, parsed(base.bytes));
  expect(btf).toMatchObject({ kind: 'btf-error', why: expect.stringMatching(/nests others more than 100 deep$/) });
});
