/** A host's BTF in, the byte offsets that the probes need out; what BTF does not tell is missing, never guessed. Pure. */
import { type OffsetTable, offsetsNeeded } from '../../probes/program.ts';
import { capabilities } from '../../probes/ways.ts';
import type { Btf } from './btf/btf.ts';
import { fieldOffset } from './btf/field-offset.ts';

/** Every `struct.field` that any way of any capability may read. */
export const fieldsWanted: readonly string[] = offsetsNeeded(capabilities.flatMap((capability) => capability.ways));

export interface Offsets {
  readonly table: OffsetTable;
  /** Fields without an answer, and why. */
  readonly missing: readonly { readonly field: string; readonly why: string }[];
}

/**
 * Looks up each field.
 * @param btf the module's BTF on top of the kernel's, or the kernel's alone
 */
export function offsetsFrom(btf: Btf, fields: readonly string[] = fieldsWanted): Offsets {
  const table = new Map<string, number>();
  const missing: { field: string; why: string }[] = [];
  for (const field of fields) {
    const dot = field.indexOf('.');
    const found = fieldOffset(btf, field.slice(0, dot), field.slice(dot + 1));
    if (found.kind !== 'found') missing.push({ field, why: found.why });
    else if (found.bitfield !== undefined) missing.push({ field, why: 'is a bitfield, which no probe reads' });
    else table.set(field, found.offsetBytes);
  }
  return { table, missing };
}
