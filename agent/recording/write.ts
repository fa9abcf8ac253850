/** Writes a recording: the header as one line of JSON, then bpftrace's output byte for byte as it came. I/O. */

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { type RecordingHeader, writeHeader } from './header.ts';

export interface RecordingWriter {
  /** Appends output as it came. Resolves when the file has room for more; a failed file is reported once by `failed`. */
  append(chunk: Uint8Array): Promise<void>;
  /** Flushes and closes. */
  close(): Promise<void>;
  /** Set when the file could not be written on: all before it is there and can be replayed. */
  readonly failed: { readonly cause: string; readonly remedy: string } | null;
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
  let failed: RecordingWriter['failed'] = null;
  let writtenBytes = 0;
  stream.on('error', (error) => {
    failed ??= {
      cause: `writing ${path} failed: ${error.message}`,
      remedy: 'All up to here is in the file and can be replayed. Free space or record elsewhere with -o.',
    };
  });
  const append = async (chunk: Uint8Array): Promise<void> => {
    if (failed !== null) return;
    writtenBytes += chunk.length;
    if (!stream.write(chunk)) await Promise.race([once(stream, 'drain'), once(stream, 'close')]);
  };
  await append(new TextEncoder().encode(`${writeHeader(header)}\n`));
  return {
    append,
    close: async () => {
      if (stream.closed) return;
      stream.end();
      await Promise.race([once(stream, 'close'), once(stream, 'error')]);
    },
    get failed() {
      return failed;
    },
    get writtenBytes() {
      return writtenBytes;
    },
  };
}
