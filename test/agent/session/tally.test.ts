import { describe, expect, test } from 'vitest';
import { Session } from '../../../agent/session/session.ts';
import { summarize } from '../../../agent/session/summary.ts';
import { maxRows } from '../../../agent/session/tally.ts';
import { bytes, line } from '../../lines.ts';
import { play } from '../../scene.ts';

const io = (...statements: string[]) => play(...statements).session.tally.io;

describe('reads and writes', () => {
  test('are summed by task, file, direction and kind, in the order of their first call', () => {
    const rows = io(
      ...['A: read F 4096', 'A: done 4096', 'A: write F 4096', 'A: done 4096', 'A: read F 4096 direct', 'A: done 4096'],
      ...['B: read F 4096', 'B: done 4096', 'A: read G 4096', 'A: done 4096', 'A: read F 8192', 'A: done 8192'],
    );
    const shown = rows.map(
      (row) =>
        `${String.fromCharCode(row.tid)} ${row.direct ? 'direct ' : ''}${row.op} ${row.file.ino}: ${row.calls}, ${row.bytes}`,
    );
    expect(shown).toEqual([
      'A read 2133: 2, 12288',
      'A write 2133: 1, 4096',
      'A direct read 2133: 1, 4096',
      'B read 2133: 1, 4096',
      'A read 2174: 1, 4096',
    ]);
  });

  test('that return less or an error are counted apart, and an error has no bytes', () => {
    expect(
      io(
        ...['A: read F 4096', 'A: done 100', 'A: read F 4096', 'A: done -14'],
        ...['A: read F 4096', 'A: done 0', 'A: read F 4096', 'A: done 4096'],
      ),
    ).toMatchObject([{ calls: 4, bytes: 4196, errors: 1, short: 2, retries: 0, retriedCalls: 0 }]);
  });

  test('count how often they went back, and how many of them did', () => {
    const again = ['A: faultin writeable 1', 'A: faultedin 0', 'A: attempt generic -14'];
    expect(
      io(
        ...['A: read F', 'A: attempt generic -14', ...again, ...again, 'A: done -14'],
        ...['A: read F', 'A: attempt generic 4096', 'A: done 4096'],
      ),
    ).toMatchObject([{ calls: 2, retries: 2, retriedCalls: 1 }]);
  });

  test('that are still running are not counted', () => {
    expect(io('A: read F')).toEqual([]);
  });

  test('of more tasks than are kept apart are counted in one number, which the sums show', () => {
    const session = new Session({ node: 'n', symbolize: (address) => address });
    const extra = 7;
    for (let at = 0; at < maxRows + extra; at++) {
      const seq = at * 3;
      const ns = 1e12 + seq;
      const values = { lengthBytes: 1, ino: '1' };
      const tid = at + 1;
      const text = `${line('io', { seq: seq + 1, ns, tid }, values)}${line('ioEnd', { seq: seq + 2, ns: ns + 1, tid })}`;
      for (const _ of session.push(bytes(`${text}${line('exit', { seq: seq + 3, ns: ns + 2, tid })}`)));
    }
    for (const _ of session.end());
    const summary = summarize(session);
    expect([summary.io.length, summary.ioOverflow, summary.loss.gap]).toEqual([maxRows, extra, 0]);
    expect(session.touched.size).toBeLessThanOrEqual(16_384);
  });
});

test('glocks, faults and repairs are counted by what became of them', () => {
  const { tally } = play(
    ...['A: nq SH F', 'A: = 0', 'A: dq SH F', 'A: nq EX G 2 1', 'A: = 13', 'A: nq EX H', 'A: fault F', 'A: faulted'],
    ...['A: mkwrite F', 'A: mkwritten', 'B: read F', 'B: nq SH F', 'B: = 0', 'B: done 1'],
  ).session;
  expect(tally).toMatchObject({ acquisitions: 2, releases: 1, refusals: 1, faults: 1, mkwrites: 1, repairs: 1 });
});
