/** Starts a local process that leads to a relay, and turns it into a `Streaming`: pings, chunks, lines, and an orderly end. */
import { PassThrough, type Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { endedFrom, type LastFacts } from './ending.ts';
import { readErrorLines } from './error-lines.ts';
import { PING, PING_EVERY_MS, type RelaySettings } from './relay.ts';
import type { Ended, Streaming } from './target.ts';

/** Read ahead of the consumer; beyond it the program is slowed down. */
const CHUNK_BYTES = 1 << 20;
/** A process left behind by the program may hold stderr open; the last word has come long before. */
const STDERR_END_MS = 1_000;
/** After SIGTERM, SIGKILL and the giving-up of our stdout the relay is silent: then its local end is killed. */
const ESCALATE_SECONDS = 10;

export interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  readonly relay: RelaySettings;
  /** Sent on stdin before the first ping. */
  readonly preamble?: Uint8Array;
  /** What the process's end means on this target when the relay's last word was not heard. */
  readonly unheard: (facts: LastFacts) => Ended;
}

export function startStreaming({ file, args, relay, preamble, unheard }: Launch): Streaming {
  // A process group of its own: Ctrl-C must reach the agent alone, which then ends the program in good order. Cleaning
  // up at our exit is the lifeline's work, which does it even when we are killed.
  const child = execa(file, args, {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
    buffer: false,
    reject: false,
    cleanup: true,
    detached: true,
  });
  const errors = readErrorLines(child.stderr);
  const chunks = readAhead(child.stdout);
  // EPIPE after the far side is gone: its end is reported by `ended`.
  child.stdin.on('error', () => child.stdin.destroy());
  if (preamble !== undefined) {
    child.stdin.write(preamble);
  }
  const pinging = setInterval(() => {
    // A ping that could not be handed on yet need not be followed by another.
    if (child.stdin.writable && child.stdin.writableLength === 0) {
      child.stdin.write(PING);
    }
  }, PING_EVERY_MS);
  let escalation: NodeJS.Timeout | undefined;

  const end = async (): Promise<Ended> => {
    const own = await Promise.race([
      new Promise<Pick<LastFacts, 'exitCode' | 'signal' | 'startFailure'>>((resolve) => {
        child.once('exit', (code, signal) =>
          resolve({ exitCode: code ?? undefined, signal: signal ?? undefined, startFailure: undefined }),
        );
      }),
      child.then(({ exitCode, signal, code }) => ({ exitCode, signal, startFailure: code })),
    ]);
    clearInterval(pinging);
    clearTimeout(escalation);
    await Promise.race([errors.done, delay(STDERR_END_MS, undefined, { ref: false })]);
    return endedFrom(
      {
        ...own,
        relayEnd: errors.relayEnd(),
        stderr: errors.tail(),
        readerLeft: chunks.destroyed && !chunks.readableEnded,
      },
      unheard,
    );
  };
  const ended = end();

  return {
    chunks,
    errors: errors.lines,
    ended,
    stop() {
      clearInterval(pinging);
      child.stdin.end();
      escalation ??= setTimeout(() => child.kill('SIGKILL'), (relay.graceSeconds + ESCALATE_SECONDS) * 1000);
      return ended;
    },
  };
}

/**
 * A bounded buffer between a process and a consumer that may come late. The process's own stream cannot be handed out:
 * Node and execa both resume one that nobody listens to (at the process's exit, and a moment after its start) and its
 * data is lost. A consumer that leaves closes the stream, which the relay sees.
 */
function readAhead(stdout: Readable): PassThrough {
  const ahead = new PassThrough({ highWaterMark: CHUNK_BYTES });
  stdout.pipe(ahead);
  ahead.once('close', () => stdout.destroy());
  // A stream that fails tells no more than one that ends: what came is delivered, `ended` says the rest.
  stdout.on('error', () => stdout.destroy());
  stdout.once('close', () => ahead.end());
  return ahead;
}
