/** Compares bpftrace versions, as `bpftrace --version` prints them. Pure. */

/** Whether `0.17.0` is at least [0, 17]; false for no version. */
export function atLeast(version: string | null, [major, minor]: readonly [number, number]): boolean {
  const [, has = '0', hasMinor = '0'] = /^(\d+)\.(\d+)/.exec(version ?? '') ?? [];
  return Number(has) > major || (Number(has) === major && Number(hasMinor) >= minor);
}
