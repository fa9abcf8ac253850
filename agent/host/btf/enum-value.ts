// Gives the value of an enumerator by its name.

import { type Answer, agreed, missing } from './answer.ts';
import { type Btf, stringAt, type TypeRecord, typeRecord } from './btf.ts';
import { BtfKind } from './kinds.ts';
import { idsNamed } from './names.ts';

export interface EnumValue {
  readonly kind: 'found';
  readonly value: bigint;
}

/**
 * The value of an enumerator (`DEVCG_DEFAULT_ALLOW`). Kernels before 6.0 do not say whether an enum is signed; a
 * negative value then reads as one above 2^31. One name with different values in several enums is ambiguous.
 */
export function enumValue(btf: Btf, name: string): Answer<EnumValue> {
  return agreed(`enumerator ${name}`, idsNamed(btf, 'enumerator', name), (id) =>
    valueIn(btf, typeRecord(btf, id), name),
  );
}

function valueIn(btf: Btf, record: TypeRecord, name: string): Answer<EnumValue> {
  const stride = record.kind === BtfKind.enum ? 8 : 12;
  for (let index = 0; index < record.vlen; index += 1) {
    const at = record.bodyAt + index * stride;
    const isNamed = stringAt(btf, record.owner.bytes.readUInt32LE(at)) === name;
    if (isNamed) return { kind: 'found', value: valueAt(record, at + 4) };
  }
  return missing(`enum ${record.name} has no ${name}`);
}

function valueAt({ owner: { bytes }, kind, flag }: TypeRecord, at: number): bigint {
  if (kind === BtfKind.enum) return BigInt(flag ? bytes.readInt32LE(at) : bytes.readUInt32LE(at));
  const value = bytes.readBigUInt64LE(at);
  return flag ? BigInt.asIntN(64, value) : value;
}
