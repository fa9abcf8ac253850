// Gives a struct's size and all its fields, those of anonymous members included.

import { type Answer, agreed, missing } from './answer.ts';
import { type Btf, typeRecord } from './btf.ts';
import { type FieldPlace, fieldPlace } from './field.ts';
import { BtfKind } from './kinds.ts';
import { readMember } from './member.ts';
import { plainType } from './size.ts';
import { structIds } from './struct-ids.ts';

/** A field and its place; anonymous members are replaced by what C lets one name in them. */
export interface Field extends FieldPlace {
  readonly name: string;
}

/** A struct or union, its size and its fields in the order of their declaration. */
export interface StructLayout {
  readonly kind: 'found';
  readonly sizeBytes: number;
  readonly fields: readonly Field[];
}

/** The layout of a struct or union, by its tag (`gfs2_holder`) or by a typedef of it (`atomic_t`). */
export function structLayout(btf: Btf, name: string): Answer<StructLayout> {
  const ids = structIds(btf, name);
  if (ids.kind === 'missing') return ids;
  return agreed(`struct ${name}`, ids.ids, (id) => layoutOfType(btf, id));
}

/** The same for a type id, as other tools count them. */
export function layoutOfType(btf: Btf, id: number): Answer<StructLayout> {
  const { kind, sizeOrType } = typeRecord(btf, id);
  if (kind !== BtfKind.struct && kind !== BtfKind.union) return missing(`type ${id} is no struct and no union`);
  const gathered: Gathered = { fields: [], membersLeft: MOST_MEMBERS };
  const wrong = gather(btf, id, 0, gathered);
  return wrong === undefined
    ? { kind: 'found', sizeBytes: sizeOrType, fields: gathered.fields }
    : missing(`type ${id}: ${wrong}`);
}

/** The kernel's largest structs have some 300. Nested anonymous unions of a hostile BTF multiply without end. */
const MOST_MEMBERS = 20_000;

interface Gathered {
  readonly fields: Field[];
  membersLeft: number;
}

// Out: what is wrong, if anything is.
function gather(btf: Btf, id: number, startBit: number, gathered: Gathered): string | undefined {
  const struct = typeRecord(btf, id);
  for (let index = 0; index < struct.vlen; index += 1) {
    if (gathered.membersLeft === 0) return `more than ${MOST_MEMBERS} members`;
    gathered.membersLeft -= 1;
    const member = readMember(btf, struct, index);
    if (member.kind === 'bad-member') return member.why;
    if (member.name !== '') {
      gathered.fields.push({ name: member.name, ...fieldPlace(btf, member, startBit) });
      continue;
    }
    const inner = plainType(btf, member.typeId);
    if (inner.kind !== BtfKind.struct && inner.kind !== BtfKind.union) continue; // an unnamed bitfield only pads
    const wrong = gather(btf, inner.id, startBit + member.startBit, gathered);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}
