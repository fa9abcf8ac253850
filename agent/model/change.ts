/** What a record changed, in the words that detectors, retries and rates are written in. */
import type { Attempt, Fault, FaultIn, Holder, IoCall, Task } from './frames.ts';

export type Change =
  /** At gfs2_glock_nq's entry: the holder is the last frame, and may never be granted. */
  | { readonly kind: 'requested'; readonly task: Task; readonly holder: Holder; readonly atNs: number }
  /** An asynchronous request: gfs2_glock_nq returned, and the grant is still to come. */
  | { readonly kind: 'queued'; readonly task: Task; readonly holder: Holder; readonly atNs: number }
  | { readonly kind: 'granted'; readonly task: Task; readonly holder: Holder; readonly atNs: number }
  | {
      readonly kind: 'refused';
      readonly task: Task;
      readonly holder: Holder;
      readonly result: number;
      readonly atNs: number;
    }
  | { readonly kind: 'released'; readonly task: Task; readonly holder: Holder; readonly atNs: number }
  | { readonly kind: 'fault-entered'; readonly task: Task; readonly fault: Fault; readonly atNs: number }
  | {
      readonly kind: 'fault-left';
      readonly task: Task;
      readonly fault: Fault;
      readonly result: number;
      readonly atNs: number;
    }
  | { readonly kind: 'io-entered'; readonly task: Task; readonly call: IoCall; readonly atNs: number }
  | {
      readonly kind: 'attempted';
      readonly task: Task;
      readonly call: IoCall;
      readonly attempt: Attempt;
      readonly atNs: number;
    }
  | {
      readonly kind: 'io-left';
      readonly task: Task;
      readonly call: IoCall;
      readonly result: number;
      readonly atNs: number;
    }
  | { readonly kind: 'fault-in-entered'; readonly task: Task; readonly faultIn: FaultIn; readonly atNs: number }
  | { readonly kind: 'fault-in-left'; readonly task: Task; readonly faultIn: FaultIn; readonly atNs: number }
  | { readonly kind: 'exited'; readonly task: Task; readonly atNs: number }
  /** Something was taken off a stack because later records show that it must be gone. */
  | { readonly kind: 'repaired'; readonly task: Task; readonly atNs: number };
