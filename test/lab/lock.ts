// Lets one process at a time build an image; a second waits and then finds the work done.
import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import { isErrno } from './failure.ts';
import { isAlive, type ProcessIdentity, thisProcess } from './process-identity.ts';

const Holder = v.object({ pid: v.number(), startTicks: v.number() });

/**
 * Runs `work` while holding the lock file at `path`. `onWait` hears once who is waited for.
 * A holder that died without letting go (SIGKILL, power) is noticed and its lock taken over.
 */
export async function withLock<T>(
  path: string,
  onWait: (holder: ProcessIdentity) => void,
  work: () => Promise<T>,
): Promise<T> {
  let told = false;
  while (!take(path)) {
    const holder = holderOf(path);
    if (holder && !isAlive(holder)) discard(path);
    else {
      if (holder && !told) onWait(holder);
      told = told || holder !== undefined;
      await sleep(250);
    }
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

/** link() makes the lock appear with its content: there is no moment in which it is there and empty. */
function take(path: string): boolean {
  const own = `${path}.${randomUUID()}`;
  writeFileSync(own, JSON.stringify(thisProcess()));
  try {
    linkSync(own, path);
    return true;
  } catch (failure) {
    if (isErrno(failure, 'EEXIST')) return false;
    throw failure;
  } finally {
    rmSync(own, { force: true });
  }
}

/** Who holds it; undefined where it was let go between two looks. */
function holderOf(path: string): ProcessIdentity | undefined {
  try {
    return v.parse(Holder, JSON.parse(readFileSync(path, 'utf8')));
  } catch (failure) {
    if (isErrno(failure, 'ENOENT')) return undefined;
    throw failure;
  }
}

/** Renaming lets one of several waiters win; one that lost finds nothing to rename and looks again. */
function discard(path: string): void {
  const aside = `${path}.stale.${randomUUID()}`;
  try {
    renameSync(path, aside);
  } catch (failure) {
    if (isErrno(failure, 'ENOENT')) return;
    throw failure;
  }
  rmSync(aside, { force: true });
}
