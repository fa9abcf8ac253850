/** `glockscope attach` and `record`: watches hosts, shows them on a page, prints or keeps what they say. I/O. */
import { hostname } from 'node:os';
import type { Inspected } from '../host/inspect.ts';
import { type RecordingHeader, recordingVersion } from '../recording/header.ts';
import { type RecordingWriter, writeRecording } from '../recording/write.ts';
import type { HostStatus } from '../session/publish.ts';
import type { Outcome } from '../session/session.ts';
import { summarize } from '../session/summary.ts';
import { nodeName, parseAddress } from '../target/address.ts';
import { openTarget } from '../target/open.ts';
import type { Target } from '../target/target.ts';
import { type ExitCode, exitCode, type Failure, showFailure } from './exit.ts';
import { cacheFolder } from './paths.ts';
import { outcomeJson, outcomeText, summaryJson, summaryText } from './print.ts';
import { note, print } from './say.ts';
import { openStage, type Stage } from './stage.ts';
import { type Demands, verdict } from './verdict.ts';
import { HostWatch, type WatchEnd } from './watch.ts';

export interface AttachOptions extends Demands {
  readonly targets: readonly string[];
  readonly sshConfig?: string;
  readonly json: boolean;
  /** Seconds; without it until a signal. */
  readonly durationS?: number;
  /** Serve a page on this port; null for no page. */
  readonly port: number | null;
  /** Keep the output of the one target in this file. */
  readonly recordTo?: string;
  readonly overwrite: boolean;
  readonly title?: string;
}

/** Runs until done, interrupted or failed. Says so on stderr; stdout is for `--json` and outcomes. */
export async function attach(options: AttachOptions, interrupt: AbortSignal): Promise<ExitCode> {
  const opened = await openAll(options);
  if ('failure' in opened) return failed(opened.failure, opened.code);
  const watches = opened.targets.map(({ target, node }) => new HostWatch(target, node, cacheFolder));
  let stage: Stage | null = null;
  if (options.port !== null) {
    const staged = await openStage(options.port, 'live', () => watches.map((watch) => watch.publisher));
    if (staged.kind === 'failed') return failed(staged, exitCode.preflight);
    stage = staged;
    note(`glockscope: open ${stage.url}`);
  }
  const stop = new AbortController();
  const end = (): void => stop.abort();
  interrupt.addEventListener('abort', end, { once: true });
  const timer = options.durationS === undefined ? null : setTimeout(end, options.durationS * 1000);
  try {
    const recorder = options.recordTo === undefined ? null : new Recorder(options.recordTo, options, end);
    const ends = await Promise.all(watches.map((watch) => watchOne(watch, options, recorder, stop.signal)));
    // With a page open the user reads there why a host failed; without one there is nothing more to wait for.
    if (stage !== null && !stop.signal.aborted) await aborted(stop.signal);
    await recorder?.close();
    for (const watch of watches)
      print(options.json ? summaryJson(summarize(watch.session)) : summaryText(summarize(watch.session)));
    if (recorder?.failure) return failed(recorder.failure, exitCode.preflight);
    if (ends.some((one) => one.kind !== 'stopped')) return exitCode.preflight;
    if (interrupt.aborted) return exitCode.interrupted;
    return verdict(
      watches.map((watch) => summarize(watch.session)),
      options,
    );
  } finally {
    if (timer !== null) clearTimeout(timer);
    await stage?.close();
  }
}

async function watchOne(
  watch: HostWatch,
  options: AttachOptions,
  recorder: Recorder | null,
  signal: AbortSignal,
): Promise<WatchEnd> {
  const ended = await watch.run(
    {
      said: (outcome: Outcome) => print(options.json ? outcomeJson(outcome) : outcomeText(outcome)),
      phase: (status: HostStatus) => note(phaseText(status)),
      ...(recorder === null
        ? {}
        : {
            inspected: (found: Inspected) => recorder.open(watch.publisher.status, found),
            received: (chunk: Uint8Array) => recorder.keep(chunk),
          }),
    },
    signal,
  );
  if (ended.kind !== 'stopped') note(showFailure(ended.problem));
  return ended;
}

