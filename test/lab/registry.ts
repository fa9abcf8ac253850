// The guests that run now, by a directory each in the cache: what `lab ls` lists and `lab ssh` finds.
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { labCache } from './cache.ts';
import { isErrno } from './failure.ts';
import { isAlive, thisProcess } from './process-identity.ts';

const Owner = v.object({ pid: v.number(), startTicks: v.number() });

const GuestRecord = v.object({
  /** `lab up` in the foreground, its keeper in the background, or a test: only the first two obey `lab down`. */
  ownerKind: v.picklist(['up', 'keeper', 'test']),
  owner: Owner,
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

/** A new directory for the files of one guest of this process; those of processes that are gone are cleared away. */
export async function guestDirectory(kernel: string): Promise<string> {
  await runningGuests();
  await mkdir(guests(), { recursive: true });
  const directory = await mkdtemp(join(guests(), `${kernel}-`));
  await writeFile(join(directory, 'owner.json.new'), JSON.stringify(thisProcess()));
  await rename(join(directory, 'owner.json.new'), join(directory, 'owner.json'));
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
    const owner = await readIfPresent(join(directory, 'owner.json'), Owner);
    if (!owner) continue; // being made at this moment
    if (!isAlive(owner)) {
      await rm(directory, { recursive: true, force: true });
      continue;
    }
    const record = await readIfPresent(join(directory, 'guest.json'), GuestRecord);
    if (record) running.push(record); // without one it still boots
  }
  return running.sort((a, b) => a.since.localeCompare(b.since));
}

async function readIfPresent<const S extends v.GenericSchema>(
  path: string,
  schema: S,
): Promise<v.InferOutput<S> | undefined> {
  try {
    return v.parse(schema, JSON.parse(await readFile(path, 'utf8')));
  } catch (failure) {
    if (isErrno(failure, 'ENOENT')) return undefined;
    throw failure;
  }
}

function guests(): string {
  return join(labCache(), 'guests');
}
