/** A target in, everything that the doctor judges out, except the trial attach. I/O: reads only. */
import type { Ran, Target } from '../target/target.ts';
import { type HostFacts, hostFactsScript, readHostFacts } from './host-facts.ts';
import { type Inspected, inspect, type NotServed } from './inspect.ts';

export interface Unreached {
  readonly kind: 'unreached';
  readonly cause: string;
  readonly remedy: string;
}
export interface Examined {
  readonly kind: 'examined';
  /** The user's word for the host. */
  readonly target: string;
  /** From asking to the whole answer, ms. */
  readonly tookMs: number;
  readonly host: HostFacts;
  /** How far the host's wall clock is ahead of ours, ms, and how exactly that is known; null when it told no time. */
  readonly ahead: { readonly ms: number; readonly uncertaintyMs: number } | null;
  readonly found: Inspected | NotServed;
}

/** Looks at the host twice: at what surrounds a trace, then as attach does. */
export async function examine(target: Target, cacheFolder: string): Promise<Unreached | Examined> {
  const askedMs = Date.now();
  const startedMs = performance.now();
  const answer = await target.run(['sh', '-c', hostFactsScript], { timeoutMs: 60_000 });
  const tookMs = performance.now() - startedMs;
  if (answer.kind === 'unreachable') return { kind: 'unreached', cause: answer.cause, remedy: answer.remedy };
  if (answer.kind !== 'exited') return { kind: 'unreached', ...explain(answer) };
  const host = readHostFacts(answer.text);
  if (host === null) {
    return {
      kind: 'unreached',
      cause: `the host answered only in part (sh ended with ${answer.code}): ${answer.stderr.trim().slice(0, 300)}`,
      remedy: 'Its login shell must run sh -c; try: ssh HOST true',
    };
  }
  // The host read its clock at some moment between the question and the answer: no more is known.
  const ahead = host.unixMs === null ? null : { ms: host.unixMs - (askedMs + tookMs / 2), uncertaintyMs: tookMs / 2 };
  return { kind: 'examined', target: target.name, tookMs, host, ahead, found: await inspect(target, cacheFolder) };
}

function explain(ran: Exclude<Ran, { kind: 'unreachable' } | { kind: 'exited' }>): { cause: string; remedy: string } {
  switch (ran.kind) {
    case 'signalled':
      return { cause: `the first look at the host was ended by ${ran.signal}`, remedy: 'Try again.' };
    case 'timed-out':
      return {
        cause: `the host did not answer within ${ran.timeoutMs / 1000} s`,
        remedy: 'It may be overloaded, or /proc may hang there; try: ssh HOST uptime',
      };
    case 'overflowed':
      return {
        cause: `the host answered with more than ${ran.maxBytes} bytes`,
        remedy: 'See what its login shell prints: ssh HOST true',
      };
    default:
      return ran satisfies never;
  }
}
