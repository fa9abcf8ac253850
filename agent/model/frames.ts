/** What a task can have on its stack, as the model keeps it: entries in the order in which they were entered. */
import type { GlockName } from '../wire/units.ts';

export interface FileId {
  readonly dev: number;
  /** i_ino as hex. */
  readonly ino: string;
}

/** A holder from its request at gfs2_glock_nq's entry to its release. */
export interface Holder {
  readonly kind: 'holder';
  /** Address of the struct gfs2_holder: reused, so it names a holder only while that is queued. */
  readonly holder: string;
  /** Address of the struct gfs2_glock. */
  readonly glock: string;
  readonly name: GlockName;
  readonly type: number;
  readonly file: FileId;
  /** LM_ST_*. */
  readonly state: number;
  /** gh_flags. */
  readonly flags: number;
  /** Where gfs2_glock_nq was called. */
  readonly caller: string;
  /** gh_ip, which debugfs prints. */
  readonly site: string;
  readonly sinceNs: number;
  /** `queued`: asynchronous and not known to be granted. */
  phase: 'waiting' | 'queued' | 'granted';
  grantedNs: number | null;
  /** Granted as far as its task's later doings show, without an answer seen. */
  inferred: boolean;
}

/** One fault-in on behalf of a read or write. */
export interface FaultIn {
  readonly kind: 'fault-in';
  readonly direction: 'readable' | 'writeable';
  readonly address: string;
  readonly lengthBytes: number;
  readonly sinceNs: number;
  /** Under the inode glock the kernel only looks whether the pages are there (fs/iomap/buffered-io.c iomap_write_iter). */
  readonly residencyCheck: boolean;
  leftBytes: number | null;
  endedNs: number | null;
  faults: number;
  mkwrites: number;
  /** Files whose mappings faulted, each once. */
  readonly mappings: FileId[];
}

export interface Attempt {
  readonly via: string;
  /** LM_ST_* of the file's inode glock held by the call; null without. */
  readonly state: number | null;
  readonly result: number;
  /** When the glock was granted, else when the attempt before it ended. */
  readonly startedNs: number;
  readonly endedNs: number;
  readonly faultIns: readonly FaultIn[];
}

/** A read_iter or write_iter call. */
export interface IoCall {
  readonly kind: 'io';
  readonly op: 'read' | 'write';
  readonly direct: boolean;
  readonly file: FileId;
  readonly positionBytes: number;
  readonly lengthBytes: number;
  readonly sinceNs: number;
  readonly attempts: Attempt[];
  /** Set when it has returned. */
  endedNs: number | null;
  /** Fault-ins since the last attempt. */
  faultIns: FaultIn[];
}

/** gfs2_fault or gfs2_page_mkwrite. */
export interface Fault {
  readonly kind: 'fault';
  readonly handler: 'gfs2_fault' | 'gfs2_page_mkwrite';
  readonly address: string;
  /** FAULT_FLAG_*. */
  readonly flags: number;
  readonly file: FileId;
  readonly sinceNs: number;
}

export type Frame = Holder | FaultIn | IoCall | Fault;

export interface Task {
  readonly tid: number;
  tgid: number;
  comm: string;
  readonly frames: Frame[];
  /** gfs2_glock_nq calls without an answer so far, outermost first; null where the holder is not of the task. */
  readonly asking: (Holder | null)[];
  /** Records were lost while the stack held something. */
  unsure: boolean;
  lastNs: number;
}

export const sameFile = (a: FileId, b: FileId): boolean => a.dev === b.dev && a.ino === b.ino;

/** The last frame of a kind, i.e. the innermost one. */
export function innermost<Kind extends Frame['kind']>(task: Task, kind: Kind): Extract<Frame, { kind: Kind }> | null {
  for (let at = task.frames.length - 1; at >= 0; at--) {
    const frame = task.frames[at];
    if (frame !== undefined && isKind(frame, kind)) return frame;
  }
  return null;
}

export function isKind<Kind extends Frame['kind']>(frame: Frame, kind: Kind): frame is Extract<Frame, { kind: Kind }> {
  return frame.kind === kind;
}