/** The file of `record`, opened once the host is known. */
class Recorder {
  #writer: RecordingWriter | null = null;
  readonly #path: string;
  readonly #options: AttachOptions;
  readonly #stop: () => void;
  failure: Failure | null = null;

  constructor(path: string, options: AttachOptions, stop: () => void) {
    this.#path = path;
    this.#options = options;
    this.#stop = stop;
  }

  async open(status: HostStatus, found: Inspected): Promise<void> {
    try {
      const header = headerOf(status, found, this.#options.title ?? `${status.target}, kernel ${status.kernel}`);
      this.#writer = await writeRecording(this.#path, header, this.#options.overwrite);
    } catch (error) {
      const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST';
      this.#fail({
        cause: exists
          ? `${this.#path} exists already`
          : `${this.#path} cannot be written: ${error instanceof Error ? error.message : 'unknown error'}`,
        remedy: exists
          ? 'Name another file with -o, or overwrite it with --force.'
          : 'Name a file in a folder that you may write to, with -o.',
      });
    }
  }

  async keep(chunk: Uint8Array): Promise<void> {
    await this.#writer?.append(chunk);
    if (this.#writer?.failed) this.#fail(this.#writer.failed);
  }

  async close(): Promise<void> {
    await this.#writer?.close();
    // The last of it is written only now, and may find the disk full.
    if (this.#writer?.failed) this.#fail(this.#writer.failed);
    if (this.#writer !== null && this.failure === null)
      note(
        `glockscope: ${this.#path} holds ${this.#writer.writtenBytes} bytes; replay it with: npm start -- replay ${this.#path}`,
      );
  }

  #fail(failure: Failure): void {
    this.failure ??= failure;
    this.#stop();
  }
}

function headerOf(status: HostStatus, found: Inspected, title: string): RecordingHeader {
  return {
    glockscope: 'recording',
    version: recordingVersion,
    title,
    node: status.node,
    target: status.target,
    kernel: found.survey.kernel,
    machine: found.survey.machine,
    bpftrace: found.survey.bpftrace ?? '',
    build: found.survey.build,
    startedUnixMs: Date.now(),
    clock: found.survey.clock,
    fileSystems: [...found.survey.mounts],
    coverage: [...found.coverage],
    offsets: Object.fromEntries(found.offsets),
    program: found.program,
    symbols: found.survey.symbols.map(([address, name]) => [address, name]),
  };
}

type Opened =
  | { readonly targets: readonly { readonly target: Target; readonly node: string }[] }
  | { readonly failure: Failure; readonly code: ExitCode };

async function openAll(options: AttachOptions): Promise<Opened> {
  const targets: { target: Target; node: string }[] = [];
  for (const text of options.targets) {
    const address = parseAddress(text);
    if (address.kind === 'invalid') return { failure: address, code: exitCode.usage };
    const { sshConfig } = options;
    const target = await openTarget(address, { cacheFolder, ...(sshConfig === undefined ? {} : { sshConfig }) });
    if ('kind' in target) return { failure: target, code: exitCode.preflight };
    const node = nodeName(address, hostname());
    if (targets.some((one) => one.node === node))
      return { failure: { cause: `${text} is named twice`, remedy: 'Name each host once.' }, code: exitCode.usage };
    targets.push({ target, node });
  }
  return { targets };
}

function phaseText(status: HostStatus): string {
  switch (status.phase) {
    case 'connecting':
      return `${status.node}: connecting`;
    case 'surveying':
      return `${status.node}: looking at the host`;
    case 'attaching': {
      const missing = status.coverage.filter((one) => one.way === null).map((one) => one.capability);
      return `${status.node}: kernel ${status.kernel}, bpftrace ${status.bpftrace}; attaching${missing.length === 0 ? '' : ` (not to be seen here: ${missing.join(', ')})`}`;
    }
    case 'live':
      return `${status.node}: attached, watching`;
    case 'stopped':
      return `${status.node}: stopped, nothing left behind`;
    case 'failed':
      return `${status.node}: failed`;
    default:
      return status.phase satisfies never;
  }
}

function failed(failure: Failure, code: ExitCode): ExitCode {
  note(showFailure(failure));
  return code;
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) =>
    signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true }),
  );
