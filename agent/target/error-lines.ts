/** Turns a stderr stream into bounded lines; always read to its end, so that the program never blocks on it. */
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { parseRelayEnd, type RelayEnd } from './relay.ts';

const LINE_CHARACTERS = 4096;
const WAITING_LINES = 1000;
const TAIL_LINES = 50;

export interface ErrorLines {
  /** Lines without their end; empty ones and the relay's last word are left out. For one consumer, or none. */
  readonly lines: AsyncIterable<string>;
  /** Settles at the end of the stream. */
  readonly done: Promise<void>;
  /** The last 50 lines, consumed or not. */
  tail(): readonly string[];
  relayEnd(): RelayEnd | undefined;
}

export function readErrorLines(stderr: Readable): ErrorLines {
  const waiting: string[] = [];
  const tail: string[] = [];
  let dropped = 0;
  let relayEnd: RelayEnd | undefined;
  let ended = false;
  let wake = () => {};

  const take = (line: string) => {
    const end = parseRelayEnd(line);
    relayEnd = end ?? relayEnd;
    if (line === '' || end !== undefined) {
      return;
    }
    tail.push(line);
    tail.splice(0, tail.length - TAIL_LINES);
    if (waiting.length < WAITING_LINES) {
      waiting.push(line);
    } else {
      dropped += 1;
    }
    wake();
  };

  const done = splitLines(stderr, take).then(() => {
    ended = true;
    wake();
  });

  async function* lines() {
    for (;;) {
      const line = waiting.shift();
      if (line !== undefined) {
        yield line;
      } else if (dropped > 0) {
        const count = dropped;
        dropped = 0;
        yield `(${count} lines of stderr were dropped here: they came faster than they were read)`;
      } else if (ended) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  }

  return { lines: lines(), done, tail: () => tail, relayEnd: () => relayEnd };
}

/** Feeds `take` with lines of at most 4096 characters; the rest of a longer one is cut off. Resolves at the end. */
function splitLines(stream: Readable, take: (line: string) => void): Promise<void> {
  const decoder = new StringDecoder('utf8');
  let partial = '';
  const feed = (text: string) => {
    const pieces = text.split('\n');
    for (const [index, piece] of pieces.entries()) {
      partial = (partial + piece).slice(0, LINE_CHARACTERS);
      if (index < pieces.length - 1) {
        take(partial.replace(/\r$/, ''));
        partial = '';
      }
    }
  };
  stream.on('data', (chunk: Uint8Array) => feed(decoder.write(Buffer.from(chunk))));
  return new Promise((resolve) => {
    const finish = () => {
      feed(`${decoder.end()}\n`);
      resolve();
    };
    // A stream that fails tells no more than one that ends: what came is kept, the process's own end says the rest.
    stream.once('close', finish);
    stream.on('error', () => stream.destroy());
  });
}
