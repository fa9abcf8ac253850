/** Plays recordings as if they were hosts: the same session, fed from a file at the pace at which it was made. I/O. */
import { setTimeout as sleep } from 'node:timers/promises';
import { openRecording, paced, type Recording, type Unreadable, unreadable } from '../recording/read.ts';
import { type HostStatus, Publisher } from '../session/publish.ts';
import { type Outcome, Session } from '../session/session.ts';
import { epochUnixMs } from '../session/wall-clock.ts';
import { symbolizer } from '../trace/symbols.ts';
import { nanos } from '../wire/units.ts';

export interface PlayOptions {
  /** 1 is the real pace, 0 as fast as it goes. */
  readonly speed: number;
  readonly loop: boolean;
  /** How long the end stays before a loop begins anew, ms. */
  readonly restMs?: number;
}

/** One recording on stage. */
export class Playing {
  readonly publisher: Publisher;
  readonly #path: string;
  readonly #recording: Recording;
  readonly #lengthNs: number;
  #session: Session;

  private constructor(path: string, recording: Recording, measured: Session) {
    const { node } = measured.on;
    this.#path = path;
    this.#recording = recording;
    this.#lengthNs = measured.nowNs;
    this.#session = sessionOf(recording, node);
    const { header } = recording;
    this.publisher = new Publisher(this.#session, {
      node,
      target: header.target,
      phase: 'live',
      kernel: header.kernel,
      bpftrace: header.bpftrace,
      fileSystems: header.fileSystems,
      coverage: header.coverage,
      problem: null,
      epochUnixMs: epochUnixMs(header.clock, measured.baseNs) ?? header.startedUnixMs,
      playing: { title: header.title, lengthNs: nanos(measured.nowNs), round: 1 },
    });
  }

  /**
   * Opens a recording and measures it by running it through once.
   * @param taken node names that are on stage already: two recordings of one host get two names
   */
  static async open(path: string, taken: ReadonlySet<string> = new Set()): Promise<Playing | Unreadable> {
    const recording = await openRecording(path);
    if (recording.kind === 'unreadable') return recording;
    const own = recording.header.node;
    let node = own;
    for (let copy = 2; taken.has(node); copy++) node = `${own} (${copy})`;
    const measured = sessionOf(recording, node);
    try {
      for await (const chunk of recording.chunks()) for (const _ of measured.push(chunk));
    } catch (error) {
      return unreadableBy(path, error);
    }
    for (const _ of measured.end());
    return new Playing(path, recording, measured);
  }

  get session(): Session {
    return this.#session;
  }

  get lengthNs(): number {
    return this.#lengthNs;
  }

  /**
   * Plays until the end, or for ever when looped, or until the signal.
   * @returns why the file could not be read to its end; null when it could
   */
  async run(options: PlayOptions, said: (outcome: Outcome) => void, signal: AbortSignal): Promise<Unreadable | null> {
    try {
      await this.#play(options, said, signal);
      return null;
    } catch (error) {
      const problem = unreadableBy(this.#path, error);
      this.publisher.report({ phase: 'failed', problem: { cause: problem.cause, remedy: problem.remedy } });
      return problem;
    }
  }

  async #play(options: PlayOptions, said: (outcome: Outcome) => void, signal: AbortSignal): Promise<void> {
    for (let round = 1; !signal.aborted; round++) {
      if (round > 1) this.#startOver(round);
      for await (const chunk of paced(this.#recording.chunks(), options.speed, signal)) this.#use(chunk, said);
      if (signal.aborted) return;
      for (const outcome of this.#session.end()) this.#say(outcome, said);
      if (!options.loop) break;
      await rest(options.restMs ?? 0, signal);
    }
    this.publisher.report({ phase: 'stopped' } satisfies Partial<HostStatus>);
  }

  #use(chunk: Uint8Array, said: (outcome: Outcome) => void): void {
    for (const outcome of this.#session.push(chunk)) this.#say(outcome, said);
  }

  #say(outcome: Outcome, said: (outcome: Outcome) => void): void {
    this.publisher.note(outcome);
    said(outcome);
  }

  #startOver(round: number): void {
    this.#session = sessionOf(this.#recording, this.publisher.status.node);
    this.publisher.restart(this.#session);
    const { playing } = this.publisher.status;
    if (playing !== null) this.publisher.report({ playing: { ...playing, round } });
  }
}

const sessionOf = ({ header }: Recording, node: string): Session =>
  new Session({ node, symbolize: symbolizer(header.symbols, 'gfs2') });

/** Waits, or until the signal. */
async function rest(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    return; // aborted: the loop sees that for itself
  }
}

/** What the disk says; a fault of our own is not the file's, and goes on up. */
function unreadableBy(path: string, error: unknown): Unreadable {
  if (error instanceof Error && 'syscall' in error) return unreadable(path, error.message);
  throw error;
}
