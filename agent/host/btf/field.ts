// A field's place in its struct, as a probe needs it: whole bytes, or bits within bytes.

import type { Btf } from './btf.ts';
import type { Member } from './member.ts';
import { typeText } from './type-text.ts';

/** Where a field is, from the struct's first byte. */
export interface FieldPlace {
  /** Of a bitfield: the byte that holds its first bit. */
  readonly offsetBytes: number;
  /** Of a bitfield: how many bytes hold its bits (1 to 9, and not always a power of two). */
  readonly sizeBytes: number;
  /** `(little-endian bytes >> offsetBits) & ((1 << sizeBits) - 1)`. */
  readonly bitfield?: { readonly offsetBits: number; readonly sizeBits: number };
  /** The type as C text, `struct gfs2_glock *`. */
  readonly type: string;
}

/** In: a member, and the bit at which its own struct begins in the one that was asked for. */
export function fieldPlace(btf: Btf, member: Member, structStartBit: number): FieldPlace {
  const startBit = structStartBit + member.startBit;
  const offsetBytes = Math.floor(startBit / 8);
  const type = typeText(btf, member.typeId);
  if (!member.isBitfield) return { offsetBytes, sizeBytes: member.lengthBits / 8, type };
  const offsetBits = startBit % 8;
  const sizeBytes = Math.ceil((offsetBits + member.lengthBits) / 8);
  return { offsetBytes, sizeBytes, bitfield: { offsetBits, sizeBits: member.lengthBits }, type };
}
