/** Counts what happens in each second of the host's clock. Pure. */

import { errno } from '../../probes/kernel.ts';
import type { Change } from '../model/change.ts';
import type { Loss } from '../trace/order.ts';
import { bounds } from '../wire/message.ts';
import type { RateSample } from '../wire/view.ts';

type Counter = Exclude<keyof RateSample, 'node' | 'second'>;
type Counting = Record<Counter, number>;

export class Rates {
  readonly #bySecond = new Map<number, Counting>();
  readonly #changed = new Set<number>();
  #newest = 0;
  /** The second up to which there are no holes. */
  #reached = -1;

  readonly node: string;

  constructor(node: string) {
    this.node = node;
  }

  follow(change: Change): void {
    switch (change.kind) {
      case 'granted':
        this.#add(change.atNs, 'acquisitions', 1);
        return;
      case 'fault-entered':
        this.#add(change.atNs, change.fault.handler === 'gfs2_fault' ? 'faults' : 'mkwrites', 1);
        return;
      case 'io-left':
        this.#add(change.atNs, 'ioCalls', 1);
        return;
      case 'attempted':
        if (change.attempt.result === -errno.EFAULT) this.#add(change.atNs, 'efaults', 1);
        return;
      case 'requested':
      case 'queued':
      case 'refused':
      case 'released':
      case 'fault-left':
      case 'io-entered':
      case 'fault-in-entered':
      case 'fault-in-left':
      case 'exited':
      case 'repaired':
        return;
      default:
        change satisfies never;
    }
  }

  retried(atNs: number): void {
    this.#add(atNs, 'retries', 1);
  }

  lost(loss: Loss): void {
    this.#add(loss.atNs, 'lost', loss.count);
  }

  /** Time went on, whether or not anything happened: quiet seconds are zeros, not holes. */
  reach(nowNs: number): void {
    const now = secondOf(nowNs);
    const from = Math.max(this.#reached + 1, now - bounds.rateSeconds + 1);
    for (let second = from; second <= now; second++) this.#counting(second);
    this.#reached = Math.max(this.#reached, now);
  }

  /** The samples that changed since the last call. */
  takeChanged(): RateSample[] {
    const samples: RateSample[] = [];
    for (const second of this.#changed) {
      const counting = this.#bySecond.get(second);
      if (counting !== undefined) samples.push({ node: this.node, second, ...counting });
    }
    this.#changed.clear();
    return samples;
  }

  #add(atNs: number, counter: Counter, by: number): void {
    const second = secondOf(atNs);
    this.#changed.add(second);
    this.#counting(second)[counter] += by;
  }

  #counting(second: number): Counting {
    let counting = this.#bySecond.get(second);
    if (counting === undefined) {
      counting = { acquisitions: 0, faults: 0, mkwrites: 0, ioCalls: 0, retries: 0, efaults: 0, lost: 0 };
      this.#bySecond.set(second, counting);
      this.#changed.add(second);
      this.#newest = Math.max(this.#newest, second);
      this.#forget(this.#newest - bounds.rateSeconds);
    }
    return counting;
  }

  /** Seconds up to this one are too old to be shown, taken or not. */
  #forget(last: number): void {
    for (const second of this.#bySecond.keys()) {
      if (second > last) continue;
      this.#bySecond.delete(second);
      this.#changed.delete(second);
    }
  }
}

const secondOf = (atNs: number): number => Math.max(0, Math.floor(atNs / 1e9));
