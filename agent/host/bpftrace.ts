/** The command that runs a program in a host's bpftrace: flags and environment by version, measured on 0.11 to 0.27. Pure. */

export interface BpftraceCommand {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * @param version as `bpftrace --version` says, e.g. `0.17.0`
 * @param program the text; passed as an argument, so nothing is written on the host
 */
export function bpftraceCommand(version: string, program: string): BpftraceCommand {
  const [, major = '0', minor = '0'] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  const number = Number(major) * 1000 + Number(minor);
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
