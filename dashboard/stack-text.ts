/** Frames and findings as words: what each row says, and the text that a report or mail can hold (pure). */
import type { FindingView, Frame, HostView } from '../agent/wire/view.ts';
import { addressText, bytesText, durationText, elapsedText, fileText, glockText, plural } from './format.ts';

export interface FrameText {
  /** What runs: `read()`, `gfs2_fault`, `holds`, `waits for`, `fault-in`. */
  readonly what: string;
  /** The one fact to see first. */
  readonly main: string;
  readonly more: readonly string[];
  /** Nanoseconds that this has lasted at `nowNs`. */
  readonly lastsNs: number;
}

const holderVerb = { waiting: 'waits for', queued: 'queued for', granted: 'holds' } as const;

/** Says one frame in words, as of the host's `nowNs`. */
export function frameText(frame: Frame, host: HostView | undefined, nowNs: number): FrameText {
  const lastsNs = Math.max(0, nowNs - frame.sinceNs);
  switch (frame.kind) {
    case 'io':
      return {
        what: `${frame.op}()`,
        main: fileText(frame.file, host),
        more: [
          frame.direct ? 'direct' : 'buffered',
          `${bytesText(frame.lengthBytes)} at ${frame.positionBytes}`,
          ...(frame.attempts > 1 ? [`attempt ${frame.attempts}`] : []),
        ],
        lastsNs,
      };
    case 'holder': {
      const { name, device, type } = glockText(frame.glock);
      return {
        what: holderVerb[frame.phase],
        main: name,
        more: [[type, ...(device === '' ? [] : [`on ${device}`])].join(' '), frame.site],
        lastsNs: frame.grantedNs === null ? lastsNs : Math.max(0, nowNs - frame.grantedNs),
      };
    }
    case 'fault':
      return {
        what: frame.handler,
        main: `${frame.write ? 'write' : 'read'} ${addressText(frame.address)}`,
        more: [fileText(frame.file, host), frame.userMode ? 'from user mode' : 'from the kernel'],
        lastsNs,
      };
    case 'fault-in':
      return {
        what: frame.residencyCheck ? 'residency check' : `fault-in ${frame.direction}`,
        main: `${bytesText(frame.lengthBytes)} at ${addressText(frame.address)}`,
        more: frame.residencyCheck ? ['only looks: the glock is held'] : [],
        lastsNs,
      };
    default:
      return frame satisfies never;
  }
}

/** A stack as lines, outermost first, each frame one step further in. */
export const stackLines = (frames: readonly Frame[], host: HostView | undefined, nowNs: number): string[] =>
  frames.map((frame, depth) => {
    const { what, main, more, lastsNs } = frameText(frame, host, nowNs);
    const mode = frame.kind === 'holder' ? `${frame.mode}${frame.flags === '' ? '' : ` f:${frame.flags}`} ` : '';
    return `${'  '.repeat(depth)}${what} ${mode}${main} (${[...more, lastsText(lastsNs)].join(', ')})`;
  });

/** How long something had lasted at a moment gone by. */
export const lastsText = (ns: number): string => (ns === 0 ? 'now' : durationText(ns));

/** The moment that a finding's stack shows: that of its last frame, the new request. */
export const findingMoment = (finding: FindingView): number =>
  finding.stack.reduce((latest, frame) => Math.max(latest, frame.sinceNs), 0);

/** A finding as plain text, for a report or a mail. */
export function findingReport(finding: FindingView, host: HostView | undefined): string {
  const { severity, title, node, comm, tid, glock, rule, consequence, count, firstNs, lastNs, stack, others } = finding;
  const span = lastNs > firstNs ? `, over ${durationText(lastNs - firstNs)}` : '';
  return [
    `${severity.toUpperCase()}: ${title}`,
    `Task ${comm} (${tid}) on ${node}${host === undefined || host.kernel === '' ? '' : `, kernel ${host.kernel}`}`,
    `Glock ${glock}; seen ${plural(count, 'time')}${span}, first ${elapsedText(firstNs)} into the session`,
    ...(finding.unsure ? ['Unsure: records were lost around it'] : []),
    `Rule: ${rule}`,
    `Consequence: ${consequence}`,
    'Stack, outermost first:',
    ...stackLines(stack, host, findingMoment(finding)).map((line) => `  ${line}`),
    ...others.flatMap((other) => [
      `Task ${other.comm} (${other.tid}):`,
      ...stackLines(other.frames, host, findingMoment(finding)).map((line) => `  ${line}`),
    ]),
    '',
  ].join('\n');
}
