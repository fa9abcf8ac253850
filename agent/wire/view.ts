/** What the dashboard shows, as data: each shape is a schema, so that both ends check what they send and receive. */
import * as v from 'valibot';
import type * as units from './units.ts';

const finite = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value);
const count = (value: unknown): boolean => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

const Nanos = v.custom<units.Nanos>(finite, 'nanoseconds as a number');
const Tid = v.custom<units.Tid>(count, 'a thread id');
const Address = v.custom<units.Address>((x) => typeof x === 'string' && /^[0-9a-f]{1,16}$/.test(x), 'a hex address');
const GlockName = v.custom<units.GlockName>(
  (x) => typeof x === 'string' && x.includes('/'),
  'a glock name such as 7:0 2/181ec',
);
const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Text = v.pipe(v.string(), v.maxLength(4096));

/** A file by device (major << 20 | minor) and inode number (hex), as gfs2's tracepoints identify it. */
export const FileView = v.strictObject({ dev: Count, ino: Address });
export type FileView = v.InferOutput<typeof FileView>;

/** A read_iter or write_iter call that is running. */
export const IoFrame = v.strictObject({
  kind: v.literal('io'),
  op: v.picklist(['read', 'write']),
  direct: v.boolean(),
  file: FileView,
  positionBytes: v.number(),
  lengthBytes: Count,
  sinceNs: Nanos,
  /** Tries so far, the current one included. */
  attempts: Count,
});
/** A glock holder of this task: requested and waiting, queued without waiting (GL_ASYNC), or granted. */
export const HolderFrame = v.strictObject({
  kind: v.literal('holder'),
  glock: GlockName,
  holder: Address,
  mode: Text,
  flags: Text,
  phase: v.picklist(['waiting', 'queued', 'granted']),
  sinceNs: Nanos,
  grantedNs: v.nullable(Nanos),
  /** Where gfs2_glock_nq was called, as symbol+offset where the host's symbols are known, else the address. */
  site: Text,
});
/** gfs2_fault or gfs2_page_mkwrite running in this task. */
export const FaultFrame = v.strictObject({
  kind: v.literal('fault'),
  handler: v.picklist(['gfs2_fault', 'gfs2_page_mkwrite']),
  file: FileView,
  address: Address,
  write: v.boolean(),
  /** From user mode (an ordinary memory access) or from the kernel (a copy, or a fault-in on the task's behalf). */
  userMode: v.boolean(),
  sinceNs: Nanos,
});
/** The kernel faulting user pages in for a read or write (`residency check`: under the glock, it only looks). */
export const FaultInFrame = v.strictObject({
  kind: v.literal('fault-in'),
  direction: v.picklist(['readable', 'writeable']),
  residencyCheck: v.boolean(),
  address: Address,
  lengthBytes: Count,
  sinceNs: Nanos,
});
export const Frame = v.variant('kind', [IoFrame, HolderFrame, FaultFrame, FaultInFrame]);
export type IoFrame = v.InferOutput<typeof IoFrame>;
export type HolderFrame = v.InferOutput<typeof HolderFrame>;
export type FaultFrame = v.InferOutput<typeof FaultFrame>;
export type FaultInFrame = v.InferOutput<typeof FaultInFrame>;
export type Frame = v.InferOutput<typeof Frame>;

/** A task with something on its stack: frames in the order they were entered, outermost first. */
export const TaskView = v.strictObject({
  node: Text,
  tid: Tid,
  tgid: Count,
  comm: Text,
  frames: v.array(Frame),
  /** Records were lost while this stack was built: it may lack a frame or show one that is gone. */
  unsure: v.boolean(),
  lastNs: Nanos,
});
export type TaskView = v.InferOutput<typeof TaskView>;

/** A fault-in between two attempts of one call. */
export const FaultInView = v.strictObject({
  direction: v.picklist(['readable', 'writeable']),
  address: Address,
  lengthBytes: Count,
  /** Bytes that could not be faulted in: 0 is all done; null when the return was not seen. */
  leftBytes: v.nullable(Count),
  tookNs: Nanos,
  /** gfs2_fault and gfs2_page_mkwrite calls made meanwhile. */
  faults: Count,
  mkwrites: Count,
  /** Inodes of the mappings that those faults were on. */
  mappings: v.array(FileView),
});
export type FaultInView = v.InferOutput<typeof FaultInView>;

/** One try of a call to move its bytes. */
export const AttemptView = v.strictObject({
  /** The kernel function whose return gave `result`. */
  via: Text,
  /** Mode of the inode glock held meanwhile; null for the lockless try from the page cache. */
  mode: v.nullable(Text),
  /** Bytes (iomap_dio_rw: cumulative over the call), or a negative errno. */
  result: v.number(),
  endedNs: Nanos,
  /** What was faulted in before this attempt, after the one before. */
  faultIns: v.array(FaultInView),
});
export type AttemptView = v.InferOutput<typeof AttemptView>;

