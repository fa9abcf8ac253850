// The guests that run now, by a directory each in the cache: what `lab ls` lists and `lab ssh` finds.
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { labCache } from './cache.ts';
import { isErrno } from './failure.ts';
import { isAlive } from './process-identity.ts';

const GuestRecord = v.object({
  /** `lab up` in the foreground, its keeper in the background, or a test: only the first two obey `lab down`. */
  ownerKind: v.picklist(['up', 'keeper', 'test']),
  owner: v.object({ pid: v.number(), startTicks: v.number() }),
  suite: v.string(),
  kernel: v.string(),
  alias: v.string(),
  port: v.number(),
  mount: v.string(),
  sshConfig: v.string(),
  console: v.string(),
  accelerator: v.picklist(['kvm', 'tcg']),
  since: v.string(),
});

export type GuestRecord = v.InferOutput<typeof GuestRecord>;

/** A new directory for the files of one guest; those of guests whose owner is gone are cleared away meanwhile. */
export async function guestDirectory(kernel: string): Promise<string> {
  await runningGuests();
  await mkdir(guests(), { recursive: true });
  const directory = await mkdtemp(join(guests(), `${kernel}-`));
  return directory;
}

/** Makes a guest that answers known to other processes. */
export async function announceGuest(directory: string, record: GuestRecord): Promise<void> {
  await writeFile(join(directory, 'guest.json.new'), `${JSON.stringify(record, null, 2)}\n`);
  await rename(join(directory, 'guest.json.new'), join(directory, 'guest.json'));
}

/** Guests whose owner lives, oldest first. What a killed owner left behind is removed. */
export async function runningGuests(): Promise<GuestRecord[]> {
  if (!existsSync(guests())) return [];
  const running: GuestRecord[] = [];
  for (const name of await readdir(guests())) {
    const directory = join(guests(), name);
    const record = await readRecord(directory);
    if (!record) continue;
    if (isAlive(record.owner)) running.push(record);
    else await rm(directory, { recursive: true, force: true });
  }
  return running.sort((a, b) => a.since.localeCompare(b.since));
}

/** undefined for a guest that is still booting. */
async function readRecord(directory: string): Promise<GuestRecord | undefined> {
  try {
    return v.parse(GuestRecord, JSON.parse(await readFile(join(directory, 'guest.json'), 'utf8')));
  } catch (failure) {
    if (isErrno(failure, 'ENOENT')) return undefined;
    throw failure;
  }
}

function guests(): string {
  return join(labCache(), 'guests');
}
