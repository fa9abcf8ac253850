import { expect, test } from 'vitest';
import { fieldOffset } from '../../../../agent/host/btf/field-offset.ts';
import type { TypeSpec } from './encode-btf.ts';
import { encoded, parsed } from './parsed.ts';
import { kernelBtf, moduleBtf } from './small-btf.ts';

const kernel = parsed(kernelBtf.bytes);
const gfs2 = parsed(moduleBtf.bytes, kernel);
const int: TypeSpec = { kind: 'int', name: 'int', bytes: 4 };

test('a field in a const anonymous struct is found as if it were in the struct itself', () => {
  expect(fieldOffset(kernel, 'vm_fault', 'vma')).toEqual({
    kind: 'found',
    offsetBytes: 0,
    sizeBytes: 8,
    type: 'struct vm_fault *',
  });
  expect(fieldOffset(kernel, 'vm_fault', 'gfp_mask')).toMatchObject({ offsetBytes: 8, sizeBytes: 4 });
  expect(fieldOffset(kernel, 'vm_fault', 'flags')).toMatchObject({ offsetBytes: 40, sizeBytes: 4, type: 'int' });
});

test('fields of an anonymous union inside an anonymous struct share their offset', () => {
  expect(fieldOffset(kernel, 'vm_fault', 'pgoff')).toMatchObject({ offsetBytes: 16, sizeBytes: 8 });
  expect(fieldOffset(kernel, 'vm_fault', 'index')).toMatchObject({ offsetBytes: 16, sizeBytes: 4 });
});

test('a path goes through structs held by value, in a module and its base', () => {
  expect(fieldOffset(gfs2, 'gfs2_glock', 'gl_name.ln_type')).toMatchObject({ offsetBytes: 16, type: 'enum mode' });
  expect(fieldOffset(gfs2, 'gfs2_glock', 'gl_name.ln_number')).toMatchObject({ offsetBytes: 0, type: 'u64' });
  expect(fieldOffset(gfs2, 'vm_fault', 'flags')).toMatchObject({ offsetBytes: 40 });
});

test('a bitfield gives the byte of its first bit and the bits within', () => {
  expect(fieldOffset(gfs2, 'gfs2_glock', 'gl_target')).toEqual({
    kind: 'found',
    offsetBytes: 24,
    sizeBytes: 1,
    bitfield: { offsetBits: 2, sizeBits: 2 },
    type: 'int',
  });
});

test('a bitfield that lies across bytes gives as many as hold it', () => {
  expect(fieldOffset(gfs2, 'gfs2_glock', 'gl_wide')).toMatchObject({
    offsetBytes: 24,
    sizeBytes: 4,
    bitfield: { offsetBits: 7, sizeBits: 20 },
  });
});

test('a bitfield in the old form is an integer of fewer bits than it has', () => {
  const btf = encoded(
    { kind: 'int', name: 'unsigned int', bytes: 4, bits: 3, bitOffset: 5 },
    { kind: 'struct', name: 'old', bytes: 8, members: [{ name: 'three', type: 1, bit: 32 }] },
  );
  expect(fieldOffset(btf, 'old', 'three')).toMatchObject({
    offsetBytes: 4,
    sizeBytes: 1,
    bitfield: { offsetBits: 5, sizeBits: 3 },
  });
});

test('a bitfield far into its struct keeps all 24 bits of its offset', () => {
  const far: TypeSpec = {
    kind: 'struct',
    name: 'far',
    bytes: 1 << 20,
    flag: true,
    members: [{ name: 'x', type: 1, bit: 0x7ffff1, bits: 3 }],
  };
  expect(fieldOffset(encoded(int, far), 'far', 'x')).toMatchObject({
    offsetBytes: 0xffffe,
    bitfield: { offsetBits: 1, sizeBits: 3 },
  });
});

