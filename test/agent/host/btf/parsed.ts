// Parses bytes that must be good BTF, for tests that are about what comes after.

import type { Btf } from '../../../../agent/host/btf/btf.ts';
import { parseBtf } from '../../../../agent/host/btf/parse.ts';
import { encodeBtf, type TypeSpec } from './encode-btf.ts';

export function parsed(bytes: Uint8Array, base?: Btf): Btf {
  const btf = parseBtf(bytes, base);
  if (btf.kind === 'btf') return btf;
  throw new Error(`byte ${btf.atByte}: ${btf.why}`);
}

export function encoded(...types: TypeSpec[]): Btf {
  return parsed(encodeBtf(types).bytes);
}
