/** Watches one host: looks at it, runs bpftrace there, feeds what it prints into a session, and says how it stands. I/O. */
import { bpftraceCommand } from '../host/bpftrace.ts';
import { type Inspected, inspect } from '../host/inspect.ts';
import { type HostStatus, Publisher } from '../session/publish.ts';
import { type Outcome, Session } from '../session/session.ts';
import { epochUnixMs } from '../session/wall-clock.ts';
import type { Ended, Streaming, Target } from '../target/target.ts';
import { symbolizer } from '../trace/symbols.ts';

export interface Problem {
  readonly cause: string;
  readonly remedy: string;
}

/** What others want to know while it runs. */
export interface WatchListener {
  /** The program is about to be started. */
  readonly inspected?: (found: Inspected) => Promise<void>;
  /** bpftrace's output, as it came. */
  readonly received?: (chunk: Uint8Array) => Promise<void>;
  readonly said: (outcome: Outcome) => void;
  readonly phase: (status: HostStatus) => void;
}

export type WatchEnd =
  | { readonly kind: 'stopped' }
  /** It never came to watching. */
  | { readonly kind: 'not-attached'; readonly problem: Problem }
  /** It ended by itself, after it had watched. */
  | { readonly kind: 'broke-off'; readonly problem: Problem };

export class HostWatch {
  readonly publisher: Publisher;
  readonly #target: Target;
  readonly #cacheFolder: string;
  #session: Session;

  constructor(target: Target, node: string, cacheFolder: string) {
    this.#target = target;
    this.#cacheFolder = cacheFolder;
    this.#session = new Session({ node, symbolize: (address) => `0x${address}` });
    this.publisher = new Publisher(this.#session, {
      node,
      target: target.name,
      phase: 'connecting',
      kernel: '',
      bpftrace: '',
      fileSystems: [],
      coverage: [],
      problem: null,
      epochUnixMs: null,
      playing: null,
    });
  }

  get session(): Session {
    return this.#session;
  }

  /** Runs until the signal, or until the host ends it. Everything printed up to then has been used when it returns. */
  async run(listener: WatchListener, signal: AbortSignal): Promise<WatchEnd> {
    const report = (change: Partial<HostStatus>): void => {
      this.publisher.report(change);
      listener.phase(this.publisher.status);
    };
    report({ phase: 'surveying' });
    const found = await inspect(this.#target, this.#cacheFolder);
    if (found.kind === 'not-served') {
      const problem = { cause: found.cause, remedy: found.remedy };
      report({ phase: 'failed', problem, coverage: [...found.coverage], kernel: found.survey?.kernel ?? '' });
      return { kind: 'not-attached', problem };
    }
    const { survey } = found;
    this.#session = new Session({ node: this.publisher.status.node, symbolize: symbolizer(survey.symbols, 'gfs2') });
    this.publisher.restart(this.#session);
    report({
      phase: 'attaching',
      kernel: survey.kernel,
      bpftrace: survey.bpftrace ?? '',
      fileSystems: [...survey.mounts],
      coverage: [...found.coverage],
    });
    await listener.inspected?.(found);
    if (signal.aborted) {
      report({ phase: 'stopped' });
      return { kind: 'stopped' };
    }
    const command = bpftraceCommand(survey.bpftrace ?? '', found.program);
    return this.#follow(this.#target.stream(command.argv, { env: command.env }), found, listener, report, signal);
  }

  async #follow(
    stream: Streaming,
    found: Inspected,
    listener: WatchListener,
    report: (change: Partial<HostStatus>) => void,
    signal: AbortSignal,
  ): Promise<WatchEnd> {
    const stop = (): void => void stream.stop();
    signal.addEventListener('abort', stop, { once: true });
    const complaints = lastLines(stream.errors);
    let attached = false;
    try {
      for await (const chunk of stream.chunks) {
        await listener.received?.(chunk);
        for (const outcome of this.#session.push(chunk)) this.#say(outcome, listener);
        if (this.#session.model.implausible > 0) return await this.#distrust(stream, found, report);
        if (!attached && this.#session.ready) {
          attached = true;
          report({ phase: 'live', epochUnixMs: epochUnixMs(found.survey.clock, this.#session.baseNs) });
        }
      }
    } finally {
      signal.removeEventListener('abort', stop);
    }
    for (const outcome of this.#session.end()) this.#say(outcome, listener);
    const ended = await stream.ended;
    if (signal.aborted || ended.kind === 'stopped') {
      report({ phase: 'stopped' });
      return { kind: 'stopped' };
    }
    const problem = problemOf(ended, await complaints, attached);
    report({ phase: 'failed', problem });
    return { kind: attached ? 'broke-off' : 'not-attached', problem };
  }

  /** What was read cannot be true: better no answer than a wrong one. */
  async #distrust(
    stream: Streaming,
    found: Inspected,
    report: (change: Partial<HostStatus>) => void,
  ): Promise<WatchEnd> {
    await stream.stop();
    const problem = {
      cause: `gfs2's structs on kernel ${found.survey.kernel} are not where ${found.layout === 'btf' ? 'its BTF says' : 'they are on the kernels known'}: a lock request read there cannot be true`,
      remedy: 'Report the kernel version and how it was built. Nothing that was shown of this host can be trusted.',
    };
    report({ phase: 'failed', problem });
    return { kind: 'broke-off', problem };
  }

  #say(outcome: Outcome, listener: WatchListener): void {
    this.publisher.note(outcome);
    listener.said(outcome);
  }
}

/** The last lines of bpftrace's stderr: where it says why it gave up. */
async function lastLines(lines: AsyncIterable<string>): Promise<string[]> {
  const last: string[] = [];
  for await (const line of lines) {
    last.push(line);
    if (last.length > 8) last.shift();
  }
  return last;
}

function problemOf(
  ended: Exclude<Ended, { kind: 'stopped' }>,
  complaints: readonly string[],
  attached: boolean,
): Problem {
  const said = complaints.filter((line) => line.trim() !== '').join(' / ') || 'it said nothing';
  switch (ended.kind) {
    case 'unreachable':
      return ended;
    case 'signalled':
      return {
        cause: `bpftrace was ended by ${ended.signal} (${said})`,
        remedy: 'Attach again; look at the host’s memory and log.',
      };
    case 'exited':
      return {
        cause: `bpftrace ${attached ? 'ended' : 'could not attach'} with ${ended.code}: ${said}`,
        remedy: attached ? 'Attach again.' : 'See the program and the plan with: npm start -- probes TARGET',
      };
    default:
      return ended satisfies never;
  }
}
