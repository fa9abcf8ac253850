// Every recording of a real kernel that comes along: test/recordings/README.md says from where.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { recordingsFolder } from '../../../agent/cli/paths.ts';
import { outcomeJson, summaryJson } from '../../../agent/cli/print.ts';
import { recordingSuffix } from '../../../agent/cli/start.ts';
import { openRecording, type Recording } from '../../../agent/recording/read.ts';
import { Session } from '../../../agent/session/session.ts';
import { type Summary, summarize } from '../../../agent/session/summary.ts';
import { symbolizer } from '../../../agent/trace/symbols.ts';

const names = readdirSync(recordingsFolder).filter((name) => name.endsWith(recordingSuffix));

async function opened(name: string): Promise<{ readonly recording: Recording; readonly output: Buffer }> {
  const recording = await openRecording(join(recordingsFolder, name));
  if (recording.kind !== 'recording') throw new Error(recording.cause);
  const parts: Uint8Array[] = [];
  for await (const chunk of recording.chunks()) parts.push(chunk);
  return { recording, output: Buffer.concat(parts) };
}

function hear({ header }: Recording, chunks: readonly Uint8Array[]): { readonly text: string; readonly sums: Summary } {
  const session = new Session({ node: header.node, symbolize: symbolizer(header.symbols, 'gfs2') });
  const said: string[] = [];
  for (const chunk of chunks) for (const outcome of session.push(chunk)) said.push(outcomeJson(outcome));
  for (const outcome of session.end()) said.push(outcomeJson(outcome));
  const sums = summarize(session);
  return { text: [...said, summaryJson(sums)].join('\n'), sums };
}

test('there are some', () => {
  expect(names).not.toEqual([]);
});

describe.each(names)('%s', (name) => {
  test('is whole: nothing in it is malformed or late, and each CPU’s count is accounted for', async () => {
    const { recording, output } = await opened(name);
    const { sums } = hear(recording, [output]);
    expect(sums.loss).toMatchObject({ gap: 0, malformed: 0, late: 0 });
    expect(sums.acquisitions).toBeGreaterThan(0);
  });

  test('says the same however it is cut', async () => {
    const { recording, output } = await opened(name);
    const whole = hear(recording, [output]).text;
    fc.assert(
      fc.property(fc.array(fc.nat(output.length), { maxLength: 200 }), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), output.length];
        const pieces = at.slice(1).map((to, index) => output.subarray(at[index], to));
        expect(hear(recording, pieces).text).toBe(whole);
      }),
      { numRuns: 10 },
    );
  });
});
