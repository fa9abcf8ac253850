/**
 * Which task waits for which, through what. Pure.
 *
 * Edges follow gfs2's queue, not pairwise compatibility (fs/gfs2/glock.c do_promote, may_grant): a waiter waits for
 * every granted holder that excludes it, and, since promotion stops at the first waiter that cannot be granted, for
 * every waiter queued before it. A trylock never waits: it fails. An asynchronous request does not block its task here.
 * Not seen, so never an edge: demote requests, other nodes, and holders taken before we attached.
 */
import { holderFlag } from '../../probes/kernel.ts';
import type { Holder, Task } from '../model/frames.ts';
import { grantedTogether } from '../model/grant.ts';

export interface Blocker {
  readonly task: Task;
  readonly holder: Holder;
  readonly why: 'holds it' | 'is queued before';
}

/** A task whose request is queued and not granted. */
export interface Wait {
  readonly task: Task;
  readonly holder: Holder;
  readonly blockers: readonly Blocker[];
}

/** Every wait that began at least `leastNs` before `atNs`, by task. A task waits for one glock at a time. */
export function waitsAmong(tasks: Iterable<Task>, atNs: number, leastNs: number): Map<Task, Wait> {
  const queues = new Map<string, { task: Task; holder: Holder }[]>();
  for (const task of tasks) {
    for (const frame of task.frames) {
      if (frame.kind !== 'holder') continue;
      const queue = queues.get(frame.glock);
      if (queue === undefined) queues.set(frame.glock, [{ task, holder: frame }]);
      else queue.push({ task, holder: frame });
    }
  }
  const waits = new Map<Task, Wait>();
  for (const queue of queues.values()) {
    for (const { task, holder } of queue) {
      if (!waitsAsTask(holder) || atNs - holder.sinceNs < leastNs) continue;
      const blockers = queue.flatMap((other): Blocker[] => {
        if (other.task === task) return [];
        if (other.holder.phase === 'granted') {
          return grantedTogether(other.holder, holder) ? [] : [{ ...other, why: 'holds it' }];
        }
        return waitsAsTask(other.holder) && other.holder.sinceNs < holder.sinceNs
          ? [{ ...other, why: 'is queued before' }]
          : [];
      });
      if (blockers.length > 0) waits.set(task, { task, holder, blockers });
    }
  }
  return waits;
}

/** One shortest cycle of each group of tasks that wait for each other, its tasks in the order of the waits. */
export function cyclesIn(waits: ReadonlyMap<Task, Wait>): Wait[][] {
  const cycles: Wait[][] = [];
  const taken = new Set<Task>();
  for (const start of waits.values()) {
    if (taken.has(start.task)) continue;
    const cycle = shortestBack(start, waits);
    if (cycle === null || cycle.some((wait) => taken.has(wait.task))) continue;
    for (const wait of cycle) taken.add(wait.task);
    cycles.push(cycle);
  }
  return cycles;
}

const waitsAsTask = (holder: Holder): boolean =>
  holder.phase === 'waiting' && (holder.flags & (holderFlag.try | holderFlag.tryOneCallback | holderFlag.async)) === 0;

/** The shortest way from a wait back to itself, breadth first; null when there is none. */
function shortestBack(start: Wait, waits: ReadonlyMap<Task, Wait>): Wait[] | null {
  const from = new Map<Wait, Wait>();
  let front: Wait[] = [start];
  while (front.length > 0) {
    const next: Wait[] = [];
    for (const wait of front) {
      for (const { task } of wait.blockers) {
        if (task === start.task) return wayTo(wait, start, from);
        const behind = waits.get(task);
        if (behind === undefined || from.has(behind)) continue;
        from.set(behind, wait);
        next.push(behind);
      }
    }
    front = next;
  }
  return null;
}

function wayTo(end: Wait, start: Wait, from: ReadonlyMap<Wait, Wait>): Wait[] {
  const way = [end];
  for (let at: Wait | undefined = end; at !== start && at !== undefined; ) {
    at = from.get(at);
    if (at !== undefined) way.unshift(at);
  }
  return way;
}
