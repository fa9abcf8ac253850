// An indexed BTF blob, and reading one type record, one element or one string of it by number.

import { BtfKind, RECORD_HEAD_BYTES, readInfo } from './kinds.ts';

/**
 * One kernel's types (vmlinux), or one module's on top of them. Made by `parseBtf`, which has checked that every
 * record lies inside the blob, that every type id and name in it exists, and that no type contains itself.
 */
export interface Btf {
  readonly kind: 'btf';
  /** The BTF that this one continues: vmlinux's, for a module. */
  readonly base: Btf | undefined;
  /** Own types have ids from `firstId` to just before `endId`; lower ids are the base's. */
  readonly firstId: number;
  readonly endId: number;
  /** Own strings have offsets from `firstString` to just before `endString`; lower ones are the base's. */
  readonly firstString: number;
  readonly endString: number;
  readonly bytes: Buffer;
  /** Byte in `bytes` at which own strings begin. */
  readonly stringsAt: number;
  /** Byte in `bytes` of each own type's record. */
  readonly typesAt: Uint32Array;
  /** How deep each own type nests others by value; 0 when it nests none. */
  readonly depths: Uint8Array;
}

/** Why bytes are no BTF that can be trusted, with the byte at which that shows. */
export interface BtfError {
  readonly kind: 'btf-error';
  readonly atByte: number;
  readonly why: string;
}

/** One type, its head taken apart. */
export interface TypeRecord {
  readonly id: number;
  readonly kind: number;
  /** Struct or union: members may be bitfields. Enum: signed. FWD: a union. */
  readonly flag: boolean;
  readonly vlen: number;
  readonly name: string;
  /** Size in bytes, or a type id; which one depends on the kind. */
  readonly sizeOrType: number;
  /** Byte in `owner.bytes` of what follows the head. */
  readonly bodyAt: number;
  readonly owner: Btf;
}

/** The record of a type id. Id 0, and an id that does not exist, give the record of `void`. */
export function typeRecord(btf: Btf, id: number): TypeRecord {
  const owner = ownerOf(btf, id);
  const at = owner.typesAt[id - owner.firstId];
  if (at === undefined) {
    return { id: 0, kind: BtfKind.void, flag: false, vlen: 0, name: 'void', sizeOrType: 0, bodyAt: 0, owner };
  }
  return {
    id,
    ...readInfo(owner.bytes.readUInt32LE(at + 4)),
    name: stringAt(btf, owner.bytes.readUInt32LE(at)),
    sizeOrType: owner.bytes.readUInt32LE(at + 8),
    bodyAt: at + RECORD_HEAD_BYTES,
    owner,
  };
}

/** The text at a string offset; empty for offset 0, which names what has no name. */
export function stringAt(btf: Btf, offset: number): string {
  let owner = btf;
  while (offset < owner.firstString && owner.base !== undefined) owner = owner.base;
  const from = owner.stringsAt + offset - owner.firstString;
  return owner.bytes.toString('utf8', from, owner.bytes.indexOf(0, from));
}

function ownerOf(btf: Btf, id: number): Btf {
  let owner = btf;
  while (id < owner.firstId && owner.base !== undefined) owner = owner.base;
  return owner;
}
