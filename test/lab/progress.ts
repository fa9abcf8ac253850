// What the lab is doing, as data, and how that is shown: a bar on a terminal, plain lines elsewhere.

/** `count` and `bytes` are measured, never guessed; a `phase` has no measurable length. */
export type Progress =
  | { readonly kind: 'phase'; readonly text: string }
  | { readonly kind: 'bytes'; readonly text: string; readonly done: number; readonly total: number }
  | { readonly kind: 'count'; readonly text: string; readonly done: number; readonly total: number };

export type ProgressSink = (progress: Progress) => void;

/** For callers that want no progress. */
export const noProgress: ProgressSink = () => undefined;

export interface Screen {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** A sink that draws on `screen`; `now` gives milliseconds of any monotonic clock. */
export function progressDisplay(screen: Screen, now: () => number = () => performance.now()): ProgressSink {
  return screen.isTTY ? bars(screen, now) : lines(screen, now);
}

/** One line, redrawn in place; it stays behind as a plain line when the next step begins. */
function bars(screen: Screen, now: () => number): ProgressSink {
  let open: { text: string; sinceMs: number } | undefined;
  return (progress) => {
    if (open && open.text !== progress.text) screen.write('\n');
    if (open?.text !== progress.text) open = { text: progress.text, sinceMs: now() };
    const line = `${describe(progress)}  ${seconds(now() - open.sinceMs)}`;
    screen.write(`\r\x1b[K${line.slice(0, (screen.columns ?? 80) - 1)}`);
    if (isFinished(progress)) {
      screen.write('\n');
      open = undefined;
    }
  };
}

/** A line at the start of a step, at each quarter, and at its end. */
function lines(screen: Screen, now: () => number): ProgressSink {
  const startMs = now();
  let last = '';
  return (progress) => {
    const quarter = progress.kind === 'phase' ? 0 : Math.floor((4 * progress.done) / Math.max(1, progress.total));
    const mark = `${progress.text} ${quarter}`;
    if (mark === last) return;
    last = mark;
    screen.write(`[${seconds(now() - startMs)}] ${describe(progress)}\n`);
  };
}

function isFinished(progress: Progress): boolean {
  return progress.kind !== 'phase' && progress.done >= progress.total;
}

function describe(progress: Progress): string {
  switch (progress.kind) {
    case 'phase':
      return progress.text;
    case 'bytes':
      return `${progress.text} ${bar(progress)} ${megabytes(progress.done)} of ${megabytes(progress.total)} MB`;
    case 'count':
      return `${progress.text} ${bar(progress)} ${progress.done} of ${progress.total}`;
    default:
      return progress satisfies never;
  }
}

function bar(progress: { readonly done: number; readonly total: number }): string {
  const filled = Math.min(20, Math.round((20 * progress.done) / Math.max(1, progress.total)));
  return `${'█'.repeat(filled)}${'░'.repeat(20 - filled)}`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
