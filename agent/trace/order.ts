/**
 * Records as they arrive in, records in time order out, with every gap in a CPU's sequence as a loss in its place.
 *
 * bpftrace up to 0.18 reads one buffer a CPU, one after the other: lines of two CPUs were seen 13 ms out of order on a
 * quiet guest, 276-469 ms under overload. Within one CPU they are in order. So: a k-way merge by CPU that holds a record
 * back for the settle time, and until every CPU heard of lately has passed it or it is older than the hold time. Time is
 * the records' own, so that a replay orders as the live run did.
 */
import type { TraceRecord } from './decode.ts';

/** How long a record waits for an older one of a CPU that was idle until now, ns. */
export const settleNs = 100_000_000;

/** How far behind the newest record a silent CPU may hold the others back, ns. */
export const holdNs = 500_000_000;

/** Records of one CPU that never arrived. */
export interface Loss {
  readonly cause: 'gap' | 'tail';
  readonly cpu: number;
  readonly count: number;
  /** The loss lies between these two. */
  readonly fromNs: number;
  readonly atNs: number;
}

export type Ordered =
  | { readonly kind: 'record'; readonly record: TraceRecord }
  | { readonly kind: 'loss'; readonly loss: Loss }
  /** A record that came after later ones had been given out; it follows, out of its place. */
  | { readonly kind: 'late'; readonly byNs: number };

interface Lane {
  readonly queue: Ordered[];
  /** Index of the next entry to give out; the queue is cut when it is half used up. */
  next: number;
  seq: number;
  lastNs: number;
}

export class Order {
  readonly #lanes = new Map<number, Lane>();
  #newestNs = Number.NEGATIVE_INFINITY;
  #givenNs = Number.NEGATIVE_INFINITY;
  /** The clock of the last thing given out: the session's present, ns. */
  get givenNs(): number {
    return this.#givenNs;
  }

  /** Takes one record; what became due is given by `due`. */
  push(record: TraceRecord): void {
    const lane = this.#lane(record);
    const expected = record.sequenced ? record.seq - 1 : record.seq;
    if (expected > lane.seq) {
      const cause = record.said.kind === 'final' ? 'tail' : 'gap';
      const loss: Loss = { cause, cpu: record.cpu, count: expected - lane.seq, fromNs: lane.lastNs, atNs: record.atNs };
      lane.queue.push({ kind: 'loss', loss });
    }
    lane.seq = Math.max(lane.seq, record.seq);
    // The final counts of all CPUs are printed by one of them, at the end: their time says nothing of their lane.
    if (record.said.kind !== 'final') lane.lastNs = Math.max(lane.lastNs, record.atNs);
    this.#newestNs = Math.max(this.#newestNs, record.atNs);
    lane.queue.push({ kind: 'record', record });
  }

  /** Gives out, in time order, all that no CPU heard of within the hold time can still precede. */
  *due(): Generator<Ordered> {
    let watermark = this.#newestNs - settleNs;
    const oldest = this.#newestNs - holdNs;
    for (const lane of this.#lanes.values())
      if (lane.lastNs >= oldest && lane.lastNs < watermark) watermark = lane.lastNs;
    yield* this.#until(watermark);
  }

  /** The output has ended: gives out the rest. */
  *end(): Generator<Ordered> {
    yield* this.#until(Number.POSITIVE_INFINITY);
  }

  *#until(watermark: number): Generator<Ordered> {
    for (;;) {
      let first: Lane | null = null;
      let firstNs = Number.POSITIVE_INFINITY;
      let secondNs = Number.POSITIVE_INFINITY;
      for (const lane of this.#lanes.values()) {
        const ns = headNs(lane);
        if (ns < firstNs) {
          secondNs = firstNs;
          firstNs = ns;
          first = lane;
        } else if (ns < secondNs) secondNs = ns;
      }
      if (first === null || firstNs > watermark) return;
      const stop = Math.min(secondNs, watermark);
      while (first.next < first.queue.length && headNs(first) <= stop) yield* this.#give(first);
    }
  }

  *#give(lane: Lane): Generator<Ordered> {
    const entry = lane.queue[lane.next];
    if (entry === undefined) return;
    lane.next++;
    if (lane.next > 256 && lane.next * 2 > lane.queue.length) {
      lane.queue.splice(0, lane.next);
      lane.next = 0;
    }
    const ns = entryNs(entry);
    if (entry.kind === 'record' && ns < this.#givenNs && entry.record.sequenced)
      yield { kind: 'late', byNs: this.#givenNs - ns };
    this.#givenNs = Math.max(this.#givenNs, ns);
    yield entry;
  }

  #lane(record: TraceRecord): Lane {
    let lane = this.#lanes.get(record.cpu);
    if (lane === undefined) {
      lane = { queue: [], next: 0, seq: 0, lastNs: Number.NEGATIVE_INFINITY };
      this.#lanes.set(record.cpu, lane);
    }
    return lane;
  }
}

function headNs(lane: Lane): number {
  const head = lane.queue[lane.next];
  return head === undefined ? Number.POSITIVE_INFINITY : entryNs(head);
}

function entryNs(entry: Ordered): number {
  switch (entry.kind) {
    case 'record':
      return entry.record.atNs;
    case 'loss':
      return entry.loss.atNs;
    case 'late':
      return Number.NEGATIVE_INFINITY;
    default:
      return entry satisfies never;
  }
}
