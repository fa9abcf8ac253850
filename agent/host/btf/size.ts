// How many bytes a type takes, and what is left of it without typedefs and qualifiers.

import { type Btf, type TypeRecord, typeRecord } from './btf.ts';
import { BtfKind } from './kinds.ts';
import { idsNamed } from './names.ts';

/** Size in bytes; undefined for what has none: void, a function, a struct of which only the name is known. */
export function sizeBytesOf(btf: Btf, id: number): number | undefined {
  const record = plainType(btf, id);
  switch (record.kind) {
    case BtfKind.int:
    case BtfKind.struct:
    case BtfKind.union:
    case BtfKind.enum:
    case BtfKind.enum64:
    case BtfKind.float:
      return record.sizeOrType;
    case BtfKind.ptr:
      return pointerBytes(btf);
    case BtfKind.array: {
      const element = sizeBytesOf(btf, record.owner.bytes.readUInt32LE(record.bodyAt));
      return element === undefined ? undefined : element * record.owner.bytes.readUInt32LE(record.bodyAt + 8);
    }
    default:
      return undefined;
  }
}

/** The type behind typedefs, const, volatile, restrict and type tags. It ends: `parseBtf` has refused cycles. */
export function plainType(btf: Btf, id: number): TypeRecord {
  let record = typeRecord(btf, id);
  while (isWrapper(record.kind)) record = typeRecord(btf, record.sizeOrType);
  return record;
}

function isWrapper(kind: number): boolean {
  return (
    kind === BtfKind.typedef ||
    kind === BtfKind.volatile ||
    kind === BtfKind.const ||
    kind === BtfKind.restrict ||
    kind === BtfKind.typeTag
  );
}

// BTF does not say how wide a pointer is; on Linux it is as wide as a long. GCC and Clang spell that type differently.
function pointerBytes(btf: Btf): number {
  const longs = ['long unsigned int', 'unsigned long', 'long int', 'long'];
  const id = longs.flatMap((name) => idsNamed(btf, 'int', name)).at(0);
  return id === undefined ? 8 : typeRecord(btf, id).sizeOrType;
}
