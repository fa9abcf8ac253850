/** A session's state in, one delta for the pages out each time it is asked: many records become one update. Pure. */
import type { Task } from '../model/frames.ts';
import { showTask } from '../model/show.ts';
import type { Delta } from '../wire/state.ts';
import { nanos, tid } from '../wire/units.ts';
import type { FindingView, HostView, RetryView } from '../wire/view.ts';
import type { Outcome, Session } from './session.ts';

/** What the shell knows of a host beside its records. */
export type HostStatus = Omit<HostView, 'records' | 'loss' | 'questions' | 'nowNs'>;

/** Retries kept between two ticks; in a storm the newest are shown and all are counted. */
const maxRetriesATick = 100;

export class Publisher {
  #session: Session;
  #status: HostStatus;
  #retries: RetryView[] = [];
  readonly #findings = new Map<number, FindingView>();
  #restarted = false;
  #last = '';

  constructor(session: Session, status: HostStatus) {
    this.#session = session;
    this.#status = status;
  }

  get status(): HostStatus {
    return this.#status;
  }

  /** The host's state as the shell sees it has changed. */
  report(change: Partial<HostStatus>): void {
    this.#status = { ...this.#status, ...change };
  }

  note(outcome: Outcome): void {
    switch (outcome.kind) {
      case 'retry':
        this.#retries.push(outcome.retry);
        if (this.#retries.length > maxRetriesATick) this.#retries.shift();
        return;
      case 'finding':
        this.#findings.set(outcome.finding.id, outcome.finding);
        return;
      default:
        outcome satisfies never;
    }
  }

  /** A recording starts over: what was shown of this node goes. */
  restart(session: Session): void {
    this.#session = session;
    this.#restarted = true;
    this.#retries = [];
    this.#findings.clear();
  }

  /** What changed since the last call. */
  take(): Delta {
    const session = this.#session;
    if (session.ready) session.rates.reach(session.nowNs);
    const host: HostView = {
      ...this.#status,
      records: session.records,
      loss: session.loss.view(session.model.missed),
      questions: session.questions.view,
      nowNs: nanos(session.nowNs),
    };
    const text = JSON.stringify(host);
    const touched = [...session.touched];
    const delta: Delta = {
      hosts: text === this.#last ? [] : [host],
      rates: session.rates.takeChanged(),
      // A task that came and went within the tick is in both: the page shows what it was doing.
      tasks: touched
        .map(([task, deepest]) => showTask(task, session.on, task.frames.length > 0 ? task.frames : deepest))
        .filter((task) => task.frames.length > 0),
      idle: idleTids(touched.map(([task]) => task)).map((idle) => ({ node: session.on.node, tid: tid(idle) })),
      retries: this.#retries,
      findings: [...this.#findings.values()],
      restarted: this.#restarted ? [session.on.node] : [],
    };
    this.#last = text;
    this.#retries = [];
    this.#findings.clear();
    this.#restarted = false;
    session.touched.clear();
    return delta;
  }
}

/**
 * The threads that have nothing on their stack now. One id may be of several tasks: an exiting thread is forgotten at
 * the start of do_exit, and comes again when it then closes its files; the last one counts.
 */
function idleTids(tasks: readonly Task[]): number[] {
  const last = new Map(tasks.map((task) => [task.tid, task]));
  return [...last.values()].filter((task) => task.frames.length === 0).map((task) => task.tid);
}
