import { describe, expect, test } from 'vitest';
import { outcomeJson, outcomeText, summaryJson, summaryText } from '../../../agent/cli/print.ts';
import type { Outcome } from '../../../agent/session/session.ts';
import { summarize } from '../../../agent/session/summary.ts';
import { play } from '../../scene.ts';
import { deadlock, retriedRead } from '../recording/small-recording.ts';

function one(statements: readonly string[], kind: Outcome['kind']): Outcome {
  const found = play(...statements).outcomes.find((outcome) => outcome.kind === kind);
  if (found === undefined) throw new Error(`these statements give no ${kind}`);
  return found;
}

describe('text', () => {
  test('of a retry is one line with every attempt, what was faulted in, and what it cost', () => {
    expect(outcomeText(one(retriedRead, 'retry'))).toBe(
      '0.000001 s  retry  dd [65] buffered read of inode 2133: SH -EFAULT → fault in 16384 B (1 faults, 0 mkwrites) → SH 16384 = 16384, 7 µs lost, mapping of same file',
    );
  });

  test('of a finding is the verdict, the stack with the request last, the rule and what it does', () => {
    const lines = outcomeText(one(deadlock, 'finding')).split('\n');
    expect(lines[0]).toBe(
      '0.000004 s  FATAL  incompatible-acquire: wl [66] takes glock 2/2174 again in a mode that its own hold excludes (EX held, SH wanted)',
    );
    expect(lines.slice(1, 4).map((line) => line.replace(/ by \S+$/, ' by …'))).toEqual([
      '    glock 7:0 2/2174 EX granted by …',
      '    gfs2_fault at 7f05c67df000 of inode 2174 (kernel mode, write)',
      '    glock 7:0 2/2174 SH waiting by …',
    ]);
    expect(lines[4]).toMatch(/^ {4}rule: .*add_to_queue/);
    expect(lines[5]).toMatch(/^ {4}The kernel stops here/);
    expect(lines).toHaveLength(6);
  });

  test('of a finding after a loss says that it is unsure', () => {
    const statements = ['A: nq EX F', 'A: = 0', 'lost 1', 'B: is b', 'A: nq SH F'];
    expect(outcomeText(one(statements, 'finding'))).toContain(
      'WARNING  incompatible-acquire (unsure: records were lost)',
    );
  });

  test('of each kind of frame names what it is on', () => {
    const statements = ['A: read F 4096 direct', 'A: faultin writeable 512', 'A: nq EX G', 'A: = 0', 'A: nq SH G'];
    const text = outcomeText(one(statements, 'finding'));
    expect(text).toContain('    O_DIRECT read of inode 2133, 4096 bytes at 0\n');
    expect(text).toContain('    faults pages in: 512 bytes at 7f05c67df000, writeable\n');
  });

  test('of the sums says what was seen, what was lost, and the verdict', () => {
    const { session } = play(...retriedRead, ...deadlock, 'lost 2', 'A: exits');
    expect(summaryText(summarize(session))).toBe(
      [
        'test: 21 records; 3 glocks taken, 2 released, 0 refused',
        '  1 reads and writes, 1 retries; 2 gfs2_fault, 0 gfs2_page_mkwrite',
        '  lost: 2 in gaps, 0 at the end, 0 malformed, 0 late, 0 returns missed',
        '  page_mkwrite inside read_iter 0, inside write_iter 0, of either under an inode glock 0',
        '  VM_FAULT_SIGBUS: 0 from user mode, 0 from kernel mode',
        '  findings: fatal incompatible-acquire ×1',
      ].join('\n'),
    );
    expect(summaryText(summarize(play().session))).toContain('  findings: none');
  });

  test('of calls beyond those that are kept apart counts them too', () => {
    const summary = summarize(play(...retriedRead).session);
    expect(summaryText({ ...summary, ioOverflow: 5 })).toContain('  6 reads and writes, 1 retries;');
  });
});

describe('JSON', () => {
  test('of an outcome is one line that says its kind and holds all of it', () => {
    const retry = one(retriedRead, 'retry');
    const finding = one(deadlock, 'finding');
    for (const outcome of [retry, finding]) expect(outcomeJson(outcome)).not.toContain('\n');
    expect(JSON.parse(outcomeJson(retry))).toEqual({ kind: 'retry', ...(retry.kind === 'retry' ? retry.retry : {}) });
    expect(JSON.parse(outcomeJson(finding))).toEqual(finding);
  });

  test('of the sums is one line of all of them', () => {
    const summary = summarize(play(...retriedRead).session);
    expect(summaryJson(summary)).not.toContain('\n');
    expect(JSON.parse(summaryJson(summary))).toEqual({ kind: 'summary', ...summary });
  });
});
