/**
 * The straight line as one object: bpftrace's output in, retries and findings out, and the state that a page shows.
 * Live, replay, tests and benchmarks are this over another source of chunks. Pure: time is what the records say.
 */
import { Ledger } from '../findings/ledger.ts';
import { recursiveAcquire } from '../findings/recursive-acquire.ts';
import type { Suspicion } from '../findings/suspicion.ts';
import { WaitCycles } from '../findings/wait-cycle.ts';
import type { Change } from '../model/change.ts';
import type { Frame, Task } from '../model/frames.ts';
import { Model, maxTasks } from '../model/model.ts';
import { retryOf } from '../model/retry.ts';
import { type Showing, showRetry } from '../model/show.ts';
import { Decoder } from '../trace/decode.ts';
import { Order, type Ordered } from '../trace/order.ts';
import type { FindingView, RetryView } from '../wire/view.ts';
import { LossCount } from './loss-count.ts';
import { Questions } from './questions.ts';
import { Rates } from './rates.ts';
import { Tally } from './tally.ts';

/** What a session says as it goes, in order; the same bytes in give the same outcomes out. */
export type Outcome =
  | { readonly kind: 'retry'; readonly retry: RetryView }
  | { readonly kind: 'finding'; readonly finding: FindingView };

/** The detectors, each a function of a change. */
const detectors = [recursiveAcquire] as const;

/** How often what became due is used: in the records' time, ns, and at least once in so many records. */
const useEveryNs = 10_000_000;
const useRecords = 256;

export class Session {
  readonly on: Showing;
  readonly model = new Model();
  readonly loss = new LossCount();
  readonly rates: Rates;
  readonly questions = new Questions();
  readonly tally = new Tally();
  readonly ledger: Ledger;
  /**
   * Tasks whose stack changed since somebody last took them, each with its deepest stack since: most last microseconds.
   * At most `maxTasks`.
   */
  readonly touched = new Map<Task, readonly Frame[]>();
  /** All probes were attached. */
  ready = false;
  records = 0;
  readonly #waitCycles = new WaitCycles();
  readonly #decoder = new Decoder();
  readonly #order = new Order();
  #retries = 0;
  /** The record at which what was due was last used, and how many came since. */
  #usedNs = Number.NEGATIVE_INFINITY;
  #unused = 0;

  constructor(on: Showing) {
    this.on = on;
    this.rates = new Rates(on.node);
    this.ledger = new Ledger(on);
  }

  /** Time of the first record on the host's clock, ns; null before it came. */
  get baseNs(): bigint | null {
    return this.#decoder.baseNs;
  }

  /** The present of this session: time of the last record used, ns since the first. */
  get nowNs(): number {
    return Math.max(0, Number.isFinite(this.#order.givenNs) ? this.#order.givenNs : 0);
  }

  /** Takes output as it comes, cut anywhere. */
  *push(chunk: Uint8Array): Generator<Outcome> {
    for (const decoded of this.#decoder.push(chunk)) {
      switch (decoded.kind) {
        case 'record':
          this.records++;
          // As soon as it arrives: whoever waits for it wants to start work that is to be seen.
          if (decoded.record.said.kind === 'ready') this.ready = true;
          this.#order.push(decoded.record);
          if (this.#timeToUse(decoded.record.atNs)) for (const ordered of this.#order.due()) yield* this.#use(ordered);
          break;
        case 'malformed':
          this.loss.malformed(decoded.line);
          break;
        case 'notice':
          break;
        default:
          return decoded satisfies never;
      }
    }
  }

  /** The output has ended. */
  *end(): Generator<Outcome> {
    for (const decoded of this.#decoder.end()) if (decoded.kind === 'malformed') this.loss.malformed(decoded.line);
    for (const ordered of this.#order.end()) yield* this.#use(ordered);
  }

  /**
   * Whether to use now what became due, by the records' times and number alone: were it once a chunk, then which records
   * come late would hang on how the output was cut. The number is for a time that is garbage and far ahead of all others.
   */
  #timeToUse(atNs: number): boolean {
    this.#unused++;
    if (atNs < this.#usedNs + useEveryNs && this.#unused < useRecords) return false;
    this.#usedNs = atNs;
    this.#unused = 0;
    return true;
  }

  *#use(ordered: Ordered): Generator<Outcome> {
    switch (ordered.kind) {
      case 'loss':
        this.loss.lost(ordered.loss);
        this.rates.lost(ordered.loss);
        // What was thrown away at the end touches nothing that is still to be judged.
        if (ordered.loss.cause === 'gap') this.#lose();
        return;
      case 'late':
        this.loss.late();
        return;
      case 'record':
        for (const change of this.model.apply(ordered.record)) yield* this.#follow(change);
        // Heartbeats carry the clock on while nothing happens: a deadlock is silent.
        for (const suspicion of this.#waitCycles.look(this.model.tasks.values(), ordered.record.atNs)) {
          yield* this.#enter(suspicion, ordered.record.atNs);
        }
        return;
      default:
        return ordered satisfies never;
    }
  }

  *#follow(change: Change): Generator<Outcome> {
    this.#touch(change.task);
    this.rates.follow(change);
    this.questions.follow(change);
    this.tally.follow(change);
    for (const detect of detectors) {
      const suspicion = detect(change);
      if (suspicion !== null) yield* this.#enter(suspicion, change.atNs);
    }
    if (change.kind !== 'io-left') return;
    const retry = retryOf(change.call, change.result, change.atNs);
    if (retry === null) return;
    this.#retries++;
    this.rates.retried(change.atNs);
    yield { kind: 'retry', retry: showRetry(retry, this.#retries, change.task, this.on) };
  }

  *#enter(suspicion: Suspicion, atNs: number): Generator<Outcome> {
    const finding = this.ledger.enter(suspicion, atNs);
    if (finding !== null) yield { kind: 'finding', finding };
  }

  /** Whoever shows a stack must learn that it has become unsure. */
  #lose(): void {
    for (const task of this.model.tasks.values()) if (task.frames.length > 0 && !task.unsure) this.#touch(task);
    this.model.lose();
  }

  #touch(task: Task): void {
    const deepest = this.touched.get(task);
    if (deepest !== undefined && task.frames.length <= deepest.length) return;
    this.touched.set(task, [...task.frames]);
    if (this.touched.size <= maxTasks) return;
    // Without a page nobody takes them, and tasks come and go for ever.
    for (const oldest of this.touched.keys()) {
      this.touched.delete(oldest);
      return;
    }
  }
}
