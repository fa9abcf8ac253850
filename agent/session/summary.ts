/** A session at its end in, the sums of all it saw out, in an order that does not change from run to run. Pure. */
import type { FindingView, LossView, OpenQuestions } from '../wire/view.ts';
import type { Session } from './session.ts';
import type { IoSum } from './tally.ts';

export interface Summary {
  readonly node: string;
  readonly records: number;
  readonly loss: LossView;
  readonly acquisitions: number;
  readonly releases: number;
  readonly refusals: number;
  readonly faults: number;
  readonly mkwrites: number;
  readonly repairs: number;
  /** Frames that began while the probes were being taken away at the end. */
  readonly cutShort: number;
  readonly questions: OpenQuestions;
  readonly io: readonly IoSum[];
  /** Calls of tasks and files beyond those that are kept apart in `io`. */
  readonly ioOverflow: number;
  /** Tasks that still have something on their stack. */
  readonly busy: readonly { readonly tid: number; readonly comm: string; readonly frames: readonly string[] }[];
  readonly findings: readonly FindingView[];
}

export function summarize(session: Session): Summary {
  const { tally } = session;
  return {
    node: session.on.node,
    records: session.records,
    loss: session.loss.view(session.model.missed),
    acquisitions: tally.acquisitions,
    releases: tally.releases,
    refusals: tally.refusals,
    faults: tally.faults,
    mkwrites: tally.mkwrites,
    repairs: tally.repairs,
    cutShort: session.model.cutShort,
    questions: session.questions.view,
    io: tally.io,
    ioOverflow: tally.overflow,
    busy: [...session.model.tasks.values()]
      .filter((task) => task.frames.length > 0)
      .sort((a, b) => a.tid - b.tid)
      .map((task) => ({ tid: task.tid, comm: task.comm, frames: task.frames.map((frame) => frame.kind) })),
    findings: session.ledger.findings,
  };
}
