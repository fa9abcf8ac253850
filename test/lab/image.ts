// Gives the image of a suite: from the cache, or built from Debian's packages.
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { type Deb, download, type PrivateApt, privateApt, resolveClosure, updateLists } from './apt.ts';
import { labAsset, labCache } from './cache.ts';
import { isErrno, LabError } from './failure.ts';
import { runHostProgram } from './host-program.ts';
import { initramfs } from './initramfs.ts';
import { withLock } from './lock.ts';
import { bootModules, guestModules, unneededFiles, unneededPackages, wantedPackages } from './packages.ts';
import type { ProgressSink } from './progress.ts';
import type { Suite } from './suite.ts';
import { fingerprint, furnish, makeHostKey, pruneModules, unpackTree } from './tree.ts';

/** Raised when the way an image is made changes in a manner that no input shows. */
const builderVersion = 1;

const ImageRecord = v.object({
  suite: v.string(),
  kernel: v.string(),
  /** uname -r */
  release: v.string(),
  bpftrace: v.string(),
  hostKey: v.string(),
  packages: v.array(v.string()),
  builtAt: v.string(),
  buildSeconds: v.number(),
});

export interface Image extends v.InferOutput<typeof ImageRecord> {
  readonly directory: string;
  readonly disk: string;
  readonly vmlinuz: string;
  readonly initrd: string;
  readonly identity: string;
}

/**
 * The cached image of the suite, or a new one. `refresh` asks the mirror whether packages changed since it was built.
 * LabError where a tool, the mirror or disk space is missing.
 */
export async function ensureImage(
  suite: Suite,
  onProgress: ProgressSink,
  options: { readonly refresh?: boolean } = {},
): Promise<Image> {
  const found = options.refresh ? undefined : await cachedImage(suite);
  if (found) return found;
  const cache = labCache();
  await mkdir(join(cache, 'images'), { recursive: true });
  return await withLock(
    join(cache, `build-${suite.kernel}.lock`),
    (holder) => onProgress({ kind: 'phase', text: `wait for process ${holder.pid}, which builds this image` }),
    async () => (options.refresh ? undefined : await cachedImage(suite)) ?? (await build(cache, suite, onProgress)),
  );
}

/** Complete images of all suites and recipes, newest first. */
export async function listImages(): Promise<Image[]> {
  const images = join(labCache(), 'images');
  if (!existsSync(images)) return [];
  const found: Image[] = [];
  for (const name of await readdir(images)) {
    const image = await readImage(join(images, name));
    if (image) found.push(image);
  }
  return found.sort((a, b) => b.builtAt.localeCompare(a.builtAt));
}

async function cachedImage(suite: Suite): Promise<Image | undefined> {
  const prefix = `${suite.kernel}-${await recipe(suite)}-`;
  return (await listImages()).find((image) => image.directory.includes(`/${prefix}`));
}

/** What goes into an image, package versions aside. */
async function recipe(suite: Suite): Promise<string> {
  const assets = ['init', 'initramfs-init', 'cc'].map((name) => readFile(labAsset('guest', name), 'utf8'));
  const lists = [wantedPackages, [...unneededPackages], unneededFiles, bootModules, guestModules];
  return fingerprint(String(builderVersion), suite.name, JSON.stringify(lists), ...(await Promise.all(assets)));
}