/** A read or write that had to try again: the attempts, what was faulted in between, and what it cost. */
export const RetryView = v.strictObject({
  id: Count,
  node: Text,
  tid: Tid,
  comm: Text,
  op: v.picklist(['read', 'write']),
  direct: v.boolean(),
  file: FileView,
  positionBytes: v.number(),
  lengthBytes: Count,
  attempts: v.array(AttemptView),
  /** What read_iter or write_iter returned: bytes or a negative errno. */
  result: v.number(),
  startedNs: Nanos,
  tookNs: Nanos,
  /** From the first failed attempt's end to the last attempt's start: the time that the retries cost. */
  lostNs: Nanos,
  /** The faulting mapping is the file itself, another gfs2 file, or was not seen. */
  mapping: v.picklist(['same file', 'other gfs2 file', 'not gfs2']),
  unsure: v.boolean(),
});
export type RetryView = v.InferOutput<typeof RetryView>;

export const severities = ['fatal', 'critical', 'warning', 'information'] as const;
/** A verdict with its evidence. The same root is one finding with a count. */
export const FindingView = v.strictObject({
  id: Count,
  kind: v.picklist(['recursive-acquire', 'incompatible-acquire', 'wait-cycle']),
  severity: v.picklist(severities),
  node: Text,
  tid: Tid,
  comm: Text,
  title: Text,
  /** The rule that fired, with its kernel function. */
  rule: Text,
  /** What this kernel does about it. */
  consequence: Text,
  glock: GlockName,
  /** The task's stack at that moment, the new request last. */
  stack: v.array(Frame),
  /** The other tasks of a cycle, each waiting for the next, with their stacks at that moment. */
  others: v.array(TaskView),
  firstNs: Nanos,
  lastNs: Nanos,
  count: Count,
  unsure: v.boolean(),
});
export type FindingView = v.InferOutput<typeof FindingView>;

/** What happened in one second of a node's clock. */
export const RateSample = v.strictObject({
  node: Text,
  /** Whole seconds since the session's first record. */
  second: Count,
  acquisitions: Count,
  faults: Count,
  mkwrites: Count,
  ioCalls: Count,
  retries: Count,
  efaults: Count,
  lost: Count,
});
export type RateSample = v.InferOutput<typeof RateSample>;

/** Why records are missing or unusable, counted by cause. */
export const LossView = v.strictObject({
  /** Gaps in the per-CPU sequence numbers. */
  gap: Count,
  /** Printed after the last record that arrived, and thrown away when bpftrace stopped. */
  tail: Count,
  /** Lines that are no record. */
  malformed: Count,
  /** Records that came after later ones had been used. */
  late: Count,
  /** Returns that the kernel's probes skipped though nothing was lost on the way. */
  missed: Count,
  /** The last malformed line, cut to 200 characters. */
  lastMalformed: v.nullable(Text),
});
export type LossView = v.InferOutput<typeof LossView>;

/** How a capability is covered on a host: the way chosen, or why it is not there. */
export const CoverageView = v.strictObject({
  capability: Text,
  /** The attach point, e.g. `kprobe:gfs2_glock_nq`; null when this host has none. */
  way: v.nullable(Text),
  note: Text,
});
export type CoverageView = v.InferOutput<typeof CoverageView>;

export const OpenQuestions = v.strictObject({
  /** gfs2_page_mkwrite entered inside read_iter or write_iter, while the task held no inode glock. */
  mkwriteInRead: Count,
  mkwriteInWrite: Count,
  /** The same while it did hold one. */
  mkwriteInIoUnderGlock: Count,
  /** Faults that returned VM_FAULT_SIGBUS, by who touched the memory. */
  sigbusUser: Count,
  sigbusKernel: Count,
});
export type OpenQuestions = v.InferOutput<typeof OpenQuestions>;

export const phases = ['connecting', 'surveying', 'attaching', 'live', 'stopped', 'failed'] as const;
/** A host that is watched, or a recording that plays. */
export const HostView = v.strictObject({
  node: Text,
  target: Text,
  phase: v.picklist(phases),
  kernel: Text,
  bpftrace: Text,
  fileSystems: v.array(v.strictObject({ dev: Count, name: Text, mountPoint: Text })),
  coverage: v.array(CoverageView),
  /** Why it failed or stopped, and what to do; null while all is well. */
  problem: v.nullable(v.strictObject({ cause: Text, remedy: Text })),
  /** Unix time of the session's first record, milliseconds; null until it came. */
  epochUnixMs: v.nullable(v.number()),
  /** Set when this is a recording: what plays, how long it is, and which round of the loop. */
  playing: v.nullable(v.strictObject({ title: Text, lengthNs: Nanos, round: Count })),
  records: Count,
  loss: LossView,
  questions: OpenQuestions,
  nowNs: Nanos,
});
export type HostView = v.InferOutput<typeof HostView>;
