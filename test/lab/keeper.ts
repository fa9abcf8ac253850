// Keeps a guest alive: in this process until it is told to stop, or in one of its own that outlives the terminal.
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { labCache } from './cache.ts';
import { LabError } from './failure.ts';
import { bootGuest, type Guest } from './guest.ts';
import type { Progress, ProgressSink } from './progress.ts';
import type { GuestRecord } from './registry.ts';

export interface Keeping {
  readonly suite: string;
  readonly mount: string;
  /** Undefined: until told to stop. */
  readonly forMs?: number | undefined;
  readonly ownerKind: GuestRecord['ownerKind'];
}

/**
 * Boots a guest and holds it until SIGINT, SIGTERM, SIGHUP, the end of its time, or its own end; then powers it off.
 * `onReady` hears when it answers. A second signal pulls the plug.
 */
export async function holdGuest(
  keeping: Keeping,
  onProgress: ProgressSink,
  onReady: (guest: Guest) => void,
): Promise<void> {
  const stop = new AbortController();
  const onSignal = (): void => {
    // during the boot, or a second time: the end of this process is the end of QEMU
    if (stop.signal.aborted || !guest) process.exit(130);
    stop.abort();
  };
  let guest: Guest | undefined;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  guest = await bootGuest({
    suite: keeping.suite,
    mountGfs2: keeping.mount !== 'none',
    mountPoint: keeping.mount,
    ownerKind: keeping.ownerKind,
    onProgress,
  });
  onReady(guest);
  const timer = keeping.forMs === undefined ? undefined : setTimeout(() => stop.abort(), keeping.forMs);
  const stopped = new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve()));
  await Promise.race([guest.ended, stopped]);
  clearTimeout(timer);
  await guest.poweroff();
}

/** What a keeper tells the command that started it, over the IPC channel between them. */
const Message = v.variant('kind', [
  v.object({ kind: v.literal('progress'), progress: v.custom<Progress>(isProgress) }),
  v.object({ kind: v.literal('ready') }),
  v.object({ kind: v.literal('failed'), message: v.string(), remedy: v.string() }),
]);

type Message = v.InferOutput<typeof Message>;

/** Starts a keeper that outlives this process; resolves when its guest answers. */
export async function startKeeper(args: readonly string[], onProgress: ProgressSink): Promise<void> {
  mkdirSync(labCache(), { recursive: true });
  const log = openSync(join(labCache(), 'keeper.log'), 'a');
  const main = fileURLToPath(new URL('main.js', import.meta.url));
  const child = spawn(process.execPath, [main, 'keep', ...args], {
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  try {
    await new Promise<void>((resolve, reject) => {
      child.on('message', (raw) => {
        const message = v.parse(Message, raw);
        if (message.kind === 'progress') onProgress(message.progress);
        else if (message.kind === 'ready') resolve();
        else reject(new LabError(message.message, message.remedy));
      });
      child.on('error', reject);
      child.on('exit', (code) =>
        reject(new LabError(`the keeper ended with ${code}`, `read ${join(labCache(), 'keeper.log')}`)),
      );
    });
  } finally {
    if (child.connected) child.disconnect();
    child.unref();
  }
}

/** The keeper's own main: what happens goes to whoever started it, as long as that one listens. */
export async function keepGuest(keeping: Keeping): Promise<void> {
  let ready = false;
  const tell = (message: Message): void => {
    if (process.connected) process.send?.(message);
  };
  // who started us gave up before there was a guest: nobody wants it any more
  process.on('disconnect', () => {
    if (!ready) process.exit(130);
  });
  try {
    await holdGuest(
      keeping,
      (progress) => tell({ kind: 'progress', progress }),
      () => {
        ready = true;
        tell({ kind: 'ready' });
      },
    );
  } catch (failure) {
    if (failure instanceof LabError) tell({ kind: 'failed', message: failure.message, remedy: failure.remedy });
    throw failure;
  }
}

function isProgress(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'kind' in value && 'text' in value;
}
