// Broken BTF of every sort: never an exception, never a wrong answer.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Btf } from '../../../../agent/host/btf/btf.ts';
import { enumValue } from '../../../../agent/host/btf/enum-value.ts';
import { fieldOffset } from '../../../../agent/host/btf/field-offset.ts';
import { functionPrototype } from '../../../../agent/host/btf/function-prototype.ts';
import { parseBtf } from '../../../../agent/host/btf/parse.ts';
import { structLayout } from '../../../../agent/host/btf/struct-layout.ts';
import { fixtureBytes } from './fixture.ts';
import { parsed } from './parsed.ts';
import { kernelBtf, moduleBtf } from './small-btf.ts';

/** A module on a base, and questions that touch all that is in them. */
interface Sample {
  readonly base: Uint8Array;
  readonly module: Uint8Array;
  readonly questions: readonly ((btf: Btf) => { kind: string })[];
}

const small: Sample = {
  base: kernelBtf.bytes,
  module: moduleBtf.bytes,
  questions: [
    ...['vm_fault', 'gfs2_glock', 'lockname_t'].map((name) => (btf: Btf) => structLayout(btf, name)),
    ...['pgoff', 'flags'].map((field) => (btf: Btf) => fieldOffset(btf, 'vm_fault', field)),
    ...['gl_name.ln_type', 'gl_wide', 'gl_stats'].map((field) => (btf: Btf) => fieldOffset(btf, 'gfs2_glock', field)),
    ...['_printk', 'copy', 'gfs2_glock_get'].map((name) => (btf: Btf) => functionPrototype(btf, name)),
    ...['TOP', 'MINUS', 'WIDE', 'DEEP'].map((name) => (btf: Btf) => enumValue(btf, name)),
  ],
};

const real: Sample = {
  base: fixtureBytes('debian-6.1', 'vmlinux'),
  module: fixtureBytes('debian-6.1', 'gfs2'),
  questions: [
    ...['gfs2_holder', 'gfs2_glock', 'task_struct', 'inode'].map((name) => (btf: Btf) => structLayout(btf, name)),
    ...['vma', 'address', 'flags'].map((field) => (btf: Btf) => fieldOffset(btf, 'vm_fault', field)),
    ...['gfs2_fault', 'gfs2_file_read_iter'].map((name) => (btf: Btf) => functionPrototype(btf, name)),
    (btf) => enumValue(btf, 'ITER_IOVEC'),
  ],
};

/** Each question's answer, or the one reason why the bytes are refused. */
function answers({ questions }: Sample, base: Uint8Array, module: Uint8Array): { kind: string }[] {
  const below = parseBtf(base);
  if (below.kind === 'btf-error') return [below];
  const btf = parseBtf(module, below);
  return btf.kind === 'btf-error' ? [btf] : questions.map((ask) => ask(btf));
}

function withByte(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = value;
  return copy;
}

/** Blobs whose type section ends early, in a header that says so. */
function withTypeBytes(bytes: Uint8Array, typeBytes: number): Uint8Array {
  const copy = bytes.slice();
  new DataView(copy.buffer).setUint32(12, typeBytes, true);
  return copy;
}

const typeBytesOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(12, true);
const kinds = (list: { kind: string }[]) =>
  list.every(({ kind }) => /^(found|missing|ambiguous|btf-error)$/.test(kind));

test('random bytes are refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      expect(parseBtf(bytes).kind).toBe('btf-error');
    }),
    { numRuns: 1_000 },
  );
});

test('random types behind a good header are refused or answered', () => {
  const start = kernelBtf.bytes.subarray(0, 24);
  const strings = kernelBtf.bytes.subarray(24 + kernelBtf.typeBytes);
  const word = fc.oneof(
    fc.nat(20),
    fc.nat(19).map((kind) => kind << 24),
    fc.constantFrom(0x04000001, 0x84000002),
    fc.nat(),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 90 }), (words) => {
      const types = new Uint8Array(Uint32Array.from(words).buffer);
      const bytes = Uint8Array.from([...start, ...types, ...strings]);
      const view = new DataView(bytes.buffer);
      view.setUint32(12, types.length, true);
      view.setUint32(16, types.length, true);
      expect(kinds(answers(small, bytes, kernelBtf.bytes))).toBe(true);
    }),
    { numRuns: 3_000 },
  );
});

test.each([
  { name: 'small', sample: small },
  { name: 'real', sample: real },
])('every truncation of the $name blobs is refused', ({ sample }) => {
  for (const bytes of [sample.base, sample.module]) {
    const base = bytes === sample.module ? parsed(sample.base) : undefined;
    for (let length = 0; length < bytes.length; length += 1) {
      if (parseBtf(bytes.subarray(0, length), base).kind !== 'btf-error') expect.fail(`${length} bytes parse`);
    }
  }
});

test('a module whose types end early answers the truth, or nothing', () => {
  const truth = answers(small, small.base, small.module);
  let found = 0;
  for (let length = 0; length <= moduleBtf.typeBytes; length += 1) {
    const said = answers(small, small.base, withTypeBytes(small.module, length));
    for (const [index, answer] of said.entries()) {
      if (answer.kind !== 'found') continue;
      expect(answer).toEqual(truth[index]);
      found += 1;
    }
  }
  expect(found).toBeGreaterThan(truth.length);
});

test('a real module whose types end early answers the truth, or nothing', () => {
  const truth = answers(real, real.base, real.module);
  fc.assert(
    fc.property(fc.nat(typeBytesOf(real.module)), (length) => {
      const said = answers(real, real.base, withTypeBytes(real.module, length));
      for (const [index, answer] of said.entries()) {
        if (answer.kind === 'found') expect(answer).toEqual(truth[index]);
      }
    }),
    { numRuns: 150 },
  );
});

test('every byte of the small blobs may be wrong', () => {
  for (const value of [0x00, 0x01, 0x7f, 0xff]) {
    for (let at = 0; at < small.base.length; at += 1) {
      expect(kinds(answers(small, withByte(small.base, at, value), small.module))).toBe(true);
    }
    for (let at = 0; at < small.module.length; at += 1) {
      expect(kinds(answers(small, small.base, withByte(small.module, at, value)))).toBe(true);
    }
  }
});

test('any byte of the real blobs may be wrong', () => {
  fc.assert(
    fc.property(fc.boolean(), fc.nat(), fc.nat(255), (inBase, where, value) => {
      const bytes = inBase ? real.base : real.module;
      const wrong = withByte(bytes, where % bytes.length, value);
      expect(kinds(inBase ? answers(real, wrong, real.module) : answers(real, real.base, wrong))).toBe(true);
    }),
    { numRuns: 300 },
  );
});
