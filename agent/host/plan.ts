/** A host's survey and offsets in, the plan out: for each capability the first way that this host allows, and why not the others. Pure. */
import { type OffsetTable, offsetsNeeded } from '../../probes/program.ts';
import { capabilities, type Way } from '../../probes/ways.ts';
import type { CoverageView } from '../wire/view.ts';
import { atLeast } from './bpftrace-version.ts';
import type { Survey } from './survey.ts';

export interface Plan {
  readonly kind: 'plan';
  readonly ways: readonly Way[];
  readonly coverage: readonly CoverageView[];
}
/** This host cannot be served: what is missing, and what to do. */
export interface NoPlan {
  readonly kind: 'no-plan';
  readonly cause: string;
  readonly remedy: string;
  readonly coverage: readonly CoverageView[];
}

/** The kernel functions that any way of any capability may want. */
export const functionsWanted: readonly string[] = [
  ...new Set(capabilities.flatMap((capability) => capability.ways.flatMap((way) => way.functions))),
].sort();

export function makePlan(survey: Survey, offsets: OffsetTable): Plan | NoPlan {
  const ways: Way[] = [];
  const coverage: CoverageView[] = [];
  const unserved: string[] = [];
  for (const capability of capabilities) {
    const refused: string[] = [];
    let chosen: Way | null = null;
    for (const way of capability.ways) {
      const why = refusal(way, survey, offsets);
      if (why === null) {
        chosen = way;
        break;
      }
      refused.push(`${way.name}: ${why}`);
    }
    if (chosen !== null) ways.push(chosen);
    else if (capability.required) unserved.push(`${capability.name} (${refused.join('; ')})`);
    const notes = [...(chosen?.lacks === undefined ? [] : [chosen.lacks]), ...refused];
    coverage.push({ capability: capability.name, way: chosen?.name ?? null, note: notes.join('; ') });
  }
  if (unserved.length === 0) return { kind: 'plan', ways, coverage };
  return {
    kind: 'no-plan',
    cause: `this kernel (${survey.kernel}) cannot be probed for ${unserved.join(', ')}`,
    remedy: 'Report the kernel version and this message; a recording from another host can be replayed meanwhile.',
    coverage,
  };
}

/** Why a way cannot be taken on this host; null when it can. */
function refusal(way: Way, survey: Survey, offsets: OffsetTable): string | null {
  const functions = survey.functions ?? new Set<string>();
  const missing = way.functions.filter((name) => !functions.has(name));
  if (missing.length > 0) return `${missing.join(', ')} cannot be attached to (not in available_filter_functions)`;
  const absent = (way.tracepoints ?? []).filter((name) => !survey.tracepoints.has(name));
  if (absent.length > 0) return `tracepoint ${absent.join(', ')} does not exist`;
  if (way.bpftrace !== undefined && !atLeast(survey.bpftrace, way.bpftrace)) {
    return `needs bpftrace ${way.bpftrace.join('.')}, the host has ${survey.bpftrace ?? 'none'}`;
  }
  const unknown = offsetsNeeded([way]).filter((field) => !offsets.has(field));
  return unknown.length > 0 ? `the host's BTF does not tell the offset of ${unknown.join(', ')}` : null;
}
