// Finds type ids by name; each name space of a blob is indexed when it is first asked for.

import { type Btf, stringAt, typeRecord } from './btf.ts';
import { BtfKind, readInfo } from './kinds.ts';

/** A tag is a complete struct or union; a forward is one without its members; an enumerator gives its enum. */
export type NameSpace = 'tag' | 'forward' | 'typedef' | 'int' | 'function' | 'enumerator';

const kindsIn: Readonly<Record<NameSpace, readonly number[]>> = {
  tag: [BtfKind.struct, BtfKind.union],
  forward: [BtfKind.fwd],
  typedef: [BtfKind.typedef],
  int: [BtfKind.int],
  function: [BtfKind.func],
  enumerator: [BtfKind.enum, BtfKind.enum64],
};

/**
 * Ids of the types with a name, in the order of the blob; none if there is none.
 * A module's own types hide those of its base: it was compiled against them.
 */
export function idsNamed(btf: Btf, space: NameSpace, name: string): readonly number[] {
  const own = ownIds(btf, space).get(name);
  if (own !== undefined) return own;
  return btf.base === undefined ? [] : idsNamed(btf.base, space, name);
}

// Kept beside the Btf, so that it stays plain data; they leave memory together.
const indexes = new WeakMap<Btf, Map<NameSpace, Map<string, number[]>>>();

function ownIds(btf: Btf, space: NameSpace): Map<string, number[]> {
  const spaces = indexes.get(btf) ?? new Map<NameSpace, Map<string, number[]>>();
  indexes.set(btf, spaces);
  const known = spaces.get(space) ?? indexSpace(btf, space);
  spaces.set(space, known);
  return known;
}

function indexSpace(btf: Btf, space: NameSpace): Map<string, number[]> {
  const kinds = kindsIn[space];
  const ids = new Map<string, number[]>();
  for (const [index, at] of btf.typesAt.entries()) {
    if (!kinds.includes(readInfo(btf.bytes.readUInt32LE(at + 4)).kind)) continue;
    const id = btf.firstId + index;
    for (const name of namesOf(btf, space, id)) {
      const named = ids.get(name);
      if (named === undefined) ids.set(name, [id]);
      else if (named.at(-1) !== id) named.push(id);
    }
  }
  ids.delete('');
  return ids;
}

function namesOf(btf: Btf, space: NameSpace, id: number): string[] {
  const record = typeRecord(btf, id);
  if (space !== 'enumerator') return [record.name];
  const stride = record.kind === BtfKind.enum ? 8 : 12;
  return Array.from({ length: record.vlen }, (_, index) =>
    stringAt(btf, btf.bytes.readUInt32LE(record.bodyAt + index * stride)),
  );
}
