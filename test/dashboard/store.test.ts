import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyUpdate, emptyDelta, emptyState, toSnapshot } from '../../agent/wire/state.ts';
import { lingerMs, shownCards } from '../../dashboard/roster.ts';
import { backoffMs, follow } from '../../dashboard/socket.ts';
import { type Action, createStore, emptyView, reduce, type View } from '../../dashboard/store.ts';
import { delta } from '../agent/wire/arbitrary.ts';
import { holder, host, read, task } from './scene.ts';

const run = (actions: readonly Action[], from: View = emptyView()): View => actions.reduce(reduce, from);
const update = (seq: number, changed: Partial<ReturnType<typeof emptyDelta>>, atMs = 0): Action => ({
  kind: 'message',
  message: { ...emptyDelta(), ...changed, kind: 'update', seq },
  atMs,
});
/** E.g. `206:active 311:idle`. */
const cards = (view: View): string =>
  view.roster.map((card) => `${card.task.tid}:${card.idleSinceMs === null ? 'active' : 'idle'}`).join(' ');

test('the store shows what the shared reducer makes of snapshot and updates', () => {
  fc.assert(
    fc.property(fc.array(delta, { maxLength: 5 }), fc.array(delta, { maxLength: 5 }), (missed, seen) => {
      const atSnapshot = missed.reduce(applyUpdate, emptyState());
      const view = run([
        { kind: 'message', message: toSnapshot(atSnapshot, missed.length), atMs: 0 },
        ...seen.map((changed, n) => update(missed.length + n + 1, changed)),
      ]);
      expect(toSnapshot(view.state, 0)).toEqual(toSnapshot(seen.reduce(applyUpdate, atSnapshot), 0));
      expect(view.seq).toBe(missed.length + seen.length);
    }),
    { numRuns: 40 },
  );
});

test('subscribers hear of every change and of nothing else, until they leave', () => {
  const store = createStore();
  let heard = 0;
  const leave = store.subscribe(() => {
    heard++;
  });
  store.dispatch({ kind: 'connection', connection: { kind: 'open' } });
  store.dispatch({ kind: 'tick', atMs: 1 });
  expect(heard).toBe(1);
  leave();
  store.dispatch({ kind: 'connection', connection: { kind: 'connecting' } });
  expect(heard).toBe(1);
});

test('a task that became idle keeps its card and its last stack for two seconds, in its place', () => {
  let view = run([update(1, { tasks: [task(1, 'a', [read(1)]), task(2, 'b', [read(1)])] })]);
  view = run([update(2, { idle: [{ node: 'n1', tid: 1 }] }, 1000)], view);
  expect(cards(view)).toBe('1:idle 2:active');
  expect(view.roster[0]?.task.frames).toEqual([read(1)]);
  expect(view.state.tasks.size).toBe(1);
  view = run([{ kind: 'tick', atMs: 1000 + lingerMs - 1 }], view);
  expect(cards(view)).toBe('1:idle 2:active');
  view = run([{ kind: 'tick', atMs: 1000 + lingerMs }], view);
  expect(cards(view)).toBe('2:active');
});

test('a task that comes back within two seconds is active again, with the room of its deepest stack', () => {
  const view = run([
    update(1, { tasks: [task(1, 'a', [read(1), holder('SH', 'granted', 1)]), task(2, 'b', [read(1)])] }, 0),
    update(2, { idle: [{ node: 'n1', tid: 1 }] }, 500),
    update(3, { tasks: [task(1, 'a', [read(2)])] }, 1500),
    { kind: 'tick', atMs: 9000 },
  ]);
  expect(cards(view)).toBe('1:active 2:active');
  expect(view.roster[0]?.deepest).toBe(2);
});

test('a task that came and went within one update is seen, as idle', () => {
  const view = run([update(1, { tasks: [task(7, 'quick', [read(1)])], idle: [{ node: 'n1', tid: 7 }] }, 10)]);
  expect(cards(view)).toBe('7:idle');
  expect(view.state.tasks.size).toBe(0);
});

test('a recording that starts over takes its cards along', () => {
  const view = run([
    update(1, { tasks: [task(1, 'a', [read(1)]), task(1, 'a', [read(1)], { node: 'n2' })] }),
    update(2, { restarted: ['n1'] }),
  ]);
  expect(view.roster.map((card) => card.key)).toEqual(['1@n2']);
});

test('after a new snapshot known tasks keep their places, and those that are gone fade', () => {
  const before = run([update(1, { tasks: [1, 2, 3].map((thread) => task(thread, 't', [read(1)])) })]);
  const now = applyUpdate(emptyState(), {
    ...emptyDelta(),
    tasks: [4, 3, 1].map((thread) => task(thread, 't', [read(2)])),
  });
  const view = run([{ kind: 'message', message: toSnapshot(now, 9), atMs: 100 }], before);
  expect(cards(view)).toBe('1:active 2:idle 3:active 4:active');
});

test('of many cards those that wait are shown before others, yet all in the order of the roster', () => {
  const many = Array.from({ length: 30 }, (_, n) =>
    task(n + 1, 't', n % 10 === 9 ? [holder('EX', 'waiting', 1)] : [read(1)]),
  );
  const { roster } = run([update(1, { tasks: many })]);
  expect(shownCards(roster, 5).map((card) => card.task.tid)).toEqual([1, 2, 10, 20, 30]);
  expect(shownCards(roster, 2).map((card) => card.task.tid)).toEqual([10, 20]);
  expect(shownCards(roster, 30)).toBe(roster);
});

test('each host’s clock is remembered with the moment at which it was heard', () => {
  const view = run([update(1, { hosts: [host()] }, 77)]);
  expect(view.clocks.get('n1')).toEqual({ nowNs: host().nowNs, heardAtMs: 77 });
});

test('what was shown stays when the agent says goodbye, and the reason is kept', () => {
  const view = run([
    update(1, { tasks: [task(1, 'a', [read(1)])] }),
    { kind: 'message', message: { kind: 'bye', reason: 'it was stopped' }, atMs: 0 },
  ]);
  expect(view.connection).toEqual({ kind: 'broken', reason: 'it was stopped' });
  expect(view.state.tasks.size).toBe(1);
});

test('an update is applied only when it is the very next one', () => {
  const numbered = (seq: number) => ({ ...emptyDelta(), kind: 'update' as const, seq });
  expect(follow(4, numbered(5))).toBe('apply');
  expect(follow(4, numbered(6))).toBe('resync');
  expect(follow(4, numbered(4))).toBe('resync');
  expect(follow(null, numbered(5))).toBe('ignore');
  expect(follow(null, toSnapshot(emptyState(), 3))).toBe('apply');
});

test('tries to reconnect come less and less often, but never further apart than five seconds', () => {
  const waits = Array.from({ length: 40 }, (_, tries) => backoffMs(tries));
  expect(waits.slice(0, 4)).toEqual([300, 600, 1200, 2400]);
  expect(waits.at(-1)).toBe(5000);
});
