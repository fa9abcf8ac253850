import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cyclesIn, type Wait, waitsAmong } from '../../../agent/findings/wait-graph.ts';
import type { Task } from '../../../agent/model/frames.ts';
import type { Outcome } from '../../../agent/session/session.ts';
import { line } from '../../lines.ts';
import { playText, Scene } from '../../scene.ts';

/** What is found when the picture is followed by quiet seconds with a heartbeat each 200 ms. */
function found(seconds: number, ...statements: string[]): string[] {
  const scene = new Scene();
  for (const statement of statements) scene.say(statement);
  const lines = scene.text.split('\n').filter((one) => one !== '');
  const lost = statements.filter((one) => one.startsWith('lost')).reduce((sum, one) => sum + Number(one.slice(5)), 0);
  let text = scene.text;
  for (let beat = 1; beat <= seconds * 5; beat++) {
    text += line('heartbeat', { seq: lines.length + lost, ns: 1_000_000_000_000 + beat * 200_000_000, tid: 0 });
  }
  return verdicts(playText(text).outcomes);
}
const verdicts = (outcomes: readonly Outcome[]): string[] =>
  outcomes.flatMap((one) =>
    one.kind === 'finding' ? [`${one.finding.severity} ${one.finding.kind} ${one.finding.others.length + 1}`] : [],
  );

const aHoldsF = ['A: read F 4096 direct', 'A: nq DF F', 'A: = 0'];
const bHoldsG = ['B: read G 4096 direct', 'B: nq DF G', 'B: = 0'];
const aWantsG = ['A: fault G', 'A: nq SH G'];
const bWantsF = ['B: fault F', 'B: nq SH F'];

describe('a wait cycle', () => {
  test('of two tasks, each faulting on the file that the other reads with O_DIRECT, is stuck after two looks', () => {
    expect(found(3, ...aHoldsF, ...bHoldsG, ...aWantsG, ...bWantsF)).toEqual(['critical wait-cycle 2']);
  });

  test('is not called stuck before it has lasted', () => {
    expect(found(1, ...aHoldsF, ...bHoldsG, ...aWantsG, ...bWantsF)).toEqual([]);
  });

  test('through a waiter queued before: SH behind a waiting EX behind SH', () => {
    // A holds SH on F and wants G; B holds EX on G and waits behind C's EX for SH on F, though SH goes with A's SH.
    expect(found(3, 'A: nq SH F', 'A: = 0', 'B: nq EX G', 'B: = 0', 'C: nq EX F', 'B: nq SH F', 'A: nq SH G')).toEqual([
      'critical wait-cycle 3',
    ]);
  });

  test('on an unsure stack is a warning at most', () => {
    expect(found(3, ...aHoldsF, ...bHoldsG, 'lost 2', ...aWantsG, ...bWantsF)).toEqual(['warning wait-cycle 2']);
  });
});

describe('no cycle', () => {
  test.each([
    ['a wait without a way back', [...aHoldsF, 'B: nq EX F']],
    ['modes that go together', ['A: nq SH F', 'A: = 0', 'B: nq SH G', 'B: = 0', 'A: nq SH G', 'B: nq SH F']],
    ['a trylock, which fails instead of waiting', [...aHoldsF, ...bHoldsG, 'A: nq SH G 2 1', ...bWantsF]],
    ['one that ended in time', [...aHoldsF, ...bHoldsG, ...aWantsG, ...bWantsF, 'A: = -5', 'A: dq DF F']],
  ])('%s', (_, statements) => {
    expect(found(3, ...statements)).toEqual([]);
  });
});

test('the search finds a cycle exactly when a whole-graph search does, and only real cycles', () => {
  const names = ['A', 'B', 'C', 'D', 'E'];
  const files = ['F', 'G', 'H'];
  const step = fc.tuple(
    fc.constantFrom(...names),
    fc.constantFrom('SH', 'EX', 'DF'),
    fc.constantFrom(...files),
    fc.boolean(),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 14 }), (steps) => {
      const scene = new Scene();
      for (const [task, mode, file, granted] of steps) {
        scene.say(`${task}: nq ${mode} ${file}`);
        if (granted) scene.say(`${task}: = 0`);
      }
      const tasks = [...playText(scene.text).session.model.tasks.values()];
      const waits = waitsAmong(tasks, 1e15, 0);
      const cycles = cyclesIn(waits);
      expect(cycles.length > 0).toBe(reachesItself(waits));
      for (const cycle of cycles) {
        cycle.forEach((wait, at) => {
          const next = cycle[(at + 1) % cycle.length];
          expect(wait.blockers.some((blocker) => blocker.task === next?.task)).toBe(true);
        });
      }
    }),
    { numRuns: 500 },
  );
});

/** The slow twin: the transitive closure of the edges. */
function reachesItself(waits: ReadonlyMap<Task, Wait>): boolean {
  const reach = new Map(
    [...waits.keys()].map((task) => [task, new Set(waits.get(task)?.blockers.map((one) => one.task))]),
  );
  for (let changed = true; changed; ) {
    changed = false;
    for (const set of reach.values()) {
      for (const mid of [...set]) {
        for (const far of reach.get(mid) ?? []) {
          if (set.has(far)) continue;
          set.add(far);
          changed = true;
        }
      }
    }
  }
  return [...reach].some(([task, set]) => set.has(task));
}
