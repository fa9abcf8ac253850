/**
 * Records in time order in, changes out: rebuilds each task's stack of I/O calls, faults and glock holders.
 * A pure reducer: no clock, no I/O; the rules are the kernel's, named where they are applied.
 */

import { glockType, holderFlag, iocbDirect, plausibleRequest } from '../../probes/kernel.ts';
import { attemptFunctions } from '../../probes/records.ts';
import type { Stamp, TraceRecord } from '../trace/decode.ts';
import { address, glockName } from '../wire/units.ts';
import type { Change } from './change.ts';
import { commText } from './comm.ts';
import {
  type Fault,
  type FaultIn,
  type Frame,
  type Holder,
  type IoCall,
  innermost,
  sameFile,
  type Task,
} from './frames.ts';

/** Tasks remembered; beyond it those with an empty stack go first, oldest first. */
export const maxTasks = 16_384;

/**
 * Holders that belong to an inode, an open file or a mount rather than to the task that asked: released by whoever
 * comes by, so they never enter a task's stack (gfs2 reference: i_iopen_gh, f_fl_gh, sd_*_gh; 5.10 marks none of them).
 */
const notOfTask: ReadonlySet<number> = new Set([
  glockType.nondisk,
  glockType.iopen,
  glockType.flock,
  glockType.journal,
]);

type SaidOf<Kind extends TraceRecord['said']['kind']> = Extract<TraceRecord['said'], { kind: Kind }>;

export class Model {
  readonly tasks = new Map<number, Task>();
  /** Requests whose fields cannot be true: the program reads gfs2's structs at wrong places. */
  implausible = 0;
  /** Returns of gfs2_glock_nq that were never seen though nothing was lost: the kernel skipped the probe (nmissed). */
  missed = 0;
  /** Frames begun while bpftrace was taking its probes away: their end could not be seen. */
  cutShort = 0;
  #lastHeartbeatNs = Number.POSITIVE_INFINITY;
  /** Grants themselves are seen (gfs2_promote): then a holder that is released while it waits never was granted. */
  #grantsSeen = false;
  /** Queued holders of tasks, by the holder's address. */
  readonly #holders = new Map<string, { readonly task: Task; readonly holder: Holder }>();

  /** Applies one record. */
  apply(record: TraceRecord): readonly Change[] {
    const { said } = record;
    switch (said.kind) {
      case 'ready':
        return [];
      case 'heartbeat':
        this.#lastHeartbeatNs = record.atNs;
        return [];
      case 'final':
        this.#cutShort();
        return [];
      case 'task':
        return this.#named(record, said);
      case 'exit':
        return this.#exited(record);
      case 'request':
        return this.#requested(record, said);
      case 'answer':
        return this.#answered(record, said);
      case 'grant':
        return this.#granted(record, said);
      case 'release':
        return this.#released(record, said);
      case 'fault':
        return this.#faultEntered(record, 'gfs2_fault', said);
      case 'mkwrite':
        return this.#faultEntered(record, 'gfs2_page_mkwrite', said);
      case 'faulted':
        return this.#faultLeft(record, 'gfs2_fault', said.result);
      case 'mkwritten':
        return this.#faultLeft(record, 'gfs2_page_mkwrite', said.result);
      case 'io':
        return this.#ioEntered(record, said);
      case 'io-end':
        return this.#ioLeft(record, said);
      case 'attempt':
        return this.#attempted(record, said);
      case 'fault-in':
        return this.#faultInEntered(record, said);
      case 'fault-in-end':
        return this.#faultInLeft(record, said);
      default:
        return said satisfies never;
    }
  }

  /** Records are missing: any stack that holds something may lack a frame, or keep one that is gone. */
  lose(): void {
    for (const task of this.tasks.values()) if (task.frames.length > 0) task.unsure = true;
  }

