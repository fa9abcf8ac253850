/** The command that runs a program in a host's bpftrace: flags and environment by version, measured on 0.11 to 0.27. Pure. */

import type { Dialect } from '../../probes/program.ts';

export interface BpftraceCommand {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * @param version as `bpftrace --version` says, e.g. `0.17.0`
 * @param program the text; passed as an argument, so nothing is written on the host
 */
export function bpftraceCommand(version: string, program: string): BpftraceCommand {
  const number = versionNumber(version);
  return {
    // 0.23 prints run-time warnings on stdout without --no-warnings; 0.11 does not know the flag.
    argv: ['bpftrace', ...(number >= 12 ? ['--no-warnings'] : []), '-e', program],
    env: {
      // Up to 0.18 one buffer a CPU, then one for all; a power of two, in pages.
      BPFTRACE_PERF_RB_PAGES: number <= 18 ? '1024' : '4096',
      // 0.23 renamed the variables; the old names are ignored by 0.27.
      BPFTRACE_MAP_KEYS_MAX: '65536',
      BPFTRACE_MAX_MAP_KEYS: '65536',
      BPFTRACE_STRLEN: '64',
      BPFTRACE_MAX_STRLEN: '64',
    },
  };
}

/** 0.11 wants <linux/types.h> as soon as a program declares a struct, and hosts have no kernel headers; 0.17 does not. */
export const dialectOf = (version: string): Dialect => (versionNumber(version) >= 17 ? 'declared' : 'cast');

/** 17 for `0.17.0`, 1002 for `1.2.3`. */
function versionNumber(version: string): number {
  const [, major = '0', minor = '0'] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  return Number(major) * 1000 + Number(minor);
}
