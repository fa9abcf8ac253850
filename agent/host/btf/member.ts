// Reads one member of a struct or union: its type, and its bits, which must lie inside the struct.

import { type Btf, stringAt, type TypeRecord } from './btf.ts';
import { BtfKind } from './kinds.ts';
import { plainType, sizeBytesOf } from './size.ts';

/** A member's name (empty for an anonymous one), type and place. `isBitfield`: it does not fill its type. */
export interface Member {
  readonly kind: 'member';
  readonly name: string;
  readonly typeId: number;
  readonly startBit: number;
  readonly lengthBits: number;
  readonly isBitfield: boolean;
}

/** The BTF says something about a member that cannot be. */
export interface BadMember {
  readonly kind: 'bad-member';
  readonly why: string;
}

const MEMBER_BYTES = 12;

/** In: a struct or union and which of its `vlen` members. Bits count from the struct's first. */
export function readMember(btf: Btf, struct: TypeRecord, index: number): Member | BadMember {
  const at = struct.bodyAt + index * MEMBER_BYTES;
  const name = stringAt(btf, struct.owner.bytes.readUInt32LE(at));
  const typeId = struct.owner.bytes.readUInt32LE(at + 4);
  const sizeBytes = sizeBytesOf(btf, typeId);
  if (sizeBytes === undefined) return bad(struct, name, at, 'has a type without a size');
  const bits = memberBits(btf, struct, at, sizeBytes);
  if (!bits.isBitfield && bits.startBit % 8 !== 0) return bad(struct, name, at, 'does not begin at a byte');
  if (bits.lengthBits > sizeBytes * 8) return bad(struct, name, at, 'has more bits than its type');
  if (bits.startBit + bits.lengthBits > struct.sizeOrType * 8) return bad(struct, name, at, 'ends after its struct');
  return { kind: 'member', name, typeId, ...bits };
}

// With the struct's flag a member's offset word is 8 bits of bitfield length and 24 of offset. Without it, all 32 are
// the offset, and bitfields are integers that use fewer bits than they have, counted from a bit of their own.
function memberBits(
  btf: Btf,
  struct: TypeRecord,
  at: number,
  sizeBytes: number,
): { startBit: number; lengthBits: number; isBitfield: boolean } {
  const word = struct.owner.bytes.readUInt32LE(at + 8);
  if (struct.flag && word >>> 24 !== 0) {
    return { startBit: word & 0xffffff, lengthBits: word >>> 24, isBitfield: true };
  }
  const startBit = struct.flag ? word & 0xffffff : word;
  const type = plainType(btf, struct.owner.bytes.readUInt32LE(at + 4));
  if (type.kind !== BtfKind.int) return { startBit, lengthBits: sizeBytes * 8, isBitfield: false };
  const integer = type.owner.bytes.readUInt32LE(type.bodyAt);
  const lengthBits = integer & 0xff;
  const bitInInteger = (integer >>> 16) & 0xff;
  return { startBit: startBit + bitInInteger, lengthBits, isBitfield: lengthBits !== sizeBytes * 8 };
}

function bad(struct: TypeRecord, name: string, at: number, why: string): BadMember {
  const what = `member '${name}' of ${struct.name === '' ? `type ${struct.id}` : struct.name}`;
  return { kind: 'bad-member', why: `malformed BTF at byte ${at}: ${what} ${why}` };
}
