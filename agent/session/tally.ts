/** Sums for the end: every read and write by task, file, direction and kind, so that a run can be checked to the call. */
import type { Change } from '../model/change.ts';
import type { FileId, IoCall } from '../model/frames.ts';
import { retriesIn } from '../model/retry.ts';

/** One row of the sums. */
export interface IoSum {
  readonly tid: number;
  readonly file: FileId;
  readonly op: IoCall['op'];
  readonly direct: boolean;
  calls: number;
  /** Bytes that the calls returned in all. */
  bytes: number;
  /** Calls that returned an error. */
  errors: number;
  /** Calls that returned fewer bytes than asked. */
  short: number;
  retriedCalls: number;
  retries: number;
}

/** Rows kept; beyond it calls are summed in `overflow`. */
export const maxRows = 10_000;

export class Tally {
  readonly #rows = new Map<string, IoSum>();
  acquisitions = 0;
  releases = 0;
  refusals = 0;
  faults = 0;
  mkwrites = 0;
  /** Frames taken off a stack because their end was never seen. */
  repairs = 0;
  /** Calls of more tasks and files than are kept apart. */
  overflow = 0;

  follow(change: Change): void {
    switch (change.kind) {
      case 'granted':
        this.acquisitions++;
        return;
      case 'released':
        this.releases++;
        return;
      case 'refused':
        this.refusals++;
        return;
      case 'repaired':
        this.repairs++;
        return;
      case 'fault-entered':
        if (change.fault.handler === 'gfs2_fault') this.faults++;
        else this.mkwrites++;
        return;
      case 'io-left':
        this.#sum(change.task.tid, change.call, change.result);
        return;
      case 'requested':
      case 'queued':
      case 'fault-left':
      case 'io-entered':
      case 'attempted':
      case 'fault-in-entered':
      case 'fault-in-left':
      case 'exited':
        return;
      default:
        change satisfies never;
    }
  }

  /** The rows, in the order of their first call. */
  get io(): readonly IoSum[] {
    return [...this.#rows.values()];
  }

  #sum(tid: number, call: IoCall, result: number): void {
    const key = `${tid} ${call.file.dev} ${call.file.ino} ${call.op} ${call.direct}`;
    let row = this.#rows.get(key);
    if (row === undefined) {
      if (this.#rows.size >= maxRows) {
        this.overflow++;
        return;
      }
      const { file, op, direct } = call;
      row = { tid, file, op, direct, calls: 0, bytes: 0, errors: 0, short: 0, retriedCalls: 0, retries: 0 };
      this.#rows.set(key, row);
    }
    const retries = retriesIn(call.attempts);
    row.calls++;
    row.bytes += Math.max(0, result);
    if (result < 0) row.errors++;
    else if (result < call.lengthBytes) row.short++;
    if (retries > 0) row.retriedCalls++;
    row.retries += retries;
  }
}
