import { describe, expect, test } from 'vitest';
import { Rates } from '../../../agent/session/rates.ts';
import { bounds } from '../../../agent/wire/message.ts';
import type { RateSample } from '../../../agent/wire/view.ts';
import { play } from '../../scene.ts';

const second = 1e9;
const seconds = (samples: readonly RateSample[]): number[] => samples.map((one) => one.second);
const oneLost = (atNs: number) => ({ cause: 'gap', cpu: 0, count: 1, fromNs: 0, atNs }) as const;

describe('a second', () => {
  test('counts each kind of what happens in it', () => {
    const { session } = play(
      ...['A: read F', 'A: nq SH F', 'A: = 0', 'A: attempt generic -14', 'A: dq SH F', 'A: faultin writeable 1'],
      ...['A: fault F', 'A: faulted', 'A: mkwrite F', 'A: mkwritten', 'A: faultedin 0', 'A: nq SH F', 'A: = 0'],
      ...['A: attempt generic 4096', 'A: dq SH F', 'A: done 4096', 'lost 3', 'A: exits'],
    );
    expect(session.rates.takeChanged()).toEqual([
      {
        node: 'test',
        second: 0,
        acquisitions: 2,
        faults: 1,
        mkwrites: 1,
        ioCalls: 1,
        retries: 1,
        efaults: 1,
        lost: 3,
      },
    ]);
  });

  test('is given again only when something in it changed', () => {
    const rates = new Rates('n');
    rates.retried(0.5 * second);
    expect(rates.takeChanged()).toMatchObject([{ second: 0, retries: 1 }]);
    expect(rates.takeChanged()).toEqual([]);
    rates.retried(0.9 * second);
    expect(rates.takeChanged()).toMatchObject([{ second: 0, retries: 2 }]);
  });

  test('before the session’s first record counts into the first: another CPU’s record may precede it', () => {
    const rates = new Rates('n');
    rates.retried(-1000);
    expect(rates.takeChanged()).toMatchObject([{ second: 0, retries: 1 }]);
  });
});

describe('time that goes on', () => {
  test('leaves zeros behind where nothing happened, and no holes', () => {
    const rates = new Rates('n');
    rates.retried(0);
    rates.reach(0);
    rates.retried(4.2 * second);
    rates.reach(6 * second);
    const samples = rates.takeChanged().sort((a, b) => a.second - b.second);
    expect(samples.map((one) => one.retries)).toEqual([1, 0, 0, 0, 1, 0, 0]);
    expect(seconds(samples)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  test('gives nothing twice when it is told the same time', () => {
    const rates = new Rates('n');
    rates.reach(2 * second);
    rates.takeChanged();
    rates.reach(2.5 * second);
    expect(rates.takeChanged()).toEqual([]);
  });

  test('over a day is the newest seconds, not all', () => {
    const rates = new Rates('n');
    rates.reach(0);
    rates.reach(86_400 * second);
    const given = seconds(rates.takeChanged());
    expect(given).toHaveLength(bounds.rateSeconds);
    expect(Math.max(...given)).toBe(86_400);
  });

  test('that nobody takes is bounded', () => {
    const rates = new Rates('n');
    for (let at = 0; at < 3 * bounds.rateSeconds; at++) rates.lost(oneLost(at * second));
    expect(rates.takeChanged()).toHaveLength(bounds.rateSeconds);
  });

  test('does not bring back a second that is long gone', () => {
    const rates = new Rates('n');
    rates.reach(2000 * second);
    rates.takeChanged();
    rates.lost(oneLost(3 * second));
    expect(rates.takeChanged()).toEqual([]);
    rates.lost(oneLost(1999 * second));
    expect(rates.takeChanged()).toMatchObject([{ second: 1999, lost: 1 }]);
  });
});
