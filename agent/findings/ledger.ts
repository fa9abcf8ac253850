/** Suspicions in, findings out: numbered, deduplicated by root, counted, with the evidence of the first sighting. Pure. */
import { type Showing, showTask } from '../model/show.ts';
import { bounds } from '../wire/message.ts';
import { nanos } from '../wire/units.ts';
import type { FindingView } from '../wire/view.ts';
import type { Suspicion } from './suspicion.ts';

export class Ledger {
  readonly #byRoot = new Map<string, FindingView>();

  readonly on: Showing;

  constructor(on: Showing) {
    this.on = on;
  }

  /** Every finding so far, oldest first. */
  get findings(): readonly FindingView[] {
    return [...this.#byRoot.values()];
  }

  /** Enters a suspicion; null when the ledger is full and this root is new. */
  enter(suspicion: Suspicion, atNs: number): FindingView | null {
    const key = `${suspicion.kind} ${suspicion.root}`;
    const known = this.#byRoot.get(key);
    if (known === undefined && this.#byRoot.size >= bounds.findings) return null;
    const finding = known === undefined ? this.#first(suspicion, atNs) : again(known, suspicion, atNs);
    this.#byRoot.set(key, finding);
    return finding;
  }

  #first(suspicion: Suspicion, atNs: number): FindingView {
    const { task, kind, severity, title, rule, consequence, holder, others } = suspicion;
    const shown = showTask(task, this.on);
    return {
      id: this.#byRoot.size + 1,
      kind,
      severity,
      node: shown.node,
      tid: shown.tid,
      comm: shown.comm,
      title: `${shown.comm || 'a task'} [${shown.tid}] ${title}`,
      rule,
      consequence,
      glock: holder.name,
      stack: shown.frames,
      others: others.map((other) => showTask(other, this.on)),
      firstNs: nanos(atNs),
      lastNs: nanos(atNs),
      count: 1,
      unsure: task.unsure || others.some((other) => other.unsure),
    };
  }
}

/** A surer sighting makes the finding surer; the evidence stays that of the first. */
function again(known: FindingView, suspicion: Suspicion, atNs: number): FindingView {
  const unsure = known.unsure && [suspicion.task, ...suspicion.others].some((task) => task.unsure);
  const severity = known.unsure && !unsure ? suspicion.severity : known.severity;
  return { ...known, lastNs: nanos(atNs), count: known.count + 1, unsure, severity };
}