test('a path through three structs adds up all their places', () => {
  const holds = (name: string, type: number, bytes: number): TypeSpec => ({
    kind: 'struct',
    name,
    bytes,
    members: [{ name: 'in', type, bit: 64 }],
  });
  const last: TypeSpec = { kind: 'struct', name: 'c', bytes: 12, members: [{ name: 'x', type: 1, bit: 32 }] };
  const btf = encoded(int, last, holds('b', 2, 24), holds('a', 3, 40));
  expect(fieldOffset(btf, 'a', 'in.in.x')).toMatchObject({ offsetBytes: 8 + 8 + 4 });
});

test('a field that is no bitfield in a struct with bitfields has whole bytes', () => {
  expect(fieldOffset(gfs2, 'gfs2_glock', 'gl_stats')).toEqual({
    kind: 'found',
    offsetBytes: 28,
    sizeBytes: 12,
    type: 'volatile int[3]',
  });
});

test('a pointer ends a path', () => {
  expect(fieldOffset(gfs2, 'gfs2_glock', 'gl_name.ln_sbd.sd_vfs')).toEqual({
    kind: 'missing',
    why: "'sd_vfs' is in no struct held by value: 'ln_sbd' is struct gfs2_sbd *",
  });
});

test('an array and an integer end a path', () => {
  expect(fieldOffset(gfs2, 'gfs2_glock', 'gl_stats.counter').kind).toBe('missing');
  expect(fieldOffset(gfs2, 'gfs2_glock', 'gl_state.bit').kind).toBe('missing');
});

test('what is not there is missing, and said by name', () => {
  expect(fieldOffset(gfs2, 'gfs2_glock', 'gl_demote')).toEqual({
    kind: 'missing',
    why: "struct gfs2_glock has no field 'gl_demote'",
  });
  expect(fieldOffset(gfs2, 'gfs2_inode', 'i_gl')).toEqual({ kind: 'missing', why: 'BTF has no struct gfs2_inode' });
  expect(fieldOffset(gfs2, 'vm_fault', '').kind).toBe('missing');
  expect(fieldOffset(gfs2, '', 'vma').kind).toBe('missing');
  expect(fieldOffset(gfs2, 'gfs2_glock', 'gl_name.').kind).toBe('missing');
});

test('a name of JavaScript objects is no field', () => {
  expect(fieldOffset(gfs2, 'gfs2_glock', 'constructor').kind).toBe('missing');
  expect(fieldOffset(gfs2, '__proto__', 'constructor').kind).toBe('missing');
});

test('a struct that is only declared is missing, with a hint where it may be', () => {
  expect(fieldOffset(kernel, 'gfs2_glock', 'gl_state')).toEqual({
    kind: 'missing',
    why: 'BTF only declares struct gfs2_glock; its members are in the BTF of the module that defines it',
  });
});

test('the complete struct is taken where a forward declaration has the same name', () => {
  expect(fieldOffset(gfs2, 'gfs2_glock', 'gl_lvb')).toMatchObject({ offsetBytes: 48, type: 'const char *' });
});

test('a struct can be named by its typedef', () => {
  expect(fieldOffset(gfs2, 'lockname_t', 'ln_type')).toMatchObject({ offsetBytes: 16 });
});

function twice(first: number, second: number) {
  const struct = (bit: number): TypeSpec => ({
    kind: 'struct',
    name: 'slot',
    bytes: 12,
    members: [
      { name: 'same', type: 1, bit: 0 },
      { name: 'moved', type: 1, bit },
    ],
  });
  return encoded(int, struct(first), struct(second));
}

test('two structs of one name that disagree are ambiguous only about what they disagree on', () => {
  expect(fieldOffset(twice(32, 64), 'slot', 'moved')).toEqual({
    kind: 'ambiguous',
    why: 'BTF has 2 types for field slot.moved, and they disagree',
  });
  expect(fieldOffset(twice(32, 64), 'slot', 'same')).toMatchObject({ kind: 'found', offsetBytes: 0 });
});

test('two structs of one name that agree are as good as one', () => {
  expect(fieldOffset(twice(32, 32), 'slot', 'moved')).toMatchObject({ kind: 'found', offsetBytes: 4 });
});

test("a module's own struct is preferred to the base's", () => {
  const base = parsed(kernelBtf.bytes);
  expect(fieldOffset(base, 'gfs2_glock', 'gl_lvb').kind).toBe('missing');
  expect(fieldOffset(gfs2, 'gfs2_glock', 'gl_lvb').kind).toBe('found');
});

