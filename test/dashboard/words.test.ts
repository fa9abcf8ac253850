import { expect, test } from 'vitest';
import { applyUpdate, type Delta, emptyDelta, emptyState } from '../../agent/wire/state.ts';
import { address } from '../../agent/wire/units.ts';
import type { AttemptView } from '../../agent/wire/view.ts';
import { retryLine } from '../../dashboard/retry-text.ts';
import { columns, faultSeries, roundSeconds, workSeries } from '../../dashboard/series.ts';
import { findingReport, stackLines } from '../../dashboard/stack-text.ts';
import { type Connection, emptyView } from '../../dashboard/store.ts';
import { verdict } from '../../dashboard/verdict.ts';
import { fault, faultIn, finding, holder, host, rate, read, retry } from './scene.ts';

const said = (delta: Partial<Delta>, connection: Connection = { kind: 'open' }): string => {
  const state = applyUpdate(emptyState(), { ...emptyDelta(), ...delta });
  const { level, text, detail } = verdict({ ...emptyView(), connection, state });
  return `${level}: ${text} | ${detail}`;
};

test('the verdict is healthy only when a live host has records, and none are missing', () => {
  expect(said({})).toBe('waiting: Waiting | for a host');
  expect(said({ hosts: [host({ phase: 'attaching', records: 0 })] })).toBe('waiting: Waiting | for n1');
  expect(said({ hosts: [host({ records: 0 })] })).toBe('waiting: Waiting | attached; nothing has used GFS2 yet');
  expect(said({ hosts: [host()] })).toBe(
    'healthy: Healthy | nothing takes a lock it already holds, nothing waits for long',
  );
  const loss = { gap: 0, tail: 0, malformed: 0, late: 1, missed: 0, lastMalformed: null };
  expect(said({ hosts: [host({ loss })] })).toBe('healthy: No finding | but records are missing: see Hosts');
  expect(said({ hosts: [host({ phase: 'stopped' })] })).toBe('waiting: Stopped | no finding until then');
});

test('a host that failed is trouble with its cause, and so is a connection that broke', () => {
  const failed = host({ node: 'n2', phase: 'failed', problem: { cause: 'no gfs2 module', remedy: 'modprobe gfs2' } });
  expect(said({ hosts: [host(), failed] })).toBe('trouble: n2 failed | no gfs2 module');
  expect(said({ hosts: [host()] }, { kind: 'broken', reason: 'gone' })).toBe('trouble: No connection | to the agent');
});

test('the worst severity among the findings leads, whatever else is wrong', () => {
  const findings = [
    finding(1, { severity: 'information' }),
    finding(2, { severity: 'fatal', title: 'the worst' }),
    finding(3, { severity: 'warning' }),
  ];
  expect(said({ findings }, { kind: 'connecting' })).toBe('fatal: 1 fatal finding and 2 lesser | the worst');
  expect(said({ findings: findings.slice(0, 1) })).toMatch(/^information: 1 note/);
});

test('a stack is written outermost first, each frame further in, with ages as of the moment shown', () => {
  const frames = [
    read(4000, 2),
    holder('SH', 'granted', 4000.1),
    fault(4400),
    holder('EX', 'waiting', 4900),
    faultIn(4950),
  ];
  expect(stackLines(frames, host(), 5000e6)).toEqual([
    'read() inode 181ec on /mnt/g (buffered, 16 KiB at 0, attempt 2, 1.00 s)',
    '  holds SH f:A 2/181ec (inode on 7:0, gfs2_file_read_iter+0xd1, 1.00 s)',
    '    gfs2_page_mkwrite write 0x7f3a5c000000 (inode 181ec on /mnt/g, from the kernel, 600 ms)',
    '      waits for EX 2/181ec (inode on 7:0, gfs2_page_mkwrite+0x9c, 100 ms)',
    '        fault-in writeable 16 KiB at 0x7f3a5c000000 (50.0 ms)',
  ]);
});

