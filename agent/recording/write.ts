/** Writes a recording: the header as one line of JSON, then bpftrace's output byte for byte as it came. I/O. */

import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { type RecordingHeader, writeHeader } from './header.ts';

export interface RecordingWriter {
  /** Appends output as it came. Resolves when the file has room for more; a failed file is reported once by `failed`. */
  append(chunk: Uint8Array): Promise<void>;
  /** Flushes and closes. */
  close(): Promise<void>;
  /** Set when the file could not be written on: all before it is there and can be replayed. */
  readonly failed: { readonly cause: string; readonly remedy: string } | null;
  /** Bytes in the file so far, the header included. */
  readonly writtenBytes: number;
}

/**
 * Opens a recording.
 * @param path must not exist unless `overwrite`
 * @throws NodeJS.ErrnoException when it cannot be created
 */
export async function writeRecording(
  path: string,
  header: RecordingHeader,
  overwrite: boolean,
): Promise<RecordingWriter> {
  const stream = createWriteStream(path, { flags: overwrite ? 'w' : 'wx' });
  await once(stream, 'open');
  // Whatever happens the stream closes at last, and nothing waits for what no longer comes.
  const closed = new Promise<void>((resolve) => void stream.once('close', () => resolve()));
  let failed: RecordingWriter['failed'] = null;
  stream.on('error', (error) => {
    failed ??= {
      cause: `writing ${path} failed: ${error.message}`,
      remedy: 'All up to here is in the file and can be replayed. Free space or record elsewhere with -o.',
    };
  });
  const append = async (chunk: Uint8Array): Promise<void> => {
    if (stream.destroyed || stream.write(chunk)) return;
    await Promise.race([drained(stream), closed]);
  };
  await append(new TextEncoder().encode(`${writeHeader(header)}\n`));
  return {
    append,
    close: async () => {
      stream.end();
      await closed;
    },
    get failed() {
      return failed;
    },
    get writtenBytes() {
      return stream.bytesWritten;
    },
  };
}

/** Unlike events.once it does not reject when the stream fails: `failed` says that, once. */
const drained = (stream: WriteStream): Promise<void> =>
  new Promise((resolve) => void stream.once('drain', () => resolve()));
