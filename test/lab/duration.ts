// A time as people write it, "90s", "30m" or "2h", in milliseconds.
import { LabError } from './failure.ts';

const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

/** At most 24 days, the longest that a Node timer can wait. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([smh])$/.exec(text);
  const milliseconds = Number(match?.[1]) * (unitMs[match?.[2] ?? ''] ?? Number.NaN);
  if (milliseconds > 0 && milliseconds < 2 ** 31) return milliseconds;
  throw new LabError(`"${text}" is not a time`, 'write it as 90s, 30m or 2h, up to 500h');
}
