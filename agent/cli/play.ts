/** Plays recordings as if they were hosts: the same session, fed from a file at the pace at which it was made. I/O. */
import { openRecording, paced, type Recording, type Unreadable } from '../recording/read.ts';
import { type HostStatus, Publisher } from '../session/publish.ts';
import { type Outcome, Session } from '../session/session.ts';
import { symbolizer } from '../trace/symbols.ts';
import { nanos } from '../wire/units.ts';

export interface PlayOptions {
  /** 1 is the real pace, 0 as fast as it goes. */
  readonly speed: number;
  readonly loop: boolean;
}

/** One recording on stage. */
export class Playing {
  readonly publisher: Publisher;
  readonly #recording: Recording;
  readonly #lengthNs: number;
  #session: Session;

  private constructor(recording: Recording, lengthNs: number) {
    this.#recording = recording;
    this.#lengthNs = lengthNs;
    this.#session = sessionOf(recording);
    const { header } = recording;
    this.publisher = new Publisher(this.#session, {
      node: header.node,
      target: header.target,
      phase: 'live',
      kernel: header.kernel,
      bpftrace: header.bpftrace,
      fileSystems: header.fileSystems,
      coverage: header.coverage,
      problem: null,
      epochUnixMs: header.startedUnixMs,
      playing: { title: header.title, lengthNs: nanos(lengthNs), round: 1 },
    });
  }

  /** Opens a recording and measures it by running it through once. */
  static async open(path: string): Promise<Playing | Unreadable> {
    const recording = await openRecording(path);
    if (recording.kind === 'unreadable') return recording;
    const measured = sessionOf(recording);
    for await (const chunk of recording.chunks()) for (const _ of measured.push(chunk));
    for (const _ of measured.end());
    return new Playing(recording, measured.nowNs);
  }

  get session(): Session {
    return this.#session;
  }

  get lengthNs(): number {
    return this.#lengthNs;
  }

  /** Plays until the end, or for ever when looped, or until the signal. */
  async run(options: PlayOptions, said: (outcome: Outcome) => void, signal: AbortSignal): Promise<void> {
    for (let round = 1; !signal.aborted; round++) {
      if (round > 1) this.#startOver(round);
      for await (const chunk of paced(this.#recording.chunks(), options.speed, signal)) this.#use(chunk, said);
      if (signal.aborted) return;
      for (const outcome of this.#session.end()) this.#say(outcome, said);
      if (!options.loop) break;
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
    this.#session = sessionOf(this.#recording);
    this.publisher.restart(this.#session);
    const { playing } = this.publisher.status;
    if (playing !== null) this.publisher.report({ playing: { ...playing, round } });
  }
}

const sessionOf = ({ header }: Recording): Session =>
  new Session({ node: header.node, symbolize: symbolizer(header.symbols, 'gfs2') });
