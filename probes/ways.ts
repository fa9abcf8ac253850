/**
 * What can be seen of a GFS2 kernel and how: for each capability the ladder of ways to attach, best first. A plan
 * (agent/host/plan.ts) takes the first way that a host allows; program.ts turns the chosen ones into bpftrace text.
 *
 * Expressions read the structs of shapes.ts through a pointer cast once a probe. Chains are one expression each:
 * bpftrace 0.11 reads 0 through a scratch variable that was itself read from memory.
 */
import type { RecordName } from './records.ts';
import type { ShapeName } from './shapes.ts';

export interface Probe {
  /**
   * bpftrace's attach point, or several with commas: the body is then compiled once. No function may be named twice in
   * a program: 0.17 then attaches the first body twice and the second never.
   */
  readonly attach: string;
  /** Predicate; runs in the kernel before anything else. */
  readonly when?: string;
  /** Prints a task record first when the task was not seen before. */
  readonly introduces?: true;
  /** The structs that its expressions read, by the name of a scratch variable: `$gh` is a gs_holder at arg0. */
  readonly structs?: Readonly<Record<string, StructAt>>;
  /** Statements before the record is printed. */
  readonly before?: string;
  readonly record: RecordName;
  /** An expression for each field of the record. */
  readonly values: Readonly<Record<string, string>>;
  /** Statements afterwards. */
  readonly after?: string;
}

export interface StructAt {
  readonly shape: ShapeName;
  /** An expression for its address. */
  readonly at: string;
}

export interface Way {
  /** How people name it, e.g. `kprobe:gfs2_glock_nq`. */
  readonly name: string;
  /** Kernel functions that must be in available_filter_functions. */
  readonly functions: readonly string[];
  /** Tracepoints (`system:event`) that must exist. */
  readonly tracepoints?: readonly string[];
  /** Least bpftrace version, as [major, minor]. */
  readonly bpftrace?: readonly [number, number];
  readonly probes: readonly Probe[];
  /** What this way cannot show, told to the user. */
  readonly lacks?: string;
}

export interface Capability {
  readonly name: string;
  /** Without it there is nothing worth attaching for. */
  readonly required: boolean;
  readonly ways: readonly Way[];
}

// The word on top of the stack at a function's entry is where it will return to.
const holderStructs = { gh: { shape: 'holder', at: 'arg0' }, top: { shape: 'stack', at: 'reg("sp")' } } as const;
const request = {
  holder: 'arg0',
  glock: '$gh->gl',
  dev: '$gh->gl->sbd->vfs->dev',
  type: '$gh->gl->type',
  number: '$gh->gl->number',
  state: '$gh->state',
  flags: '$gh->flags',
  caller: '$top->word',
  site: '$gh->ip',
};

const faultStructs = { vmf: { shape: 'vmf', at: 'arg0' } } as const;
const fault = {
  address: '$vmf->address',
  flags: '$vmf->flags',
  dev: '$vmf->vma->file->inode->sb->dev',
  ino: '$vmf->vma->file->inode->ino',
};

const ioStructs = { iocb: { shape: 'iocb', at: 'arg0' }, iter: { shape: 'iter', at: 'arg1' } } as const;
const io = (write: '0' | '1') => ({
  write,
  flags: '$iocb->flags',
  positionBytes: '$iocb->pos',
  lengthBytes: '$iter->count',
  dev: '$iocb->filp->inode->sb->dev',
  ino: '$iocb->filp->inode->ino',
});

/** Map gates: `@io[tid]` is set while a task is inside gfs2's read_iter or write_iter. */
const insideIo = '@io[tid] != 0';

const entryAndReturn = (fn: string, entry: Omit<Probe, 'attach'>, ret: Omit<Probe, 'attach'>): Probe[] => [
  { attach: `kprobe:${fn}`, ...entry },
  { attach: `kretprobe:${fn}`, ...ret },
];

const faultIn = (fn: string, writeable: '0' | '1'): Way => ({
  name: `kprobe:${fn}`,
  functions: [fn],
  probes: entryAndReturn(
    fn,
    { when: insideIo, record: 'faultIn', values: { writeable, address: 'arg0', lengthBytes: 'arg1' } },
    { when: insideIo, record: 'faultInEnd', values: { leftBytes: 'retval' } },
  ),
});

const faultHandler = (fn: string, entered: RecordName, left: RecordName): Way => ({
  name: `kprobe:${fn}`,
  functions: [fn],
  probes: entryAndReturn(
    fn,
    { structs: faultStructs, record: entered, values: fault },
    { record: left, values: { result: 'retval' } },
  ),
});

const ioCall = (fn: string, write: '0' | '1'): Probe => ({
  attach: `kprobe:${fn}`,
  structs: ioStructs,
  before: '@io[tid] = (uint64)1;',
  record: 'io',
  values: io(write),
});

