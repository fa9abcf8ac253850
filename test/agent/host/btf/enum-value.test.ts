import { expect, test } from 'vitest';
import { enumValue } from '../../../../agent/host/btf/enum-value.ts';
import type { TypeSpec } from './encode-btf.ts';
import { encoded, parsed } from './parsed.ts';
import { kernelBtf, moduleBtf } from './small-btf.ts';

const kernel = parsed(kernelBtf.bytes);
const gfs2 = parsed(moduleBtf.bytes, kernel);

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
