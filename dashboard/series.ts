/** Rate samples in, columns for a chart out: one value for every second, ascending (pure). */
import type { RateSample } from '../agent/wire/view.ts';

export interface Series {
  readonly key: Exclude<keyof RateSample, 'node' | 'second'>;
  readonly label: string;
  /** Colour is never the only difference: each line has its own dash. */
  readonly dash: readonly number[];
}

/** What a node does all the time. */
export const workSeries: readonly Series[] = [
  { key: 'acquisitions', label: 'glock acquisitions', dash: [] },
  { key: 'ioCalls', label: 'read and write calls', dash: [6, 4] },
];

/** What happens now and then, some magnitudes less often. */
export const faultSeries: readonly Series[] = [
  { key: 'faults', label: 'page faults', dash: [] },
  { key: 'mkwrites', label: 'page_mkwrite', dash: [8, 3] },
  { key: 'retries', label: 'retries', dash: [3, 3] },
  { key: 'efaults', label: '-EFAULT', dash: [1, 3] },
  { key: 'lost', label: 'records lost', dash: [10, 3, 2, 3] },
];

export const shownSeconds = 600;

/**
 * Seconds, then one column a series. The second that still runs is left out: half of it would look like a fall.
 * A second without a sample had no event; before the first sample nothing was watched.
 */
export function columns(samples: readonly RateSample[], series: readonly Series[], nowNs: number): number[][] {
  const first = samples[0];
  const end = Math.floor(nowNs / 1e9);
  if (first === undefined) return [[], ...series.map(() => [])];
  const start = Math.max(first.second, end - shownSeconds);
  const seconds = Array.from({ length: Math.max(0, end - start) }, (_, n) => start + n);
  const bySecond = new Map(samples.map((sample) => [sample.second, sample]));
  return [seconds, ...series.map(({ key }) => seconds.map((second) => bySecond.get(second)?.[key] ?? 0))];
}

/**
 * The seconds from `min` to `max` that are round on the clock that is shown, `step` apart: a live host's session begins
 * at any odd second of the day, `startSecond`.
 */
export function roundSeconds(
  startSecond: number,
  { min, max, step }: { readonly min: number; readonly max: number; readonly step: number },
): number[] {
  const first = Math.ceil((startSecond + min) / step) * step - startSecond;
  return Array.from({ length: Math.max(0, Math.floor((max - first) / step) + 1) }, (_, n) => first + n * step);
}
