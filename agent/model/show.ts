/** The model's entries in, the wire's views out: numbers get their names, call sites their symbols. Pure. */

import { faultFlag, holderFlagText, lockModeName } from '../../probes/kernel.ts';
import type { Symbolize } from '../trace/symbols.ts';
import { address, nanos, tid } from '../wire/units.ts';
import type { AttemptView, FaultInView, FileView, Frame as FrameView, RetryView, TaskView } from '../wire/view.ts';
import type { Attempt, FaultIn, FileId, Frame, Task } from './frames.ts';
import type { Retry } from './retry.ts';

/** What is the same for all that one session shows. */
export interface Showing {
  readonly node: string;
  readonly symbolize: Symbolize;
}

/** @param frames its stack, unless another one than the present is to be shown */
export function showTask(task: Task, on: Showing, frames: readonly Frame[] = task.frames): TaskView {
  return {
    node: on.node,
    tid: tid(task.tid),
    tgid: task.tgid,
    comm: task.comm,
    frames: frames.map((frame) => showFrame(frame, on)),
    unsure: task.unsure,
    lastNs: nanos(task.lastNs),
  };
}

export function showFrame(frame: Frame, on: Showing): FrameView {
  switch (frame.kind) {
    case 'io':
      return {
        kind: 'io',
        op: frame.op,
        direct: frame.direct,
        file: showFile(frame.file),
        positionBytes: frame.positionBytes,
        lengthBytes: frame.lengthBytes,
        sinceNs: nanos(frame.sinceNs),
        attempts: frame.attempts.length + (frame.endedNs === null ? 1 : 0),
      };
    case 'holder':
      return {
        kind: 'holder',
        glock: frame.name,
        holder: address(frame.holder),
        mode: lockModeName(frame.state),
        flags: holderFlagText(frame.flags),
        phase: frame.phase,
        sinceNs: nanos(frame.sinceNs),
        grantedNs: frame.grantedNs === null ? null : nanos(frame.grantedNs),
        site: on.symbolize(frame.caller),
      };
    case 'fault':
      return {
        kind: 'fault',
        handler: frame.handler,
        file: showFile(frame.file),
        address: address(frame.address),
        write: (frame.flags & faultFlag.write) !== 0,
        userMode: (frame.flags & faultFlag.user) !== 0,
        sinceNs: nanos(frame.sinceNs),
      };
    case 'fault-in':
      return {
        kind: 'fault-in',
        direction: frame.direction,
        residencyCheck: frame.residencyCheck,
        address: address(frame.address),
        lengthBytes: frame.lengthBytes,
        sinceNs: nanos(frame.sinceNs),
      };
    default:
      return frame satisfies never;
  }
}

export function showRetry(retry: Retry, id: number, task: Task, on: Showing): RetryView {
  const { call } = retry;
  return {
    id,
    node: on.node,
    tid: tid(task.tid),
    comm: task.comm,
    op: call.op,
    direct: call.direct,
    file: showFile(call.file),
    positionBytes: call.positionBytes,
    lengthBytes: call.lengthBytes,
    attempts: call.attempts.map(showAttempt),
    result: retry.result,
    startedNs: nanos(call.sinceNs),
    tookNs: nanos(retry.endedNs - call.sinceNs),
    lostNs: nanos(retry.lostNs),
    mapping: retry.mapping,
    unsure: task.unsure,
  };
}

const showFile = (file: FileId): FileView => ({ dev: file.dev, ino: address(file.ino) });

const showAttempt = (attempt: Attempt): AttemptView => ({
  via: attempt.via,
  mode: attempt.state === null ? null : lockModeName(attempt.state),
  result: attempt.result,
  endedNs: nanos(attempt.endedNs),
  faultIns: attempt.faultIns.map(showFaultIn),
});

const showFaultIn = (faultIn: FaultIn): FaultInView => ({
  direction: faultIn.direction,
  address: address(faultIn.address),
  lengthBytes: faultIn.lengthBytes,
  leftBytes: faultIn.leftBytes,
  tookNs: nanos((faultIn.endedNs ?? faultIn.sinceNs) - faultIn.sinceNs),
  faults: faultIn.faults,
  mkwrites: faultIn.mkwrites,
  mappings: faultIn.mappings.map(showFile),
});
