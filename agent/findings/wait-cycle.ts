/** Tasks that wait for each other through glocks, and go on doing so: a deadlock on one node. Pure. */
import { lockModeName } from '../../probes/kernel.ts';
import type { Holder, Task } from '../model/frames.ts';
import type { Suspicion } from './suspicion.ts';
import { cyclesIn, type Wait, waitsAmong } from './wait-graph.ts';

/** A wait younger than this is no part of a cycle that is called stuck, ns. */
export const stuckNs = 1_000_000_000;
/** How often to look, ns of the records' time. */
export const lookEveryNs = 500_000_000;

/** Looks at the waits now and then; a cycle is told when two looks in a row see the same requests in it. */
export class WaitCycles {
  #lastLookNs = Number.NEGATIVE_INFINITY;
  #candidates: ReadonlySet<string> = new Set();
  /** Cycles told already: a deadlock lasts, and is one finding. */
  readonly #told = new Set<string>();

  *look(tasks: Iterable<Task>, atNs: number): Generator<Suspicion> {
    if (atNs - this.#lastLookNs < lookEveryNs) return;
    this.#lastLookNs = atNs;
    const seen = new Set<string>();
    for (const cycle of cyclesIn(waitsAmong(tasks, atNs, stuckNs))) {
      const key = keyOf(cycle);
      seen.add(key);
      if (!this.#candidates.has(key) || this.#told.has(key)) continue;
      this.#told.add(key);
      const suspicion = suspect(cycle);
      if (suspicion !== null) yield suspicion;
    }
    this.#candidates = seen;
  }
}

/** The requests of a cycle, whichever of them the search began at. */
const keyOf = (cycle: readonly Wait[]): string =>
  cycle
    .map(({ task, holder }) => `${task.tid} ${holder.holder} ${holder.sinceNs}`)
    .sort()
    .join(', ');

function suspect(cycle: readonly Wait[]): Suspicion | null {
  const [first] = cycle;
  if (first === undefined) return null;
  const unsure = cycle.some((wait) => wait.task.unsure);
  const links = cycle.map(({ task, holder, blockers }, at) => {
    const next = cycle[(at + 1) % cycle.length];
    const blocker = blockers.find((one) => one.task === next?.task);
    const held = blocker === undefined ? '' : `, which ${who(blocker.task)} ${relation(blocker.holder, blocker.why)}`;
    return `${who(task)} waits for ${lockModeName(holder.state)} on ${short(holder)}${held}`;
  });
  return {
    kind: 'wait-cycle',
    severity: unsure ? 'warning' : 'critical',
    root: keyOf(cycle),
    title: `and ${cycle.length === 2 ? 'one other task' : `${cycle.length - 1} other tasks`} wait for each other for good: ${links.join('; ')}`,
    rule: 'each waits for a glock that the next one holds in a mode that excludes it, or is queued for before it (fs/gfs2/glock.c do_promote, may_grant); seen unchanged in two looks',
    consequence:
      'None of them goes on by itself, and what queues behind them waits too. Reads and writes that fault pages in under their glock did this up to 5.15; gfs2 no longer faults while it holds one since 5.16 (merge c03098d4b9ad).',
    holder: first.holder,
    task: first.task,
    others: cycle.slice(1).map((wait) => wait.task),
  };
}

const relation = (held: Holder, why: 'holds it' | 'is queued before'): string =>
  why === 'holds it'
    ? `holds in ${lockModeName(held.state)}`
    : `is queued for before it in ${lockModeName(held.state)}`;
const who = (task: Task): string => `${task.comm || 'task'} [${task.tid}]`;
const short = (holder: Holder): string => holder.name.slice(holder.name.indexOf(' ') + 1);
