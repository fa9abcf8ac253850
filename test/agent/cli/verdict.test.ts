import { describe, expect, test } from 'vitest';
import { verdict } from '../../../agent/cli/verdict.ts';
import { type Summary, summarize } from '../../../agent/session/summary.ts';
import { severities } from '../../../agent/wire/view.ts';
import { play } from '../../scene.ts';
import { deadlock } from '../recording/small-recording.ts';

const clean = summarize(play('A: read F', 'A: done 4096').session);
const fatal = summarize(play(...deadlock).session);
const warning = summarize(play('A: nq EX F', 'A: = 0', 'lost 1', 'B: is b', 'A: nq SH F').session);
const lossy = (gap: number, tail = 0, malformed = 0, late = 0): Summary => ({
  ...clean,
  loss: { gap, tail, malformed, late, missed: 0, lastMalformed: null },
});

describe('findings', () => {
  test('fail nothing unless that was asked for', () => {
    expect(verdict([fatal, warning], {})).toBe(0);
  });

  test.each([
    ['fatal', 1, 0],
    ['critical', 1, 0],
    ['warning', 1, 1],
    ['information', 1, 1],
  ] as const)('with --fail-on %s a fatal one gives %d and a warning %d', (failOn, ofFatal, ofWarning) => {
    expect([verdict([fatal], { failOn }), verdict([warning], { failOn })]).toEqual([ofFatal, ofWarning]);
  });

  test('of any host count', () => {
    expect(verdict([clean, fatal], { failOn: 'fatal' })).toBe(1);
    for (const failOn of severities) expect(verdict([clean, clean], { failOn })).toBe(0);
  });
});

describe('lost records', () => {
  test('fail nothing unless that was asked for', () => {
    expect(verdict([lossy(1000)], {})).toBe(0);
  });

  test('fail when there are more than allowed, in all hosts and of all causes but lateness', () => {
    expect(verdict([lossy(1, 1, 1), lossy(1)], { maxLoss: 4 })).toBe(0);
    expect(verdict([lossy(1, 1, 1), lossy(2)], { maxLoss: 4 })).toBe(4);
    expect(verdict([lossy(0, 0, 0, 9)], { maxLoss: 0 })).toBe(0);
    expect(verdict([lossy(1)], { maxLoss: 0 })).toBe(4);
  });

  test('weigh less than findings', () => {
    expect(verdict([fatal, lossy(9)], { failOn: 'fatal', maxLoss: 0 })).toBe(1);
  });
});
