import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readErrorLines } from '../../../agent/target/error-lines.ts';

async function linesOf(chunks: Iterable<Uint8Array>) {
  const errors = readErrorLines(Readable.from(chunks, { objectMode: false }));
  const lines: string[] = [];
  for await (const line of errors.lines) {
    lines.push(line);
  }
  return { lines, end: errors.relayEnd(), tail: errors.tail() };
}

describe('readErrorLines', () => {
  it('gives the same lines wherever the bytes are cut', async () => {
    const bytes = Buffer.from('\nAttaching é…\r\n\nlost\n\nglockscope-relay: exit 3 idle\n');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: bytes.length })), async (cuts) => {
        const edges = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
        const chunks = edges.slice(1).map((end, index) => bytes.subarray(edges[index] ?? 0, end));
        expect(await linesOf(chunks.filter((chunk) => chunk.length > 0))).toEqual({
          lines: ['Attaching é…', 'lost'],
          tail: ['Attaching é…', 'lost'],
          end: { code: 3, why: 'idle' },
        });
      }),
    );
  });

  it('cuts a line that never ends, without keeping it', async () => {
    const flood = function* () {
      for (let chunk = 0; chunk < 1000; chunk += 1) {
        yield Buffer.alloc(10_000, 'x');
      }
      yield Buffer.from('\nnext');
    };
    expect((await linesOf(flood())).lines).toEqual(['x'.repeat(4096), 'next']);
  });
});
