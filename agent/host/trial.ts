/** The real program on a real host, for as long as it takes to attach: says how long that took, or why it cannot. I/O. */
import { records } from '../../probes/records.ts';
import type { Ended, Streaming, Target } from '../target/target.ts';
import { bpftraceCommand } from './bpftrace.ts';
import type { Inspected } from './inspect.ts';

export type Trial =
  | { readonly kind: 'attached'; readonly tookMs: number; readonly stopMs: number; readonly ended: Ended }
  | { readonly kind: 'failed'; readonly cause: string; readonly remedy: string }
  /** By the user's wish, by a signal, or since there is no program to try. */
  | { readonly kind: 'not-tried'; readonly why: string };

export interface TrialOptions {
  /** Default 180 000 ms: an emulated or busy host may take most of a minute. */
  readonly deadlineMs?: number;
  /** Called about every five seconds with the time gone by, ms. */
  readonly waiting?: (sinceMs: number) => void;
  readonly interrupt?: AbortSignal;
}

const waitingEveryMs = 5_000;

/** Starts the program under the relay, waits until all its probes are attached, and ends it again. */
export async function tryAttach(target: Target, found: Inspected, options: TrialOptions = {}): Promise<Trial> {
  const { deadlineMs = 180_000, waiting, interrupt } = options;
  if (interrupt?.aborted) return interrupted;
  const { argv, env } = bpftraceCommand(found.survey.bpftrace ?? '', found.program);
  const startedMs = performance.now();
  const sinceMs = (): number => performance.now() - startedMs;
  const stream = target.stream(argv, { env });
  let late = false;
  const giveUp = (): void => void stream.stop();
  const deadline = setTimeout(() => {
    late = true;
    giveUp();
  }, deadlineMs);
  const showing = setInterval(() => waiting?.(sinceMs()), waitingEveryMs);
  interrupt?.addEventListener('abort', giveUp, { once: true });
  try {
    const complaints = lastLines(stream.errors);
    const tookMs = await untilReady(stream, sinceMs);
    const ended = await stream.ended;
    if (tookMs !== null) return { kind: 'attached', tookMs, stopMs: sinceMs() - tookMs, ended };
    if (interrupt?.aborted) return interrupted;
    if (late) return tooLate(deadlineMs, await complaints);
    return failureOf(ended, await complaints);
  } finally {
    clearTimeout(deadline);
    clearInterval(showing);
    interrupt?.removeEventListener('abort', giveUp);
  }
}

const interrupted: Trial = { kind: 'not-tried', why: 'interrupted' };

/** Reads to the end, and stops the program at the line that says that all is attached: ms until then, null without it. */
async function untilReady(stream: Streaming, sinceMs: () => number): Promise<number | null> {
  const decoder = new TextDecoder();
  let line = '';
  let tookMs: number | null = null;
  for await (const chunk of stream.chunks) {
    if (tookMs !== null) continue; // what was still on its way
    const lines = (line + decoder.decode(chunk, { stream: true })).split('\n');
    line = lines.pop() ?? '';
    if (!lines.some((one) => one.startsWith(`${records.ready.letter} `))) continue;
    tookMs = sinceMs();
    void stream.stop();
  }
  return tookMs;
}

/** The last lines of stderr: where bpftrace says why it gave up. */
async function lastLines(lines: AsyncIterable<string>): Promise<string[]> {
  const last: string[] = [];
  for await (const line of lines) {
    last.push(line);
    if (last.length > 8) last.shift();
  }
  return last;
}

const saidIn = (complaints: readonly string[]): string =>
  complaints.filter((line) => line.trim() !== '').join(' / ') || 'it said nothing';

const tooLate = (deadlineMs: number, complaints: readonly string[]): Trial => ({
  kind: 'failed',
  cause: `bpftrace had not attached after ${deadlineMs / 1000} s and was stopped (${saidIn(complaints)})`,
  remedy: 'See what keeps the host busy (top), and try again; attaching needs a second or two of one CPU.',
});

/** What bpftrace says for a cause that has a remedy of its own. */
const known: readonly { readonly said: RegExp; readonly remedy: string }[] = [
  {
    said: /not permitted|Permission denied|only supports running as (the )?root/i,
    remedy: 'Attach as root of the host itself, not of a container; kernel lockdown and SELinux forbid it too.',
  },
  {
    said: /memlock|Cannot allocate memory|ENOMEM/i,
    remedy: 'Free memory on the host, or raise it there: ulimit -l unlimited',
  },
  {
    said: /tracing\/\S+: No such file|is (debugfs|tracefs) mounted|tracepoint not found/i,
    remedy: 'Mount both: mount -t tracefs none /sys/kernel/tracing; mount -t debugfs none /sys/kernel/debug',
  },
];

function failureOf(ended: Ended, complaints: readonly string[]): Trial {
  const said = saidIn(complaints);
  const remedy =
    known.find((one) => one.said.test(said))?.remedy ??
    'See the program and the plan with npm start -- probes TARGET, and report kernel, bpftrace version and this message.';
  switch (ended.kind) {
    case 'unreachable':
      return { kind: 'failed', cause: ended.cause, remedy: ended.remedy };
    case 'signalled':
      return { kind: 'failed', cause: `bpftrace was ended by ${ended.signal} (${said})`, remedy };
    case 'exited':
    case 'stopped':
      return { kind: 'failed', cause: `bpftrace could not attach and ended with ${ended.code}: ${said}`, remedy };
    default:
      return ended satisfies never;
  }
}
