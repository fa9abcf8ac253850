/** Outcomes and sums in, text for a terminal or lines of JSON for a pipe out. Pure. */
import { returnText } from '../../probes/kernel.ts';
import type { Outcome } from '../session/session.ts';
import type { Summary } from '../session/summary.ts';
import type { FindingView, Frame, RetryView } from '../wire/view.ts';

/** One line of JSON: the same outcome is the same bytes, live and replayed. */
export const outcomeJson = (outcome: Outcome): string =>
  JSON.stringify(
    outcome.kind === 'retry' ? { kind: 'retry', ...outcome.retry } : { kind: 'finding', finding: outcome.finding },
  );

export const summaryJson = (summary: Summary): string => JSON.stringify({ kind: 'summary', ...summary });

export function outcomeText(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'retry':
      return retryText(outcome.retry);
    case 'finding':
      return findingText(outcome.finding);
    default:
      return outcome satisfies never;
  }
}

/** `12.345678 s` on the session's clock. */
const clock = (ns: number): string => `${(ns / 1e9).toFixed(6)} s`;
const duration = (ns: number): string => (ns < 1e6 ? `${(ns / 1e3).toFixed(0)} µs` : `${(ns / 1e6).toFixed(1)} ms`);

function retryText(retry: RetryView): string {
  const tries = retry.attempts.map((attempt) => {
    const faulted = attempt.faultIns.map(
      (one) => `fault in ${one.lengthBytes} B (${one.faults} faults, ${one.mkwrites} mkwrites)`,
    );
    return [...faulted, `${attempt.mode ?? 'no lock'} ${returnText(attempt.result)}`].join(' → ');
  });
  const kind = `${retry.direct ? 'O_DIRECT' : 'buffered'} ${retry.op}`;
  return `${clock(retry.startedNs)}  retry  ${retry.comm} [${retry.tid}] ${kind} of inode ${retry.file.ino}: ${tries.join(' → ')} = ${returnText(retry.result)}, ${duration(retry.lostNs)} lost, mapping of ${retry.mapping}`;
}

function findingText(finding: FindingView): string {
  const head = `${clock(finding.lastNs)}  ${finding.severity.toUpperCase()}  ${finding.kind}${finding.unsure ? ' (unsure: records were lost)' : ''}: ${finding.title}`;
  return [
    head,
    ...finding.stack.map((frame) => `    ${frameText(frame)}`),
    ...finding.others.flatMap((task) => [
      `  ${task.comm} [${task.tid}]`,
      ...task.frames.map((frame) => `    ${frameText(frame)}`),
    ]),
    `    rule: ${finding.rule}`,
    `    ${finding.consequence}`,
  ].join('\n');
}

/** One frame of a stack, as a line for terminals and tickets. */
export function frameText(frame: Frame): string {
  switch (frame.kind) {
    case 'io':
      return `${frame.direct ? 'O_DIRECT' : 'buffered'} ${frame.op} of inode ${frame.file.ino}, ${frame.lengthBytes} bytes at ${frame.positionBytes}`;
    case 'holder':
      return `glock ${frame.glock} ${frame.mode} ${frame.phase}${frame.flags === '' ? '' : ` f:${frame.flags}`} by ${frame.site}`;
    case 'fault':
      return `${frame.handler} at ${frame.address} of inode ${frame.file.ino} (${frame.userMode ? 'user' : 'kernel'} mode${frame.write ? ', write' : ''})`;
    case 'fault-in':
      return `${frame.residencyCheck ? 'looks for resident pages' : 'faults pages in'}: ${frame.lengthBytes} bytes at ${frame.address}, ${frame.direction}`;
    default:
      return frame satisfies never;
  }
}

export function summaryText(summary: Summary): string {
  const { loss, questions } = summary;
  const calls = summary.io.reduce((sum, row) => sum + row.calls, summary.ioOverflow);
  const retries = summary.io.reduce((sum, row) => sum + row.retries, 0);
  return [
    `${summary.node}: ${summary.records} records; ${summary.acquisitions} glocks taken, ${summary.releases} released, ${summary.refusals} refused`,
    `  ${calls} reads and writes, ${retries} retries; ${summary.faults} gfs2_fault, ${summary.mkwrites} gfs2_page_mkwrite`,
    `  lost: ${loss.gap} in gaps, ${loss.tail} at the end, ${loss.malformed} malformed, ${loss.late} late, ${loss.missed} returns missed`,
    `  page_mkwrite inside read_iter ${questions.mkwriteInRead}, inside write_iter ${questions.mkwriteInWrite}, of either under an inode glock ${questions.mkwriteInIoUnderGlock}`,
    `  VM_FAULT_SIGBUS: ${questions.sigbusUser} from user mode, ${questions.sigbusKernel} from kernel mode`,
    `  findings: ${summary.findings.length === 0 ? 'none' : summary.findings.map((finding) => `${finding.severity} ${finding.kind} ×${finding.count}`).join(', ')}`,
  ].join('\n');
}