test('a finding copies as a report that needs no page to be read', () => {
  expect(findingReport(finding(1, { count: 3, unsure: true }), host()).split('\n')).toEqual([
    'FATAL: A task wants EX on an inode glock that it holds SH itself',
    'Task self-read (206) on n1, kernel 6.1.0-37-amd64',
    'Glock 7:0 2/181ec; seen 3 times, first 0:04.000 into the session',
    'Unsure: records were lost around it',
    'Rule: gfs2_glock_nq: a holder of the same pid is already queued (add_to_queue, trap_recursive)',
    'Consequence: This kernel stops the task with BUG() in add_to_queue; the glock is never released.',
    'Stack, outermost first:',
    '  read() inode 181ec on /mnt/g (buffered, 16 KiB at 0, 500 µs)',
    '    holds SH f:A 2/181ec (inode on 7:0, gfs2_file_read_iter+0xd1, 380 µs)',
    '      gfs2_page_mkwrite write 0x7f3a5c000000 (inode 181ec on /mnt/g, from the kernel, 100 µs)',
    '        waits for EX 2/181ec (inode on 7:0, gfs2_page_mkwrite+0x9c, now)',
    '',
  ]);
});

test('a retry is a line of attempts with what was faulted in between', () => {
  expect(retryLine(retry(1))).toBe('SH -EFAULT → faulted in 16 KiB (4 faults, 4 mkwrites) → SH 16384');
});

test('a fault-in that fell short says how far it came, and a lockless attempt says so', () => {
  const [first, second] = retry(1).attempts;
  const partial = second?.faultIns.map((each) => ({ ...each, leftBytes: 4096, mkwrites: 0, faults: 1 })) ?? [];
  const attempts: AttemptView[] = [
    { via: 'filemap_read', mode: null, result: 0, endedNs: first?.endedNs ?? retry(1).startedNs, faultIns: [] },
    { via: 'filemap_read', mode: 'SH', result: -14, endedNs: retry(1).startedNs, faultIns: partial },
  ];
  expect(retryLine(retry(1, { attempts }))).toBe('no lock 0 → faulted in 12 KiB of 16 KiB (1 fault) → SH -EFAULT');
});

test('of many attempts the first two and the last are written, with the number of the others', () => {
  const failed: AttemptView = { via: 'x', mode: 'EX', result: -14, endedNs: retry(1).startedNs, faultIns: [] };
  const done: AttemptView = { ...failed, result: 4096 };
  const attempts = [...Array.from({ length: 9 }, () => failed), done];
  expect(retryLine(retry(1, { attempts }))).toBe('EX -EFAULT → EX -EFAULT → 7 more → EX 4096');
});

test('chart columns have one value for every whole second, none for the one that runs, zero where nothing was', () => {
  const samples = [
    rate(3, { acquisitions: 5 }),
    rate(5, { acquisitions: 7, ioCalls: 2 }),
    rate(6, { acquisitions: 1 }),
  ];
  expect(columns(samples, workSeries, 6.9e9)).toEqual([
    [3, 4, 5],
    [5, 0, 7],
    [0, 0, 2],
  ]);
  expect(columns([], faultSeries, 6.9e9)).toEqual([[], [], [], [], [], []]);
  const [seconds] = columns([rate(1), rate(2000)], workSeries, 2001e9);
  expect([seconds?.length, seconds?.[0], seconds?.at(-1)]).toEqual([600, 1401, 2000]);
});

test('chart marks are round on the clock that is shown', () => {
  expect(roundSeconds(0, { min: 3, max: 20, step: 5 })).toEqual([5, 10, 15, 20]);
  expect(roundSeconds(1007, { min: 0, max: 12, step: 5 })).toEqual([3, 8]);
  expect(roundSeconds(0, { min: 1, max: 2, step: 60 })).toEqual([]);
});

test('an address of NULL and a mount that is not known still give a readable stack', () => {
  const frame = { ...fault(0), address: address('0') };
  expect(stackLines([frame], undefined, 0)).toEqual([
    'gfs2_page_mkwrite write NULL (inode 181ec on 7:0, from the kernel, now)',
  ]);
});
