/** The rights of a process, bits of CapEff (include/uapi/linux/capability.h): what bpf(2) and perf_event_open(2) ask for. */

export const capabilityBit = {
  sysAdmin: 21,
  /** From 5.8 on these two do what only sysAdmin could before. */
  perfmon: 38,
  bpf: 39,
} as const;

/**
 * Whether a process may load and attach tracing programs (kernel/bpf/syscall.c bpf_capable and perfmon_capable, 5.8 on;
 * capable(CAP_SYS_ADMIN) before).
 * @param effective the bits of CapEff in /proc/PID/status
 */
export function mayTrace(effective: bigint): boolean {
  const has = (bit: number): boolean => ((effective >> BigInt(bit)) & 1n) === 1n;
  return has(capabilityBit.sysAdmin) || (has(capabilityBit.bpf) && has(capabilityBit.perfmon));
}
