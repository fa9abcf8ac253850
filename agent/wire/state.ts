/** Snapshot and updates in, what is true now out: the one reducer that agent and dashboard share. */
import { bounds, type Snapshot, type Update } from './message.ts';
import type { FindingView, HostView, RateSample, RetryView, TaskView } from './view.ts';

/** What one tick changed: an update before it is numbered. */
export type Delta = Omit<Update, 'kind' | 'seq'>;

/** Everything that is shown. Maps keep the order in which entries were first seen; none outgrows `bounds`. */
export interface State {
  readonly hosts: ReadonlyMap<string, HostView>;
  /** By node; in each, ascending and unique by second, and none older than `bounds.rateSeconds` before the newest. */
  readonly rates: ReadonlyMap<string, readonly RateSample[]>;
  /** By `taskKey`. */
  readonly tasks: ReadonlyMap<string, TaskView>;
  /** By `entryKey`, oldest first. */
  readonly retries: ReadonlyMap<string, RetryView>;
  /** By `entryKey`, in order of their first report. */
  readonly findings: ReadonlyMap<string, FindingView>;
}

export const taskKey = (task: { readonly node: string; readonly tid: number }): string => `${task.tid}@${task.node}`;
/** Ids count per node, so that the node belongs to the key. */
export const entryKey = (entry: { readonly node: string; readonly id: number }): string => `${entry.id}@${entry.node}`;

export const emptyState = (): State => ({
  hosts: new Map(),
  rates: new Map(),
  tasks: new Map(),
  retries: new Map(),
  findings: new Map(),
});

export const emptyDelta = (): Delta => ({
  hosts: [],
  rates: [],
  tasks: [],
  idle: [],
  retries: [],
  findings: [],
  restarted: [],
});

/** True when applying the delta would change nothing. */
export const isEmptyDelta = (delta: Delta): boolean =>
  delta.hosts.length === 0 &&
  delta.rates.length === 0 &&
  delta.tasks.length === 0 &&
  delta.idle.length === 0 &&
  delta.retries.length === 0 &&
  delta.findings.length === 0 &&
  delta.restarted.length === 0;

/**
 * The state after a delta. What the delta does not touch is shared with the state before it.
 * Order: `restarted`, then `tasks`, then `idle`: a task in both came and went within the tick.
 */
export function applyUpdate(before: State, delta: Delta): State {
  const state = delta.restarted.length === 0 ? before : forget(before, new Set(delta.restarted));
  return {
    hosts: put(state.hosts, delta.hosts, (host) => host.node),
    rates: putRates(state.rates, delta.rates),
    tasks: bound(drop(put(state.tasks, delta.tasks, taskKey), delta.idle.map(taskKey)), bounds.tasks),
    retries: bound(put(state.retries, delta.retries, entryKey), bounds.retries),
    findings: bound(put(state.findings, delta.findings, entryKey), bounds.findings),
  };
}

/** The state as one message, as of update `seq`. */
export const toSnapshot = (state: State, seq: number): Snapshot => ({
  kind: 'snapshot',
  seq,
  hosts: [...state.hosts.values()],
  rates: [...state.rates.values()].flat(),
  tasks: [...state.tasks.values()],
  retries: [...state.retries.values()],
  findings: [...state.findings.values()],
});

export const fromSnapshot = (snapshot: Snapshot): State =>
  applyUpdate(emptyState(), { ...snapshot, idle: [], restarted: [] });

function forget(state: State, nodes: ReadonlySet<string>): State {
  const others = <Entry extends { readonly node: string }>(entries: ReadonlyMap<string, Entry>) =>
    new Map([...entries].filter(([, entry]) => !nodes.has(entry.node)));
  return {
    hosts: state.hosts,
    rates: new Map([...state.rates].filter(([node]) => !nodes.has(node))),
    tasks: others(state.tasks),
    retries: others(state.retries),
    findings: others(state.findings),
  };
}

function put<Entry>(
  entries: ReadonlyMap<string, Entry>,
  changed: readonly Entry[],
  key: (entry: Entry) => string,
): ReadonlyMap<string, Entry> {
  if (changed.length === 0) return entries;
  const next = new Map(entries);
  for (const entry of changed) next.set(key(entry), entry);
  return next;
}

function drop<Entry>(entries: ReadonlyMap<string, Entry>, keys: readonly string[]): ReadonlyMap<string, Entry> {
  if (!keys.some((key) => entries.has(key))) return entries;
  const next = new Map(entries);
  for (const key of keys) next.delete(key);
  return next;
}

function bound<Entry>(entries: ReadonlyMap<string, Entry>, limit: number): ReadonlyMap<string, Entry> {
  return entries.size <= limit ? entries : new Map([...entries].slice(entries.size - limit));
}

function putRates(rates: State['rates'], changed: readonly RateSample[]): State['rates'] {
  if (changed.length === 0) return rates;
  const next = new Map(rates);
  for (const node of new Set(changed.map((sample) => sample.node))) {
    const bySecond = new Map((rates.get(node) ?? []).map((sample) => [sample.second, sample]));
    for (const sample of changed) if (sample.node === node) bySecond.set(sample.second, sample);
    const ascending = [...bySecond.values()].sort((a, b) => a.second - b.second);
    const oldest = (ascending.at(-1)?.second ?? 0) - bounds.rateSeconds;
    next.set(
      node,
      ascending.filter((sample) => sample.second > oldest),
    );
  }
  return next;
}
