// Finds the complete structs and unions that a name may mean.

import { type Missing, missing } from './answer.ts';
import type { Btf } from './btf.ts';
import { BtfKind } from './kinds.ts';
import { idsNamed } from './names.ts';
import { plainType } from './size.ts';

/** Ids of complete structs or unions, at least one. */
export interface StructIds {
  readonly kind: 'struct-ids';
  readonly ids: readonly number[];
}

/** In: a tag, or else a typedef. Complete types are preferred over forward declarations, a module's over its base's. */
export function structIds(btf: Btf, name: string): StructIds | Missing {
  const tagged = idsNamed(btf, 'tag', name);
  if (tagged.length > 0) return { kind: 'struct-ids', ids: tagged };
  const behindTypedef = idsNamed(btf, 'typedef', name)
    .map((id) => plainType(btf, id))
    .filter(({ kind }) => kind === BtfKind.struct || kind === BtfKind.union);
  if (behindTypedef.length > 0) return { kind: 'struct-ids', ids: behindTypedef.map(({ id }) => id) };
  if (idsNamed(btf, 'forward', name).length > 0) {
    return missing(`BTF only declares struct ${name}; its members are in the BTF of the module that defines it`);
  }
  return missing(`BTF has no struct ${name}`);
}