  /** The end: what began after the last heartbeat began after its own return probes may have been detached. */
  #cutShort(): void {
    for (const task of this.tasks.values()) {
      const from = task.frames.findIndex((frame) => frame.sinceNs > this.#lastHeartbeatNs);
      if (from < 0) continue;
      this.cutShort += task.frames.length - from;
      this.#drop(task, from);
    }
  }

  #named(record: Stamp, said: SaidOf<'task'>): readonly Change[] {
    const task = this.#task(record);
    task.tgid = said.tgid;
    task.comm = commText(said.commLow, said.commHigh);
    return [];
  }

  #exited(record: Stamp): readonly Change[] {
    const task = this.tasks.get(record.tid);
    if (task === undefined) return [];
    this.#drop(task, 0);
    this.tasks.delete(record.tid);
    return [{ kind: 'exited', task, atNs: record.atNs }];
  }

  #requested(record: Stamp, said: SaidOf<'request'>): readonly Change[] {
    const task = this.#task(record);
    if (!plausibleRequest(said.type, said.state, said.dev)) {
      this.implausible++;
      task.asking.push(null);
      return [];
    }
    // An answer that was missed (kretprobe, nmissed) leaves its question behind; nothing waits, so it is of no use.
    if (!task.frames.some((frame) => frame.kind === 'holder' && frame.phase === 'waiting')) task.asking.length = 0;
    if (notOfTask.has(said.type) || said.flags & holderFlag.noPid) {
      task.asking.push(null);
      return [];
    }
    // A holder cannot be queued twice (GLOCK_BUG_ON in gfs2_glock_nq), so the one known under this address is gone:
    // its release was lost, or the kernel dequeued it itself (do_error).
    this.#forget(said.holder);
    const holder: Holder = {
      kind: 'holder',
      holder: said.holder,
      glock: said.glock,
      name: glockName(said.dev, said.type, address(said.number)),
      type: said.type,
      file: { dev: said.dev, ino: said.number },
      state: said.state,
      flags: said.flags,
      caller: said.caller,
      site: said.site,
      sinceNs: record.atNs,
      phase: 'waiting',
      grantedNs: null,
      inferred: false,
    };
    task.frames.push(holder);
    task.asking.push(holder);
    this.#holders.set(holder.holder, { task, holder });
    return [{ kind: 'requested', task, holder, atNs: record.atNs }];
  }

  #answered(record: Stamp, said: SaidOf<'answer'>): readonly Change[] {
    const task = this.#task(record);
    const holder = task.asking.pop() ?? null;
    if (holder === null) return []; // asked before we attached, or not of a task
    if (holder.inferred) this.missed--; // it was only late
    holder.inferred = false;
    if (said.result !== 0) {
      this.#forget(holder.holder);
      return [{ kind: 'refused', task, holder, result: said.result, atNs: record.atNs }];
    }
    if (holder.flags & holderFlag.async && holder.phase === 'waiting') {
      holder.phase = 'queued';
      return [{ kind: 'queued', task, holder, atNs: record.atNs }];
    }
    if (holder.phase === 'granted') return [];
    return [grant(task, holder, record.atNs)];
  }

  #granted(record: Stamp, said: SaidOf<'grant'>): readonly Change[] {
    this.#grantsSeen = true;
    const known = this.#holders.get(said.holder);
    if (known === undefined || known.holder.phase === 'granted') return [];
    return [grant(known.task, known.holder, record.atNs)];
  }

  #released(record: Stamp, said: SaidOf<'release'>): readonly Change[] {
    const known = this.#forget(said.holder);
    if (known === null) return []; // taken before we attached, or not of a task
    known.task.lastNs = record.atNs;
    const granted =
      known.task.tid === record.tid && !this.#grantsSeen ? this.#infer(known.task, known.holder, record.atNs) : [];
    return [...granted, { kind: 'released', ...known, atNs: record.atNs }];
  }

  #faultEntered(
    record: Stamp,
    handler: Fault['handler'],
    said: SaidOf<'fault'> | SaidOf<'mkwrite'>,
  ): readonly Change[] {
    const task = this.#task(record);
    const file = { dev: said.dev, ino: said.ino };
    const faultIn = innermost(task, 'fault-in');
    if (faultIn !== null) {
      if (handler === 'gfs2_fault') faultIn.faults++;
      else faultIn.mkwrites++;
      if (!faultIn.mappings.some((known) => sameFile(known, file))) faultIn.mappings.push(file);
    }
    const fault: Fault = {
      kind: 'fault',
      handler,
      address: said.address,
      flags: said.flags,
      file,
      sinceNs: record.atNs,
    };
    task.frames.push(fault);
    return [{ kind: 'fault-entered', task, fault, atNs: record.atNs }];
  }

  #faultLeft(record: Stamp, handler: Fault['handler'], result: number): readonly Change[] {
    const task = this.#task(record);
    const at = task.frames.findLastIndex((frame) => frame.kind === 'fault' && frame.handler === handler);
    const fault = task.frames[at];
    if (fault?.kind !== 'fault') return []; // entered before we attached
    const repaired = this.#leave(task, at, record.atNs);
    return [...repaired, { kind: 'fault-left', task, fault, result, atNs: record.atNs }];
  }

  #ioEntered(record: Stamp, said: SaidOf<'io'>): readonly Change[] {
    const task = this.#task(record);
    const repaired: Change[] = [];
    // Per-task holders do not outlive the system call that took them, and read() and write() enter with none: what an
    // unsure stack still shows is there because its end was lost.
    if (task.unsure && innermost(task, 'fault') === null) {
      if (task.frames.length > 0) repaired.push({ kind: 'repaired', task, atNs: record.atNs });
      this.#drop(task, 0);
      task.unsure = false;
    }
    const call: IoCall = {
      kind: 'io',
      op: said.write === 0 ? 'read' : 'write',
      direct: (said.flags & iocbDirect) !== 0,
      file: { dev: said.dev, ino: said.ino },
      positionBytes: said.positionBytes,
      lengthBytes: said.lengthBytes,
      sinceNs: record.atNs,
      attempts: [],
      endedNs: null,
      faultIns: [],
    };
    task.frames.push(call);
    return [...repaired, { kind: 'io-entered', task, call, atNs: record.atNs }];
  }

  #ioLeft(record: Stamp, said: SaidOf<'io-end'>): readonly Change[] {
    const task = this.#task(record);
    const call = innermost(task, 'io');
    if (call === null) return [];
    call.endedNs = record.atNs;
    const repaired = this.#leave(task, task.frames.lastIndexOf(call), record.atNs);
    return [...repaired, { kind: 'io-left', task, call, result: said.result, atNs: record.atNs }];
  }

  #attempted(record: Stamp, said: SaidOf<'attempt'>): readonly Change[] {
    const task = this.#task(record);
    const call = innermost(task, 'io');
    if (call === null) return [];
    const granted = this.#inferAll(task, record.atNs);
    const held = task.frames.findLast(
      (frame): frame is Holder =>
        frame.kind === 'holder' &&
        frame.type === glockType.inode &&
        frame.phase === 'granted' &&
        sameFile(frame.file, call.file),
    );
    const attempt = {
      via: attemptFunctions[said.via] ?? `function ${said.via}`,
      state: held?.state ?? null,
      result: said.result,
      startedNs: held?.grantedNs ?? call.attempts.at(-1)?.endedNs ?? call.sinceNs,
      endedNs: record.atNs,
      faultIns: call.faultIns,
    };
    call.attempts.push(attempt);
    call.faultIns = [];
    return [...granted, { kind: 'attempted', task, call, attempt, atNs: record.atNs }];
  }

  #faultInEntered(record: Stamp, said: SaidOf<'fault-in'>): readonly Change[] {
    const task = this.#task(record);
    const granted = this.#inferAll(task, record.atNs);
    const faultIn: FaultIn = {
      kind: 'fault-in',
      direction: said.writeable === 0 ? 'readable' : 'writeable',
      address: said.address,
      lengthBytes: said.lengthBytes,
      sinceNs: record.atNs,
      residencyCheck: holdsInodeGlock(task),
      leftBytes: null,
      endedNs: null,
      faults: 0,
      mkwrites: 0,
      mappings: [],
    };
    task.frames.push(faultIn);
    return [...granted, { kind: 'fault-in-entered', task, faultIn, atNs: record.atNs }];
  }

  #faultInLeft(record: Stamp, said: SaidOf<'fault-in-end'>): readonly Change[] {
    const task = this.#task(record);
    const faultIn = innermost(task, 'fault-in');
    if (faultIn === null) return [];
    const repaired = this.#leave(task, task.frames.lastIndexOf(faultIn), record.atNs);
    faultIn.leftBytes = said.leftBytes;
    faultIn.endedNs = record.atNs;
    if (!faultIn.residencyCheck) innermost(task, 'io')?.faultIns.push(faultIn);
    return [...repaired, { kind: 'fault-in-left', task, faultIn, atNs: record.atNs }];
  }

  /**
   * A task that goes on was answered: it is in gfs2_glock_nq until then. Its answer was missed where the holder still
   * waits by the records (kretprobes are skipped when all their instances are in use, or another probe runs).
   */
  #infer(task: Task, holder: Holder, atNs: number): Change[] {
    if (holder.phase !== 'waiting' || holder.flags & holderFlag.async) return [];
    this.missed++;
    holder.inferred = true;
    return [grant(task, holder, atNs)];
  }

  /** The same for whatever the task still waits for by the records. */
  #inferAll(task: Task, atNs: number): Change[] {
    return task.frames.flatMap((frame) => (frame.kind === 'holder' ? this.#infer(task, frame, atNs) : []));
  }

  #task(record: Stamp): Task {
    let task = this.tasks.get(record.tid);
    if (task === undefined) {
      if (this.tasks.size >= maxTasks) this.#evict();
      task = { tid: record.tid, tgid: 0, comm: '', frames: [], asking: [], unsure: false, lastNs: record.atNs };
      this.tasks.set(record.tid, task);
    }
    task.lastNs = record.atNs;
    return task;
  }

  #evict(): void {
    let oldest: Task | null = null;
    for (const task of this.tasks.values()) {
      if (task.frames.length === 0) {
        this.tasks.delete(task.tid);
        return;
      }
      if (oldest === null || task.lastNs < oldest.lastNs) oldest = task;
    }
    if (oldest === null) return;
    this.#drop(oldest, 0);
    this.tasks.delete(oldest.tid);
  }

  /** A frame is left: it goes, and with it what was entered inside it and is still there, since that must have ended too. */
  #leave(task: Task, at: number, atNs: number): Change[] {
    const inside = task.frames.length - 1 - at;
    this.#drop(task, at);
    return inside > 0 ? [{ kind: 'repaired', task, atNs }] : [];
  }

  #drop(task: Task, from: number): void {
    for (const frame of task.frames.splice(from)) if (frame.kind === 'holder') this.#holders.delete(frame.holder);
  }

  #forget(holderAddress: string): { readonly task: Task; readonly holder: Holder } | null {
    const known = this.#holders.get(holderAddress);
    if (known === undefined) return null;
    this.#holders.delete(holderAddress);
    const at = known.task.frames.lastIndexOf(known.holder);
    if (at >= 0) known.task.frames.splice(at, 1);
    return known;
  }
}

/** Whether the task holds any inode glock: then gfs2 has page faults disabled or should not be faulting at all. */
export function holdsInodeGlock(task: Task): boolean {
  return task.frames.some(
    (frame: Frame) => frame.kind === 'holder' && frame.type === glockType.inode && frame.phase === 'granted',
  );
}

function grant(task: Task, holder: Holder, atNs: number): Change {
  holder.phase = 'granted';
  holder.grantedNs = atNs;
  return { kind: 'granted', task, holder, atNs };
}
