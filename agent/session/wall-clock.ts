/** Puts a session's own clock on the wall's. Pure. */

/** Wall clock and time since boot at one instant on a host, ms. */
export interface ClockPair {
  readonly unixMs: number;
  readonly bootMs: number;
}

/** Unix time of a session's first record, ms; null where the host could not tell its clocks or nothing came yet. */
export const epochUnixMs = (clock: ClockPair | null, baseNs: bigint | null): number | null =>
  clock === null || baseNs === null ? null : clock.unixMs - clock.bootMs + Number(baseNs) / 1e6;
