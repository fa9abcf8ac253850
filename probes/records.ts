/**
 * The record table: every kind of line that a probe prints, once. From it come the printf text (program.ts), the
 * decoder's reader (agent/trace/scan.ts runs `read` over a line's bytes) and the documentation (probes/README.md),
 * so that the three cannot drift.
 *
 * A line is `LETTER cpu seq ns tid f1 f2 …`, lower-case hex without 0x, single spaces, at most 15 numbers (bpftrace
 * 0.11 refuses printf formats over 64 bytes). `seq` counts per CPU; letters without `sequenced` only repeat the count.
 */

/** What a record can be read from, field by field in the printed order: a line's bytes, or a list of its fields. */
export interface Fields {
  /** An unsigned number up to 2^53. */
  count(name: string, meaning: string): number;
  /** A 32-bit C int: only the low half of the register counts. */
  int(name: string, meaning: string): number;
  /** A 64-bit signed number within ±2^53, printed as two's complement. */
  long(name: string, meaning: string): number;
  /** A 64-bit address or inode number, kept as hex text since a double would lose its low bits. */
  address(name: string, meaning: string): string;
}

/** One row of the table. */
export interface RecordRow<Event> {
  readonly letter: string;
  readonly meaning: string;
  /** Whether the line takes a sequence number of its own; the others print the CPU's count as it stands. */
  readonly sequenced: boolean;
  /** Reads the fields after the tid. Must call `fields` in the printed order, always the same number of times. */
  readonly read: (fields: Fields) => Event;
}

const row = <Event>(letter: string, meaning: string, read: (fields: Fields) => Event): RecordRow<Event> => ({
  letter,
  meaning,
  sequenced: true,
  read,
});
const unsequenced = <Event>(from: RecordRow<Event>): RecordRow<Event> => ({ ...from, sequenced: false });

const glockFields = (f: Fields) => ({
  holder: f.address('holder', 'address of the struct gfs2_holder'),
  glock: f.address('glock', 'address of the struct gfs2_glock'),
  dev: f.count('dev', 'super_block.s_dev: major << 20 | minor'),
  type: f.count('type', 'ln_type: LM_TYPE_*'),
  number: f.address('number', 'ln_number'),
});
const faultFields = (f: Fields) => ({
  address: f.address('address', 'vm_fault.address'),
  flags: f.count('flags', 'vm_fault.flags: FAULT_FLAG_*'),
  dev: f.count('dev', "s_dev of the mapping's file"),
  ino: f.address('ino', "i_ino of the mapping's file"),
});

