// Finds one field of a struct by its path: its byte, its size, its bits.

import { type Ambiguous, type Answer, agreed, ambiguous, type Missing, missing } from './answer.ts';
import { type Btf, type TypeRecord, typeRecord } from './btf.ts';
import { type FieldPlace, fieldPlace } from './field.ts';
import { BtfKind } from './kinds.ts';
import { type Member, readMember } from './member.ts';
import { plainType } from './size.ts';
import { structIds } from './struct-ids.ts';
import { typeText } from './type-text.ts';

export interface FoundField extends FieldPlace {
  readonly kind: 'found';
}

/**
 * Where a field is. In: the struct's tag or typedef, and the field's name, or names joined by dots through structs
 * held by value (`gl_name.ln_number`). Anonymous structs and unions on the way are looked through, as C does.
 * A pointer ends the path: what it points to is another struct, at another address.
 */
export function fieldOffset(btf: Btf, struct: string, path: string): Answer<FoundField> {
  const ids = structIds(btf, struct);
  if (ids.kind === 'missing') return ids;
  return agreed(`field ${struct}.${path}`, ids.ids, (id) => follow(btf, typeRecord(btf, id), path));
}

function follow(btf: Btf, struct: TypeRecord, path: string): Answer<FoundField> {
  let within = struct;
  let startBit = 0;
  let last: Reached | undefined;
  for (const name of path.split('.')) {
    if (last !== undefined) {
      within = plainType(btf, last.member.typeId);
      startBit += last.structStartBit + last.member.startBit;
      const text = typeText(btf, last.member.typeId);
      if (!isStruct(within))
        return missing(`'${name}' is in no struct held by value: '${last.member.name}' is ${text}`);
    }
    const reached = reach(btf, within, name, new Map());
    if (reached === undefined) return missing(`${said(within)} has no field '${name}'`);
    if (reached.kind !== 'reached') return reached;
    last = reached;
  }
  if (last === undefined) return missing('no field was asked for');
  return { kind: 'found', ...fieldPlace(btf, last.member, startBit + last.structStartBit) };
}

/** A named member, and the bit at which the anonymous struct that holds it begins in the one that was searched. */
interface Reached {
  readonly kind: 'reached';
  readonly member: Member;
  readonly structStartBit: number;
}

type Reach = Reached | Missing | Ambiguous | undefined;

// `searched` keeps a type that a hostile BTF repeats from being searched again: the time is linear in the members.
// A name found twice is invalid C; its first place is as good as its second, so neither is taken.
function reach(btf: Btf, struct: TypeRecord, name: string, searched: Map<number, Reach>): Reach {
  let found: Reached | undefined;
  if (name === '') return missing('a field needs a name');
  for (let index = 0; index < struct.vlen; index += 1) {
    const member = readMember(btf, struct, index);
    if (member.kind === 'bad-member') return missing(member.why);
    const here = reachMember(btf, member, name, searched);
    if (here === undefined) continue;
    if (here.kind !== 'reached') return here;
    if (found !== undefined) return ambiguous(`${said(struct)} has more than one field '${name}'`);
    found = here;
  }
  return found;
}

function reachMember(btf: Btf, member: Member, name: string, searched: Map<number, Reach>): Reach {
  if (member.name === name) return { kind: 'reached', member, structStartBit: 0 };
  if (member.name !== '') return undefined;
  const inner = plainType(btf, member.typeId);
  if (!isStruct(inner)) return undefined; // an unnamed bitfield only pads
  const reached = searched.has(inner.id) ? searched.get(inner.id) : reach(btf, inner, name, searched);
  searched.set(inner.id, reached);
  if (reached?.kind !== 'reached') return reached;
  return { ...reached, structStartBit: reached.structStartBit + member.startBit };
}

function isStruct({ kind }: TypeRecord): boolean {
  return kind === BtfKind.struct || kind === BtfKind.union;
}

function said({ kind, name, id }: TypeRecord): string {
  return `${kind === BtfKind.union ? 'union' : 'struct'} ${name === '' ? `(type ${id})` : name}`;
}
