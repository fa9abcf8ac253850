import { mkdirSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { openRecording, paced, type Recording, type Unreadable } from '../../../agent/recording/read.ts';
import { Decoder, type TraceRecord } from '../../../agent/trace/decode.ts';
import { bytes, line } from '../../lines.ts';
import { deadlock, Folder, header, pictures, recordingText, retriedRead } from './small-recording.ts';

const folder = new Folder();
afterAll(() => folder.remove());

const never = new AbortController().signal;
const text = pictures(...retriedRead, ...deadlock);
const whole = Buffer.from(recordingText(text));
const headerBytes = whole.length - Buffer.byteLength(text);

async function opened(path: string): Promise<Recording> {
  const recording = await openRecording(path);
  if (recording.kind === 'recording') return recording;
  throw new Error(recording.cause);
}
async function refused(path: string): Promise<Unreadable> {
  const recording = await openRecording(path);
  if (recording.kind === 'recording') throw new Error(`${path} was taken for a recording`);
  expect(recording.cause).toContain(path);
  expect(recording.remedy).not.toBe('');
  return recording;
}
async function gathered(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}
async function* given(parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield await Promise.resolve(part);
}

describe('a recording', () => {
  test('gives its header and then the output byte for byte, again each time', async () => {
    const recording = await opened(folder.put('whole', whole));
    expect(recording.header).toEqual(header());
    expect((await gathered(recording.chunks())).toString()).toBe(text);
    expect((await gathered(recording.chunks())).toString()).toBe(text);
  });

  test('whose header is longer than one chunk of the disk is read as any other', async () => {
    const symbols = Array.from({ length: 9000 }, (_, at): [string, string] => [at.toString(16), `gfs2_größe_${at}`]);
    const recording = await opened(folder.put('long', recordingText(text, { symbols })));
    expect(recording.header.symbols).toEqual(symbols);
    expect((await gathered(recording.chunks())).toString()).toBe(text);
  });

  test('that ends with its header has no output', async () => {
    const recording = await opened(folder.put('headeronly', whole.subarray(0, headerBytes)));
    expect(await gathered(recording.chunks())).toHaveLength(0);
  });
});

describe('what is no recording', () => {
  test('is a path at which there is nothing', async () => {
    expect((await refused(folder.at('missing'))).cause).toContain('ENOENT');
  });

  test('is a folder', async () => {
    mkdirSync(folder.at('folder'));
    expect((await refused(folder.at('folder'))).cause).toContain('EISDIR');
  });

  test('is an empty file', async () => {
    expect((await refused(folder.put('empty', ''))).cause).toContain('it is empty');
  });

  test('is any other file', async () => {
    expect((await refused(folder.put('picture', '\u0089PNG\r\n\u001a\n\0\0'))).cause).toContain('no JSON');
    expect((await refused(folder.put('zeros', new Uint8Array(17 << 20)))).cause).toContain('not begin with a header');
  });
});

describe('a recording that is cut off', () => {
  test('at any byte inside its header is unreadable, and says why', async () => {
    for (let at = 0; at < headerBytes; at++) {
      const { cause } = await refused(folder.put('cut', whole.subarray(0, at)));
      expect(cause).toMatch(/it is empty$|it ends inside its header$/);
    }
  });

  test('at any byte after it plays to its last whole line', async () => {
    const { records: all } = decoded(Buffer.from(text));
    for (let at = headerBytes; at <= whole.length; at++) {
      const output = await gathered((await opened(folder.put('cut', whole.subarray(0, at)))).chunks());
      const { records, malformed } = decoded(output);
      const lines = output.toString().split('\n');
      expect(records).toEqual(all.slice(0, lines.length - 1));
      expect(malformed).toBe(lines.at(-1) === '' ? 0 : 1);
    }
  });
});

describe('paced output', () => {
  test('at speed 0 is all bytes in their order, however they were cut', async () => {
    const output = Buffer.from(`Attaching 16 probes...\n${text}not a record\n\n${text}cut of`);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(output.length), { maxLength: 20 }), async (cuts) => {
        const parts = pieces(output, cuts);
        expect((await gathered(paced(given(parts), 0, never))).equals(output)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test('at any other speed is the same bytes', async () => {
    const slow = [0, 30, 60, 90].map((ms, at) => line('exit', { seq: at + 1, ns: ms * 1e6 })).join('');
    for (const speed of [1, 10, 1e9])
      expect((await gathered(paced(given([bytes(slow)]), speed, never))).toString()).toBe(slow);
  });

  test('of more lines than are given out at once is whole too', async () => {
    const many = text.repeat(100);
    expect((await gathered(paced(given([bytes(many)]), 0, never))).toString()).toBe(many);
  });

  test('without a newline is given out in pieces, not gathered for ever', async () => {
    const megabyte = Buffer.alloc(1 << 20, 0x61);
    let held = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < 64; at++) {
        held += megabyte.length;
        yield await Promise.resolve(megabyte);
      }
    }
    let most = 0;
    for await (const chunk of paced(endless(), 0, never)) {
      most = Math.max(most, held);
      held -= chunk.length;
    }
    expect(held).toBe(0);
    expect(most).toBeLessThanOrEqual(2 * megabyte.length);
  });

  const hour = 3_600_000_000_000;
  const hourly = [0, 1, 2].map((at) => line('exit', { seq: at + 1, ns: at * hour }));

  test('waits for its lines to be due, and no longer than until it is aborted', async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    for await (const chunk of paced(given([bytes(hourly.join(''))]), 1, stop.signal)) {
      seen.push(Buffer.from(chunk).toString());
      setImmediate(() => stop.abort());
    }
    expect(seen).toEqual([hourly[0]]);
  });

  test('gives nothing when it is aborted before it begins', async () => {
    expect(await gathered(paced(given([bytes(hourly.join(''))]), 1, AbortSignal.abort()))).toHaveLength(0);
  });

  test('does not wait for times that go back, as lines of two CPUs do', async () => {
    const back = [9, 0, 3].map((at) => line('exit', { seq: 1, ns: at * hour, cpu: at })).join('');
    expect((await gathered(paced(given([bytes(back)]), 1, never))).toString()).toBe(back);
  });
});

function decoded(output: Uint8Array): { readonly records: TraceRecord[]; readonly malformed: number } {
  const decoder = new Decoder();
  const all = [...decoder.push(output), ...decoder.end()];
  return {
    records: all.flatMap((one) => (one.kind === 'record' ? [one.record] : [])),
    malformed: all.filter((one) => one.kind === 'malformed').length,
  };
}

function pieces(output: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const at = [0, ...[...cuts].sort((a, b) => a - b), output.length];
  return at.slice(1).map((to, index) => output.subarray(at[index], to));
}
