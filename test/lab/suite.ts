// The kernels the lab can boot, each by the Debian suite that ships it.
import { LabError } from './failure.ts';

export interface Suite {
  /** Debian's code name, as in the mirror's `dists/`. */
  readonly name: 'bullseye' | 'bookworm' | 'trixie';
  /** The kernel series: what people and tests call the guest. */
  readonly kernel: '5.10' | '6.1' | '6.12';
}

/** Oldest kernel first. */
export const suites: readonly Suite[] = [
  { name: 'bullseye', kernel: '5.10' },
  { name: 'bookworm', kernel: '6.1' },
  { name: 'trixie', kernel: '6.12' },
];

/** The kernel with retries and with the widest use: what `lab up` boots when nothing is said. */
export const defaultSuite = '6.1';

/** `bookworm`, `6.1` or `lab:6.1` → the suite; anything else is a LabError that lists what there is. */
export function parseSuite(text: string): Suite {
  const wanted = text.replace(/^lab[:-]/, '');
  const found = suites.find((suite) => suite.name === wanted || suite.kernel === wanted);
  if (found) return found;
  throw new LabError(
    `there is no lab guest "${text}"`,
    `choose one of: ${suites.map((suite) => `${suite.kernel} (${suite.name})`).join(', ')}`,
  );
}