/** All capabilities, in the order in which people should read them. */
export const capabilities: readonly Capability[] = [
  {
    name: 'acquire',
    required: true,
    ways: [
      {
        name: 'kprobe:gfs2_glock_nq',
        functions: ['gfs2_glock_nq'],
        probes: entryAndReturn(
          'gfs2_glock_nq',
          { introduces: true, structs: holderStructs, record: 'request', values: request },
          { record: 'answer', values: { result: 'retval' } },
        ),
      },
    ],
  },
  {
    name: 'grant',
    required: false,
    ways: [
      {
        name: 'rawtracepoint:gfs2_promote',
        functions: [],
        tracepoints: ['gfs2:gfs2_promote'],
        bpftrace: [0, 23],
        probes: [{ attach: 'rawtracepoint:gfs2_promote', record: 'grant', values: { holder: 'arg0' } }],
      },
      {
        name: 'kretprobe:gfs2_glock_nq',
        functions: ['gfs2_glock_nq'],
        probes: [],
        lacks:
          'the grant of an asynchronous request (rename, statfs) is not seen, and a wait ends when its task runs again',
      },
    ],
  },
  {
    name: 'release',
    required: true,
    ways: [
      {
        name: 'rawtracepoint:gfs2_glock_queue',
        functions: [],
        tracepoints: ['gfs2:gfs2_glock_queue'],
        bpftrace: [0, 23],
        // The only place that sees every dequeue, the kernel's own after an error included; arg1 is 0 for those.
        probes: [
          {
            attach: 'rawtracepoint:gfs2_glock_queue',
            when: 'arg1 == 0',
            record: 'release',
            values: { holder: 'arg0' },
          },
        ],
      },
      {
        name: 'kprobe:gfs2_glock_dq',
        functions: ['gfs2_glock_dq'],
        probes: [{ attach: 'kprobe:gfs2_glock_dq', record: 'release', values: { holder: 'arg0' } }],
        lacks: 'a holder that the kernel itself dequeues after an error is seen to go only by the failed request',
      },
    ],
  },
  { name: 'fault', required: true, ways: [faultHandler('gfs2_fault', 'fault', 'faulted')] },
  { name: 'mkwrite', required: true, ways: [faultHandler('gfs2_page_mkwrite', 'mkwrite', 'mkwritten')] },
  {
    name: 'read and write calls',
    required: true,
    ways: [
      {
        name: 'kprobe:gfs2_file_read_iter, kprobe:gfs2_file_write_iter',
        functions: ['gfs2_file_read_iter', 'gfs2_file_write_iter'],
        probes: [
          ioCall('gfs2_file_read_iter', '0'),
          ioCall('gfs2_file_write_iter', '1'),
          {
            attach: 'kretprobe:gfs2_file_read_iter,kretprobe:gfs2_file_write_iter',
            when: insideIo,
            // At the end, so that this body, which bpftrace compiles once for both, is the only one beside nq's.
            introduces: true,
            record: 'ioEnd',
            values: { result: 'retval' },
            after: 'delete(@io[tid]);',
          },
        ],
      },
    ],
  },
  { name: 'fault-in readable', required: false, ways: [faultIn('fault_in_readable', '0')] },
  { name: 'fault-in writeable', required: false, ways: [faultIn('fault_in_safe_writeable', '1')] },
  ...(['generic_file_read_iter', 'iomap_dio_rw', 'iomap_file_buffered_write'] as const).map(
    (fn, via): Capability => ({
      name: `attempt result of ${fn}`,
      required: false,
      ways: [
        {
          name: `kretprobe:${fn}`,
          functions: [fn],
          probes: [
            {
              attach: `kretprobe:${fn}`,
              when: insideIo,
              record: 'attempt',
              values: { via: String(via), result: 'retval' },
            },
          ],
        },
      ],
    }),
  ),
  {
    name: 'task exit',
    required: true,
    ways: [
      {
        name: 'kprobe:do_exit',
        functions: ['do_exit'],
        probes: [
          {
            attach: 'kprobe:do_exit',
            when: '@known[tid] != 0',
            record: 'exit',
            values: {},
            after: 'delete(@known[tid]); if (@io[tid] != 0) { delete(@io[tid]); }',
          },
        ],
      },
    ],
  },
];

/** The task record that `introduces` stands for. */
export const introduction: Omit<Probe, 'attach'> = {
  structs: { task: { shape: 'task', at: '(uint64)curtask' } },
  before: '@known[tid] = (uint64)1;',
  record: 'task',
  values: { tgid: 'pid', startedNs: '$task->start', commLow: '$task->comm_low', commHigh: '$task->comm_high' },
};