export const records = {
  ready: unsequenced(row('R', 'all probes are attached', () => ({ kind: 'ready' as const }))),
  heartbeat: unsequenced(
    row('H', 'the CPU is alive; nothing before this is still to come from it', () => ({ kind: 'heartbeat' as const })),
  ),
  final: unsequenced(row('Z', 'how many sequenced records the CPU printed in all', () => ({ kind: 'final' as const }))),
  task: row('T', 'a task is seen for the first time', (f) => ({
    kind: 'task' as const,
    tgid: f.count('tgid', 'thread group id'),
    startedNs: f.count('startedNs', 'task_struct.start_time, ns on the monotonic clock; 0 when unknown'),
    commLow: f.address('commLow', 'bytes 0-7 of task_struct.comm, little endian'),
    commHigh: f.address('commHigh', 'bytes 8-15'),
  })),
  exit: row('X', 'a task that was seen ends (do_exit)', () => ({ kind: 'exit' as const })),
  request: row('N', 'gfs2_glock_nq is entered', (f) => ({
    kind: 'request' as const,
    ...glockFields(f),
    state: f.count('state', 'gh_state: LM_ST_*'),
    flags: f.count('flags', 'gh_flags: LM_FLAG_* and GL_*'),
    caller: f.address('caller', 'where gfs2_glock_nq was called'),
    site: f.address('site', 'gh_ip: from 5.12 on the caller of the function that asks, often outside gfs2'),
  })),
  answer: row('n', 'gfs2_glock_nq returns', (f) => ({
    kind: 'answer' as const,
    result: f.int('result', '0, 13 for a refused trylock, or a negative errno'),
  })),
  grant: row('G', 'a holder is granted (gfs2_promote), perhaps by another task', (f) => ({
    kind: 'grant' as const,
    holder: f.address('holder', 'address of the struct gfs2_holder'),
  })),
  release: row('D', 'a holder leaves its queue', (f) => ({
    kind: 'release' as const,
    holder: f.address('holder', 'address of the struct gfs2_holder'),
  })),
  fault: row('F', 'gfs2_fault is entered', (f) => ({ kind: 'fault' as const, ...faultFields(f) })),
  faulted: row('f', 'gfs2_fault returns', (f) => ({
    kind: 'faulted' as const,
    result: f.count('result', 'vm_fault_t: VM_FAULT_*'),
  })),
  mkwrite: row('M', 'gfs2_page_mkwrite is entered', (f) => ({ kind: 'mkwrite' as const, ...faultFields(f) })),
  mkwritten: row('m', 'gfs2_page_mkwrite returns', (f) => ({
    kind: 'mkwritten' as const,
    result: f.count('result', 'vm_fault_t: VM_FAULT_*'),
  })),
  io: row('I', 'gfs2_file_read_iter or gfs2_file_write_iter is entered', (f) => ({
    kind: 'io' as const,
    write: f.count('write', '0 read_iter, 1 write_iter'),
    flags: f.count('flags', 'kiocb.ki_flags: IOCB_*'),
    positionBytes: f.long('positionBytes', 'kiocb.ki_pos at entry'),
    lengthBytes: f.count('lengthBytes', 'iov_iter.count at entry'),
    dev: f.count('dev', 's_dev of the file'),
    ino: f.address('ino', 'i_ino of the file'),
  })),
  ioEnd: row('i', 'gfs2_file_read_iter or gfs2_file_write_iter returns', (f) => ({
    kind: 'io-end' as const,
    result: f.long('result', 'bytes, or a negative errno'),
  })),
  attempt: row('E', 'one try inside a read or write returns', (f) => ({
    kind: 'attempt' as const,
    via: f.count('via', 'index into attemptFunctions'),
    result: f.long('result', 'bytes, or a negative errno'),
  })),
  faultIn: row('U', 'the kernel starts to fault user pages in, inside a read or write', (f) => ({
    kind: 'fault-in' as const,
    writeable: f.count('writeable', '0 fault_in_readable, 1 fault_in_safe_writeable'),
    address: f.address('address', 'first byte of the user range'),
    lengthBytes: f.count('lengthBytes', 'length of the user range'),
  })),
  faultInEnd: row('u', 'that fault-in returns', (f) => ({
    kind: 'fault-in-end' as const,
    leftBytes: f.count('leftBytes', 'bytes that were not faulted in'),
  })),
} as const;

export type RecordName = keyof typeof records;
/** What a record says, without its header. */
export type Said = ReturnType<(typeof records)[RecordName]['read']>;

/** The functions whose returns end an attempt, in the order of `attempt.via` (6.1, 6.12: fs/gfs2/file.c callers). */
export const attemptFunctions = ['generic_file_read_iter', 'iomap_dio_rw', 'iomap_file_buffered_write'] as const;

/** A field of a row, for the program and the documents. */
export interface FieldRow {
  readonly name: string;
  readonly form: 'count' | 'int' | 'long' | 'address';
  readonly meaning: string;
}

/** The fields of a row in their printed order, found by running its reader over a list instead of a line. */
export function fieldsOf(of: RecordRow<unknown>): FieldRow[] {
  const rows: FieldRow[] = [];
  const note = (form: 'count' | 'int' | 'long') => (name: string, meaning: string) => {
    rows.push({ name, form, meaning });
    return 0;
  };
  of.read({
    count: note('count'),
    int: note('int'),
    long: note('long'),
    address: (name, meaning) => {
      rows.push({ name, form: 'address', meaning });
      return '0';
    },
  });
  return rows;
}
