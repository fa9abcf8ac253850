/** The recordings that come along, made on real kernels, and what must be seen in each. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openRecording } from '../agent/recording/read.ts';
import { type Outcome, Session } from '../agent/session/session.ts';
import { summarize } from '../agent/session/summary.ts';
import { symbolizer } from '../agent/trace/symbols.ts';
import type { FindingView, Frame } from '../agent/wire/view.ts';

const pathOf = (name: string): string => join(import.meta.dirname, 'recordings', `${name}.glockscope`);

async function play(name: string): Promise<{ session: Session; findings: FindingView[]; retries: number }> {
  const recording = await openRecording(pathOf(name));
  if (recording.kind === 'unreadable') throw new Error(recording.cause);
  const session = new Session({ node: 'n', symbolize: symbolizer(recording.header.symbols, 'gfs2') });
  const outcomes: Outcome[] = [];
  for await (const chunk of recording.chunks()) outcomes.push(...session.push(chunk));
  outcomes.push(...session.end());
  return {
    session,
    findings: outcomes.flatMap((one) => (one.kind === 'finding' ? [one.finding] : [])),
    retries: outcomes.filter((one) => one.kind === 'retry').length,
  };
}

const picture = (frames: readonly Frame[]): string =>
  frames
    .map((frame) => {
      switch (frame.kind) {
        case 'io':
          return `${frame.direct ? 'direct ' : ''}${frame.op} ${frame.file.ino}`;
        case 'holder':
          return `${frame.mode} ${frame.glock.split(' ')[1]} ${frame.phase} ${frame.site.split('+')[0]}`;
        case 'fault':
          return `${frame.handler} ${frame.file.ino}`;
        case 'fault-in':
          return 'fault-in';
        default:
          return frame satisfies never;
      }
    })
    .join(' > ');

describe('recorded on 5.10', () => {
  test('the self-read that ends in BUG() is told as fatal, with both call sites and the fault between', async () => {
    const { findings, session } = await play('5.10-self-read-bug');
    expect(findings.map((finding) => `${finding.severity} ${finding.kind} by ${finding.comm}`)).toEqual([
      'fatal recursive-acquire by self',
    ]);
    expect(picture(findings[0]?.stack ?? [])).toBe(
      'read 2133 > SH 2/2133 granted gfs2_file_read_iter > gfs2_fault 2133 > SH 2/2133 waiting gfs2_fault',
    );
    expect(summarize(session).loss).toMatchObject({ gap: 0, tail: 0, malformed: 0, late: 0 });
  });

  test('the O_DIRECT reads into each other’s mapping are told as a cycle, with both tasks’ stacks', async () => {
    const { findings } = await play('5.10-dio-cross-deadlock');
    expect(findings.map((finding) => `${finding.severity} ${finding.kind}`)).toEqual(['critical wait-cycle']);
    const [finding] = findings;
    expect(
      [picture(finding?.stack ?? []), ...(finding?.others ?? []).map((task) => picture(task.frames))].sort(),
    ).toEqual([
      'direct read 2133 > DF 2/2133 granted gfs2_file_read_iter > gfs2_fault 2153 > SH 2/2153 waiting gfs2_fault',
      'direct read 2153 > DF 2/2153 granted gfs2_file_read_iter > gfs2_fault 2133 > SH 2/2133 waiting gfs2_fault',
    ]);
  });
});

describe('recorded on 6.1', () => {
  test('the same kind of work gives retries and no finding, and ends with empty stacks', async () => {
    const { findings, retries, session } = await play('6.1-self-and-cross');
    const summary = summarize(session);
    expect(findings).toEqual([]);
    expect(summary.busy).toEqual([]);
    expect(summary.acquisitions).toBe(summary.releases);
    expect(summary.loss).toMatchObject({ gap: 0, tail: 0, malformed: 0, late: 0 });
    expect(retries).toBe(summary.io.reduce((sum, row) => sum + row.retriedCalls, 0));
    // 40 rounds of self, 19 of cross with two threads: each read was retried, as was each of the 11 O_DIRECT writes.
    expect(retries).toBe(40 + 2 * 19 + 11);
  });
});

test.each(['5.10-self-read-bug', '5.10-dio-cross-deadlock', '6.1-self-and-cross'])(
  '%s gives the same sums and outcomes wherever its bytes are cut',
  async (name) => {
    const bytes = await readFile(pathOf(name));
    const lines = bytes.subarray(bytes.indexOf(10) + 1);
    const say = (cuts: readonly number[]): string => {
      const session = new Session({ node: 'n', symbolize: (address) => address });
      const places = [0, ...[...cuts].sort((a, b) => a - b), lines.length];
      const outcomes: Outcome[] = [];
      for (let at = 1; at < places.length; at++)
        outcomes.push(...session.push(lines.subarray(places[at - 1], places[at])));
      outcomes.push(...session.end());
      return JSON.stringify([outcomes, summarize(session)]);
    };
    const whole = say([]);
    fc.assert(
      fc.property(fc.array(fc.nat(lines.length), { maxLength: 40 }), (cuts) => {
        expect(say(cuts)).toBe(whole);
      }),
      { numRuns: 12 },
    );
  },
);