async function build(cache: string, suite: Suite, onProgress: ProgressSink): Promise<Image> {
  const startMs = performance.now();
  await checkSpace(cache);
  onProgress({ kind: 'phase', text: `package lists of Debian ${suite.name}` });
  const apt = await privateApt(join(cache, 'apt', suite.kernel), suite);
  await updateLists(apt);
  const debs = await resolveClosure(apt, wantedPackages);
  const name = `${suite.kernel}-${await recipe(suite)}-${fingerprint(...debs.map((deb) => deb.file))}`;
  const directory = join(cache, 'images', name);
  const present = await readImage(directory);
  if (present) return present;
  await download(apt, wantedPackages, debs, onProgress);
  await dropInterruptedBuilds(cache, suite);
  // Built aside and renamed when whole: an interrupted build never looks like an image.
  const aside = await mkdtemp(join(cache, `building-${suite.kernel}-`));
  try {
    const made = await assemble(aside, apt, debs, onProgress);
    const record: v.InferOutput<typeof ImageRecord> = {
      ...made,
      suite: suite.name,
      kernel: suite.kernel,
      packages: debs.map((deb) => deb.file),
      builtAt: new Date().toISOString(),
      buildSeconds: Math.round((performance.now() - startMs) / 100) / 10,
    };
    await writeFile(join(aside, 'image', 'image.json'), `${JSON.stringify(record, null, 2)}\n`);
    await rename(join(aside, 'image'), directory);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  await dropStaleArchives(apt, debs);
  await dropOldImages(suite);
  const image = await readImage(directory);
  if (!image) throw new Error(`the image just built is not in ${directory}`);
  return image;
}

async function assemble(
  aside: string,
  apt: PrivateApt,
  debs: readonly Deb[],
  onProgress: ProgressSink,
): Promise<{ release: string; bpftrace: string; hostKey: string }> {
  const root = join(aside, 'root');
  const image = join(aside, 'image');
  await mkdir(image);
  await runHostProgram('ssh-keygen', 'openssh-client', [
    '-q',
    '-t',
    'ed25519',
    '-N',
    '',
    '-C',
    'lab',
    '-f',
    `${image}/identity`,
  ]);
  await unpackTree(root, apt.archives, debs, onProgress);
  onProgress({ kind: 'phase', text: 'kernel modules' });
  const release = await pruneModules(root);
  await furnish(root, await readFile(join(image, 'identity.pub'), 'utf8'));
  const hostKey = await makeHostKey(root);
  onProgress({ kind: 'phase', text: 'initramfs' });
  await writeFile(join(image, 'initrd'), await initramfs(root, release));
  await rename(join(root, 'boot', `vmlinuz-${release}`), join(image, 'vmlinuz'));
  onProgress({ kind: 'phase', text: 'disk image' });
  await runHostProgram(
    'mke2fs',
    'e2fsprogs',
    ['-q', '-t', 'ext4', '-d', root, '-O', '^has_journal', '-m', '0'].concat([
      '-E',
      'root_owner=0:0',
      join(image, 'disk.img'),
      '2G',
    ]),
  );
  const bpftrace =
    debs
      .find((deb) => deb.name === 'bpftrace')
      ?.file.split('_')[1]
      ?.replace(/-[^-]*$/, '') ?? 'unknown';
  return { release, bpftrace, hostKey };
}

/** A build needs about 0.3 GB of packages, 1 GB of unpacked tree and 0.7 GB of image. */
async function checkSpace(cache: string): Promise<void> {
  const { bavail, bsize } = await statfs(cache);
  const freeGb = (bavail * bsize) / 1e9;
  if (freeGb >= 2.5) return;
  throw new LabError(
    `the disk is nearly full: ${freeGb.toFixed(1)} GB free in ${cache}, a build needs 2.5 GB`,
    'free some space, or point GLOCKSCOPE_CACHE at a larger disk',
  );
}

/** What a killed build left: the lock is ours, so nobody works there. */
async function dropInterruptedBuilds(cache: string, suite: Suite): Promise<void> {
  for (const name of await readdir(cache)) {
    if (name.startsWith(`building-${suite.kernel}-`)) await rm(join(cache, name), { recursive: true, force: true });
  }
}

/** Keeps the two newest images of a kernel: a second checkout of the project may share the cache. Guests hold on to
 * the files they opened. */
async function dropOldImages(suite: Suite): Promise<void> {
  const images = (await listImages()).filter((image) => image.kernel === suite.kernel);
  for (const image of images.slice(2)) await rm(image.directory, { recursive: true, force: true });
}

async function dropStaleArchives(apt: PrivateApt, debs: readonly Deb[]): Promise<void> {
  const current = new Set(debs.map((deb) => deb.file));
  for (const name of await readdir(apt.archives)) {
    if (name.endsWith('.deb') && !current.has(name)) await rm(join(apt.archives, name));
  }
}

async function readImage(directory: string): Promise<Image | undefined> {
  let text: string;
  try {
    text = await readFile(join(directory, 'image.json'), 'utf8');
  } catch (failure) {
    if (isErrno(failure, 'ENOENT')) return undefined;
    throw failure;
  }
  return {
    ...v.parse(ImageRecord, JSON.parse(text)),
    directory,
    disk: join(directory, 'disk.img'),
    vmlinuz: join(directory, 'vmlinuz'),
    initrd: join(directory, 'initrd'),
    identity: join(directory, 'identity'),
  };
}
