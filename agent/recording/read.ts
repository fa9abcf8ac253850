/** Reads a recording: its header, then the output in chunks, at once or at the pace at which it was made. I/O. */
import { createReadStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RecordingHeader, readHeader } from './header.ts';

export interface Recording {
  readonly kind: 'recording';
  readonly header: RecordingHeader;
  /** The output, in chunks as they come from the disk. */
  chunks(): AsyncGenerator<Uint8Array>;
}
export interface Unreadable {
  readonly kind: 'unreadable';
  readonly cause: string;
  readonly remedy: string;
}

const newline = 0x0a;
/** A header holds a symbol table: some 50 kB; beyond this the file is something else. */
const maxHeaderBytes = 16 << 20;

/** A line is some 100 bytes; a damaged file may hold none at all for gigabytes. */
const maxCarryBytes = 1 << 16;

/** Opens a recording; a file cut off inside the header is unreadable, one cut off later plays to its last whole line. */
export async function openRecording(path: string): Promise<Recording | Unreadable> {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(path)) {
      if (!Buffer.isBuffer(chunk)) continue;
      const end = chunk.indexOf(newline);
      parts.push(end < 0 ? chunk : chunk.subarray(0, end));
      bytes += end < 0 ? chunk.length : end;
      if (end >= 0) return opened(path, Buffer.concat(parts).toString('utf8'), bytes + 1);
      if (bytes > maxHeaderBytes) break;
    }
  } catch (error) {
    return unreadable(path, error instanceof Error ? error.message : 'unknown error');
  }
  if (bytes > maxHeaderBytes) return unreadable(path, 'it does not begin with a header');
  return unreadable(path, bytes === 0 ? 'it is empty' : 'it ends inside its header');
}

function opened(path: string, firstLine: string, from: number): Recording | Unreadable {
  const read = readHeader(firstLine);
  if (read.kind === 'not-a-recording') return unreadable(path, read.cause);
  return {
    kind: 'recording',
    header: read.header,
    async *chunks() {
      for await (const chunk of createReadStream(path, { start: from })) if (Buffer.isBuffer(chunk)) yield chunk;
    },
  };
}

/** Says of a file what is wrong with it, and what to do. */
export const unreadable = (path: string, cause: string): Unreadable => ({
  kind: 'unreadable',
  cause: `${path} is no readable recording: ${cause}`,
  remedy: 'Recordings are made with `npm start -- record -o FILE TARGET`; check the path, and that the copy is whole.',
});

/**
 * Gives lines out when they are due: as far apart as their own times say.
 * @param chunks output of a recording
 * @param speed 1 is the real pace; 0 gives all at once
 * @param signal ends the wait
 */
export async function* paced(
  chunks: AsyncIterable<Uint8Array>,
  speed: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const startedMs = performance.now();
  let firstNs: bigint | null = null;
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  const take = (): Buffer => {
    const taken = Buffer.concat(waiting);
    waiting = [];
    waitingBytes = 0;
    return taken;
  };
  for await (const line of lines(chunks)) {
    if (signal.aborted) return;
    const ns = speed === 0 ? null : timeOf(line);
    if (ns !== null) {
      firstNs ??= ns;
      const dueMs = startedMs + Number(ns - firstNs) / 1e6 / speed;
      if (dueMs - performance.now() > 20) {
        if (waiting.length > 0) yield take();
        try {
          await sleep(dueMs - performance.now(), undefined, { signal });
        } catch {
          return; // aborted: nobody waits for the rest
        }
      }
    }
    waiting.push(line);
    waitingBytes += line.length;
    if (waitingBytes >= maxCarryBytes) yield take();
  }
  if (waiting.length > 0) yield take();
}

/** The time of a record line, `K cpu seq ns …`; null for other lines. */
function timeOf(line: Buffer): bigint | null {
  const ns = /^[A-Za-z] [0-9a-f]+ [0-9a-f]+ ([0-9a-f]{1,16}) /.exec(line.toString('latin1'))?.[1];
  return ns === undefined ? null : BigInt(`0x${ns}`);
}

/** Lines with their newlines; the last one may lack it, and one that is too long to be a line comes in pieces. */
async function* lines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let carry: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes = carry.length === 0 ? Buffer.from(chunk) : Buffer.concat([carry, chunk]);
    let from = 0;
    for (let to = bytes.indexOf(newline); to >= 0; to = bytes.indexOf(newline, from)) {
      yield bytes.subarray(from, to + 1);
      from = to + 1;
    }
    carry = bytes.subarray(from);
    if (carry.length <= maxCarryBytes) continue;
    yield carry;
    carry = Buffer.alloc(0);
  }
  if (carry.length > 0) yield carry;
}
