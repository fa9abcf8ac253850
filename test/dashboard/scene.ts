/** Hand-made views of the two stories that the page must tell: the self-deadlock of 5.10 and the retry of later kernels. */
import { address, glockName, nanos, tid } from '../../agent/wire/units.ts';
import type { FindingView, Frame, HostView, RateSample, RetryView, TaskView } from '../../agent/wire/view.ts';

export const loopDevice = 7 << 20;
const file = { dev: loopDevice, ino: address('181ec') };
const glock = glockName(loopDevice, 2, address('181ec'));
const ms = (value: number) => nanos(value * 1e6);

export const host = (more: Partial<HostView> = {}): HostView => ({
  node: 'n1',
  target: 'ssh://root@n1',
  phase: 'live',
  kernel: '6.1.0-37-amd64',
  bpftrace: '0.17.0',
  fileSystems: [{ dev: loopDevice, name: 'lab:one', mountPoint: '/mnt/g' }],
  coverage: [
    { capability: 'glock request', way: 'kprobe:gfs2_glock_nq', note: '' },
    { capability: 'glock release', way: 'rawtracepoint:gfs2_glock_queue', note: '' },
    {
      capability: 'fault-in readable',
      way: 'kprobe:fault_in_iov_iter_readable',
      note: 'fault_in_pages_readable is not there',
    },
    { capability: 'residency check', way: null, note: 'the kernel has inlined it' },
  ],
  problem: null,
  epochUnixMs: null,
  playing: null,
  records: 1000,
  loss: { gap: 0, tail: 0, malformed: 0, late: 0, missed: 0, lastMalformed: null },
  questions: { mkwriteInRead: 0, mkwriteInWrite: 0, mkwriteInIoUnderGlock: 0, sigbusUser: 0, sigbusKernel: 0 },
  nowNs: ms(5000),
  ...more,
});

export const read = (sinceMs: number, attempts = 1): Frame => ({
  kind: 'io',
  op: 'read',
  direct: false,
  file,
  positionBytes: 0,
  lengthBytes: 16384,
  sinceNs: ms(sinceMs),
  attempts,
});

export const holder = (mode: 'SH' | 'EX', phase: 'granted' | 'waiting', sinceMs: number): Frame => ({
  kind: 'holder',
  glock,
  holder: address('ffffb4378026fc30'),
  mode,
  flags: mode === 'EX' ? '' : 'A',
  phase,
  sinceNs: ms(sinceMs),
  grantedNs: phase === 'granted' ? ms(sinceMs + 0.02) : null,
  site: mode === 'EX' ? 'gfs2_page_mkwrite+0x9c' : 'gfs2_file_read_iter+0xd1',
});

export const fault = (sinceMs: number): Frame => ({
  kind: 'fault',
  handler: 'gfs2_page_mkwrite',
  file,
  address: address('7f3a5c000000'),
  write: true,
  userMode: false,
  sinceNs: ms(sinceMs),
});

export const faultIn = (sinceMs: number): Frame => ({
  kind: 'fault-in',
  direction: 'writeable',
  residencyCheck: false,
  address: address('7f3a5c000000'),
  lengthBytes: 16384,
  sinceNs: ms(sinceMs),
});

export const task = (thread: number, comm: string, frames: Frame[], more: Partial<TaskView> = {}): TaskView => ({
  node: 'n1',
  tid: tid(thread),
  tgid: thread,
  comm,
  frames,
  unsure: false,
  lastNs: ms(5000),
  ...more,
});

export const retry = (id: number, more: Partial<RetryView> = {}): RetryView => ({
  id,
  node: 'n1',
  tid: tid(245),
  comm: 'mmap-read',
  op: 'read',
  direct: false,
  file,
  positionBytes: 0,
  lengthBytes: 16384,
  attempts: [
    { via: 'filemap_read', mode: 'SH', result: -14, endedNs: ms(1000.2), faultIns: [] },
    {
      via: 'filemap_read',
      mode: 'SH',
      result: 16384,
      endedNs: ms(1001.4),
      faultIns: [
        {
          direction: 'writeable',
          address: address('7f3a5c000000'),
          lengthBytes: 16384,
          leftBytes: 0,
          tookNs: ms(0.9),
          faults: 4,
          mkwrites: 4,
          mappings: [file],
        },
      ],
    },
  ],
  result: 16384,
  startedNs: ms(1000),
  tookNs: ms(1.4),
  lostNs: ms(1.1),
  mapping: 'same file',
  unsure: false,
  ...more,
});

export const finding = (id: number, more: Partial<FindingView> = {}): FindingView => ({
  id,
  kind: 'incompatible-acquire',
  severity: 'fatal',
  node: 'n1',
  tid: tid(206),
  comm: 'self-read',
  title: 'A task wants EX on an inode glock that it holds SH itself',
  rule: 'gfs2_glock_nq: a holder of the same pid is already queued (add_to_queue, trap_recursive)',
  consequence: 'This kernel stops the task with BUG() in add_to_queue; the glock is never released.',
  glock,
  stack: [read(4000), holder('SH', 'granted', 4000.1), fault(4000.4), holder('EX', 'waiting', 4000.5)],
  others: [],
  firstNs: ms(4000.5),
  lastNs: ms(4000.5),
  count: 1,
  unsure: false,
  ...more,
});

export const rate = (second: number, more: Partial<RateSample> = {}): RateSample => ({
  node: 'n1',
  second,
  acquisitions: 0,
  faults: 0,
  mkwrites: 0,
  ioCalls: 0,
  retries: 0,
  efaults: 0,
  lost: 0,
  ...more,
});
