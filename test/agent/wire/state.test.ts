import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bounds, decodeServerMessage, encode, type Snapshot } from '../../../agent/wire/message.ts';
import {
  applyUpdate,
  type Delta,
  emptyDelta,
  emptyState,
  fromSnapshot,
  isEmptyDelta,
  type State,
  toSnapshot,
} from '../../../agent/wire/state.ts';
import { nanos, tid } from '../../../agent/wire/units.ts';
import type { RateSample, TaskView } from '../../../agent/wire/view.ts';
import { delta } from './arbitrary.ts';

const run = (deltas: readonly Delta[], from: State = emptyState()): State => deltas.reduce(applyUpdate, from);
// Maps compare equal whatever their order, and the order is part of what is shown: compare as lists.
const listed = (state: State): Snapshot => toSnapshot(state, 0);
const task = (thread: number, node = 'n1'): TaskView => ({
  node,
  tid: tid(thread),
  tgid: thread,
  comm: `t${thread}`,
  frames: [],
  unsure: false,
  lastNs: nanos(0),
});
const rate = (second: number, acquisitions = 0, node = 'n1'): RateSample => ({
  node,
  second,
  acquisitions,
  faults: 0,
  mkwrites: 0,
  ioCalls: 0,
  retries: 0,
  efaults: 0,
  lost: 0,
});

test('a client that starts from a snapshot ends where one ends that got every update', () => {
  fc.assert(
    fc.property(fc.array(delta, { maxLength: 6 }), fc.array(delta, { maxLength: 6 }), (missed, seen) => {
      const atSnapshot = run(missed);
      const overTheWire = decodeServerMessage(encode(toSnapshot(atSnapshot, missed.length)));
      if (overTheWire.kind !== 'snapshot') throw new Error(`the snapshot did not survive: ${overTheWire.kind}`);
      expect(listed(run(seen, fromSnapshot(overTheWire)))).toEqual(listed(run([...missed, ...seen])));
    }),
  );
});

test('an update leaves the state before it as it was', () => {
  fc.assert(
    fc.property(fc.array(delta, { maxLength: 4 }), delta, (deltas, next) => {
      const before = run(deltas);
      const then = structuredClone(listed(before));
      applyUpdate(before, next);
      expect(listed(before)).toEqual(then);
    }),
  );
});

test('no history outgrows its bound, and the newest entries are the ones that stay', () => {
  const many = Array.from({ length: bounds.tasks + 40 }, (_, index) => index + 1);
  let state = emptyState();
  for (const part of [many.slice(0, 300), many.slice(300)])
    state = applyUpdate(state, {
      ...emptyDelta(),
      tasks: part.map((thread) => task(thread)),
      rates: part.map((second) => rate(second * 3)),
    });
  expect(state.tasks.size).toBe(bounds.tasks);
  expect([...state.tasks.values()].at(-1)?.tid).toBe(many.at(-1));
  const seconds = (state.rates.get('n1') ?? []).map((sample) => sample.second);
  expect(seconds.at(-1)).toBe((many.at(-1) ?? 0) * 3);
  expect((seconds.at(-1) ?? 0) - (seconds[0] ?? 0)).toBeLessThan(bounds.rateSeconds);
});

test('bounds hold after any updates', () => {
  fc.assert(
    fc.property(fc.array(delta, { maxLength: 8 }), (deltas) => {
      const state = run(deltas);
      expect(state.tasks.size).toBeLessThanOrEqual(bounds.tasks);
      expect(state.retries.size).toBeLessThanOrEqual(bounds.retries);
      expect(state.findings.size).toBeLessThanOrEqual(bounds.findings);
      for (const samples of state.rates.values()) {
        const seconds = samples.map((sample) => sample.second);
        expect(seconds).toEqual([...new Set(seconds)].sort((a, b) => a - b));
        expect((seconds.at(-1) ?? 0) - (seconds[0] ?? 0)).toBeLessThan(bounds.rateSeconds);
      }
    }),
  );
});

test('a task that is active and idle in one tick is gone, one that is only active stays in its place', () => {
  const before = applyUpdate(emptyState(), { ...emptyDelta(), tasks: [task(1), task(2), task(3)] });
  const after = applyUpdate(before, {
    ...emptyDelta(),
    tasks: [{ ...task(1), comm: 'renamed' }, task(2)],
    idle: [{ node: 'n1', tid: 2 }],
  });
  expect([...after.tasks.values()].map((each) => each.comm)).toEqual(['renamed', 't3']);
});

test('a sample of a second that is already known replaces it', () => {
  const before = applyUpdate(emptyState(), { ...emptyDelta(), rates: [rate(7, 1), rate(8, 1)] });
  const after = applyUpdate(before, { ...emptyDelta(), rates: [rate(7, 5)] });
  expect(after.rates.get('n1')?.map((sample) => [sample.second, sample.acquisitions])).toEqual([
    [7, 5],
    [8, 1],
  ]);
});

test('a recording that starts over forgets that node and no other', () => {
  const before = applyUpdate(emptyState(), {
    ...emptyDelta(),
    tasks: [task(1, 'n1'), task(1, 'n2')],
    rates: [rate(3, 1, 'n1'), rate(3, 1, 'n2')],
  });
  const after = applyUpdate(before, { ...emptyDelta(), restarted: ['n1'], tasks: [task(9, 'n1')] });
  expect([...after.tasks.keys()]).toEqual(['1@n2', '9@n1']);
  expect([...after.rates.keys()]).toEqual(['n2']);
});

test('only a delta that changes nothing is empty', () => {
  expect(isEmptyDelta(emptyDelta())).toBe(true);
  fc.assert(
    fc.property(delta, (changed) => {
      expect(isEmptyDelta(changed)).toBe(Object.values(changed).every((list) => list.length === 0));
    }),
  );
});
