/** A finished read or write in, its retry out: attempts, what was faulted in between, and what that cost. Pure. */
import type { Attempt, IoCall } from './frames.ts';
import { sameFile } from './frames.ts';

export interface Retry {
  readonly call: IoCall;
  readonly result: number;
  readonly endedNs: number;
  /** From the first failed attempt's end to the last attempt's start, ns. */
  readonly lostNs: number;
  readonly mapping: 'same file' | 'other gfs2 file' | 'not gfs2';
}

/**
 * The retry that a call was, or null when it was none: a call retried when pages were faulted in *after* an attempt and
 * another attempt followed (fs/gfs2/file.c `goto retry`, 5.16 on). A fault-in before the first attempt is the prefault
 * that every buffered write makes since 5.18; a lockless try from the page cache that falls through is no retry either.
 */
export function retryOf(call: IoCall, result: number, endedNs: number): Retry | null {
  const firstAgain = call.attempts.findIndex((attempt, at) => at > 0 && attempt.faultIns.length > 0);
  const failed = call.attempts[firstAgain - 1];
  const last = call.attempts.at(-1);
  if (firstAgain < 0 || failed === undefined || last === undefined) return null;
  return { call, result, endedNs, lostNs: Math.max(0, last.startedNs - failed.endedNs), mapping: mappingOf(call) };
}

/** How many times the call went back, by the same rule. */
export const retriesIn = (attempts: readonly Attempt[]): number =>
  attempts.filter((attempt, at) => at > 0 && attempt.faultIns.length > 0).length;

function mappingOf(call: IoCall): Retry['mapping'] {
  const mappings = call.attempts.flatMap((attempt) => attempt.faultIns.flatMap((faultIn) => faultIn.mappings));
  if (mappings.some((file) => sameFile(file, call.file))) return 'same file';
  return mappings.length > 0 ? 'other gfs2 file' : 'not gfs2';
}
