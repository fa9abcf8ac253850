/** The command that runs a program in a host's bpftrace: flags and environment by version, measured on 0.11 to 0.27. Pure. */

import type { Dialect } from '../../probes/program.ts';
import { atLeast } from './bpftrace-version.ts';

export interface BpftraceCommand {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * @param version as `bpftrace --version` says, e.g. `0.17.0`
 * @param program the text; passed as an argument, so nothing is written on the host
 */
export function bpftraceCommand(version: string, program: string): BpftraceCommand {
  return {
    // 0.23 prints run-time warnings on stdout without --no-warnings; 0.11 does not know the flag.
    argv: ['bpftrace', ...(atLeast(version, [0, 12]) ? ['--no-warnings'] : []), '-e', program],
    env: {
      // Up to 0.18 one buffer a CPU, then one for all; a power of two, in pages.
      BPFTRACE_PERF_RB_PAGES: atLeast(version, [0, 19]) ? '4096' : '1024',
      // 0.23 renamed the variables; the old names are ignored by 0.27.
      BPFTRACE_MAP_KEYS_MAX: '65536',
      BPFTRACE_MAX_MAP_KEYS: '65536',
      BPFTRACE_STRLEN: '64',
      BPFTRACE_MAX_STRLEN: '64',
    },
  };
}

/** 0.11 wants <linux/types.h> as soon as a program declares a struct, and hosts have no kernel headers; 0.17 does not. */
export const dialectOf = (version: string): Dialect => (atLeast(version, [0, 17]) ? 'declared' : 'cast');
