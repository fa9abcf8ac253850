/** A retried call as a line of steps: `SH -EFAULT → faulted in 16 KiB (4 faults, 4 mkwrites) → SH 16384` (pure). */

import type { AttemptView, FaultInView, RetryView } from '../agent/wire/view.ts';
import { returnText } from '../probes/kernel.ts';
import { bytesText, plural } from './format.ts';

export type Step =
  | { readonly kind: 'attempt'; readonly mode: string; readonly result: string; readonly failed: boolean }
  | { readonly kind: 'fault-in'; readonly text: string; readonly failed: boolean }
  | { readonly kind: 'omitted'; readonly text: string };

/** The steps in order; of many attempts only the first two and the last, with the number of those between. */
export function retrySteps(retry: RetryView): readonly Step[] {
  const { attempts } = retry;
  if (attempts.length <= 4) return attempts.flatMap(attemptSteps);
  const between = attempts.length - 3;
  return [
    ...attempts.slice(0, 2).flatMap(attemptSteps),
    { kind: 'omitted', text: `${between} more` },
    ...attempts.slice(-1).flatMap(attemptSteps),
  ];
}

export const modeText = (attempt: AttemptView): string => attempt.mode ?? 'no lock';

/** What was faulted in before one attempt, in words. */
export function faultInText(faultIns: readonly FaultInView[]): string {
  const asked = faultIns.reduce((sum, each) => sum + each.lengthBytes, 0);
  const left = faultIns.reduce((sum, each) => sum + (each.leftBytes ?? 0), 0);
  const faults = faultIns.reduce((sum, each) => sum + each.faults, 0);
  const mkwrites = faultIns.reduce((sum, each) => sum + each.mkwrites, 0);
  const counts = [
    ...(faults > 0 ? [plural(faults, 'fault')] : []),
    ...(mkwrites > 0 ? [plural(mkwrites, 'mkwrite')] : []),
  ];
  const by = counts.length === 0 ? '' : ` (${counts.join(', ')})`;
  const of = left > 0 ? ` of ${bytesText(asked)}` : '';
  return `faulted in ${bytesText(asked - left)}${of}${by}`;
}

/** The same as one line of plain text. */
export const retryLine = (retry: RetryView): string =>
  retrySteps(retry)
    .map((step) => (step.kind === 'attempt' ? `${step.mode} ${step.result}` : step.text))
    .join(' → ');

function attemptSteps(attempt: AttemptView): Step[] {
  const steps: Step[] = [];
  if (attempt.faultIns.length > 0)
    steps.push({
      kind: 'fault-in',
      text: faultInText(attempt.faultIns),
      failed: attempt.faultIns.some((each) => each.leftBytes !== null && each.leftBytes > 0),
    });
  steps.push({
    kind: 'attempt',
    mode: modeText(attempt),
    result: returnText(attempt.result),
    failed: attempt.result < 0,
  });
  return steps;
}