test('a name that an anonymous union has twice is ambiguous', () => {
  const btf = encoded(
    int,
    { kind: 'struct', name: '', bytes: 4, members: [{ name: 'x', type: 1, bit: 0 }] },
    {
      kind: 'struct',
      name: 'pair',
      bytes: 8,
      members: [
        { name: '', type: 2, bit: 0 },
        { name: '', type: 2, bit: 32 },
      ],
    },
  );
  expect(fieldOffset(btf, 'pair', 'x').kind).toBe('ambiguous');
});

test('a nameless member of a named struct is looked through, as -fms-extensions has it', () => {
  const btf = encoded(
    int,
    { kind: 'struct', name: 'inner', bytes: 4, members: [{ name: 'x', type: 1, bit: 0 }] },
    { kind: 'struct', name: 'outer', bytes: 8, members: [{ name: '', type: 2, bit: 32 }] },
  );
  expect(fieldOffset(btf, 'outer', 'x')).toMatchObject({ kind: 'found', offsetBytes: 4 });
});

test('a member that cannot be where it says is malformed, with its byte', () => {
  const outside = encoded(int, { kind: 'struct', name: 's', bytes: 4, members: [{ name: 'x', type: 1, bit: 8 }] });
  expect(fieldOffset(outside, 's', 'x')).toEqual({
    kind: 'missing',
    why: "malformed BTF at byte 52: member 'x' of s ends after its struct",
  });
  const crooked = encoded(int, { kind: 'struct', name: 's', bytes: 8, members: [{ name: 'x', type: 1, bit: 3 }] });
  expect(fieldOffset(crooked, 's', 'x')).toMatchObject({ why: expect.stringMatching(/does not begin at a byte$/) });
  const wide: TypeSpec = {
    kind: 'struct',
    name: 's',
    bytes: 8,
    flag: true,
    members: [{ name: 'x', type: 1, bit: 0, bits: 33 }],
  };
  expect(fieldOffset(encoded(int, wide), 's', 'x')).toMatchObject({
    why: expect.stringMatching(/more bits than its type$/),
  });
  const sizeless = encoded(
    { kind: 'fwd', name: 'f' },
    { kind: 'struct', name: 's', bytes: 8, members: [{ name: 'x', type: 1, bit: 0 }] },
  );
  expect(fieldOffset(sizeless, 's', 'x')).toMatchObject({ why: expect.stringMatching(/has a type without a size$/) });
});

test('an array too large for exact numbers still ends after its struct', () => {
  const huge = 0xffffffff;
  const btf = encoded(
    { kind: 'int', name: 'int', bytes: huge, bits: 0 },
    { kind: 'array', type: 1, index: 1, count: huge },
    { kind: 'array', type: 2, index: 1, count: huge },
    { kind: 'struct', name: 's', bytes: huge, members: [{ name: 'x', type: 3, bit: 0 }] },
  );
  expect(fieldOffset(btf, 's', 'x').kind).toBe('missing');
});

test('anonymous unions that multiply a billion times are searched once each', () => {
  const types: TypeSpec[] = [int, { kind: 'union', name: '', bytes: 4, members: [{ name: 'x', type: 1, bit: 0 }] }];
  for (let level = 2; level < 60; level += 1) {
    const member = { name: '', type: level, bit: 0 };
    types.push({ kind: 'union', name: level === 59 ? 'top' : '', bytes: 4, members: [member, member] });
  }
  expect(fieldOffset(encoded(...types), 'top', 'absent')).toMatchObject({ why: "union top has no field 'absent'" });
});

test('a name that hundreds of types have is not worked through', () => {
  const slot: TypeSpec = { kind: 'struct', name: 'slot', bytes: 4, members: [{ name: 'x', type: 1, bit: 0 }] };
  const btf = encoded(int, ...Array.from({ length: 300 }, () => slot));
  expect(fieldOffset(btf, 'slot', 'x')).toMatchObject({ kind: 'ambiguous' });
});
