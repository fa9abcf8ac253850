/**
 * What can be seen of a GFS2 kernel and how: for each capability the ladder of ways to attach, best first. A plan
 * (agent/host/plan.ts) takes the first way that a host allows; program.ts turns the chosen ones into bpftrace text.
 *
 * In expressions `{struct.field}` stands for the field's byte offset on the host at hand. Pointer chains are one nested
 * expression each: bpftrace 0.11 reads 0 through a scratch variable that was itself read from memory.
 */
import type { RecordName } from './records.ts';

export interface Probe {
  /** bpftrace's attach point, or several with commas: the body is then compiled once. */
  readonly attach: string;
  /** Predicate; runs in the kernel before anything else. */
  readonly when?: string;
  /** Statements before the record is printed. */
  readonly before?: string;
  readonly record: RecordName;
  /** An expression for each field of the record. */
  readonly values: Readonly<Record<string, string>>;
  /** Statements afterwards. */
  readonly after?: string;
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

const at = (width: 16 | 32 | 64, base: string, offset: string): string => `*(uint${width}*)(${base}+{${offset}})`;
const glockOf = at(64, 'arg0', 'gfs2_holder.gh_gl');
const superBlockOf = at(64, at(64, glockOf, 'gfs2_glock.gl_name.ln_sbd'), 'gfs2_sbd.sd_vfs');
const inodeOf = (file: string): string => at(64, file, 'file.f_inode');
const devOf = (inode: string): string => at(32, at(64, inode, 'inode.i_sb'), 'super_block.s_dev');
const inoOf = (inode: string): string => at(64, inode, 'inode.i_ino');
const mappedInode = inodeOf(at(64, at(64, 'arg0', 'vm_fault.vma'), 'vm_area_struct.vm_file'));
const ioInode = inodeOf(at(64, 'arg0', 'kiocb.ki_filp'));

const request = {
  holder: 'arg0',
  glock: glockOf,
  dev: at(32, superBlockOf, 'super_block.s_dev'),
  type: at(32, glockOf, 'gfs2_glock.gl_name.ln_type'),
  number: at(64, glockOf, 'gfs2_glock.gl_name.ln_number'),
  state: at(16, 'arg0', 'gfs2_holder.gh_state'),
  flags: at(16, 'arg0', 'gfs2_holder.gh_flags'),
  site: at(64, 'arg0', 'gfs2_holder.gh_ip'),
};
const fault = {
  address: at(64, 'arg0', 'vm_fault.address'),
  flags: at(32, 'arg0', 'vm_fault.flags'),
  dev: devOf(mappedInode),
  ino: inoOf(mappedInode),
};
const io = (write: '0' | '1') => ({
  write,
  flags: at(32, 'arg0', 'kiocb.ki_flags'),
  positionBytes: at(64, 'arg0', 'kiocb.ki_pos'),
  lengthBytes: at(64, 'arg1', 'iov_iter.count'),
  dev: devOf(ioInode),
  ino: inoOf(ioInode),
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

const ioCall = (fn: string, write: '0' | '1'): Probe => ({
  attach: `kprobe:${fn}`,
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
          { record: 'request', values: request },
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
        bpftrace: [99, 0],
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
        name: 'kprobe:gfs2_glock_dq',
        functions: ['gfs2_glock_dq'],
        probes: [{ attach: 'kprobe:gfs2_glock_dq', record: 'release', values: { holder: 'arg0' } }],
        lacks: 'a holder that the kernel itself dequeues after an error is seen to go only by the failed request',
      },
    ],
  },
  {
    name: 'fault',
    required: true,
    ways: [
      {
        name: 'kprobe:gfs2_fault',
        functions: ['gfs2_fault'],
        probes: entryAndReturn(
          'gfs2_fault',
          { record: 'fault', values: fault },
          { record: 'faulted', values: { result: 'retval' } },
        ),
      },
    ],
  },
  {
    name: 'mkwrite',
    required: true,
    ways: [
      {
        name: 'kprobe:gfs2_page_mkwrite',
        functions: ['gfs2_page_mkwrite'],
        probes: entryAndReturn(
          'gfs2_page_mkwrite',
          { record: 'mkwrite', values: fault },
          { record: 'mkwritten', values: { result: 'retval' } },
        ),
      },
    ],
  },
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
    name: 'task name',
    required: true,
    ways: [
      {
        name: 'kprobe:gfs2_glock_nq, kprobe:gfs2_file_read_iter, kprobe:gfs2_file_write_iter',
        functions: ['gfs2_glock_nq', 'gfs2_file_read_iter', 'gfs2_file_write_iter'],
        probes: [
          {
            // One body for three places: bpftrace compiles it once, and compiling is what attaching waits for.
            attach: 'kprobe:gfs2_glock_nq,kprobe:gfs2_file_read_iter,kprobe:gfs2_file_write_iter',
            when: '@known[tid] == 0',
            before: '@known[tid] = (uint64)1;',
            record: 'task',
            values: {
              tgid: 'pid',
              startedNs: '*(uint64*)((uint64)curtask+{task_struct.start_time})',
              commLow: '*(uint64*)((uint64)curtask+{task_struct.comm})',
              commHigh: '*(uint64*)((uint64)curtask+{task_struct.comm}+8)',
            },
          },
        ],
      },
    ],
  },
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
