/** Keeps the BTF of kernels already met, by build: 4 MB that need not travel again. I/O. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

/** @param build the notes of kernel and module, hex: they hold both build ids */
export async function keptBtf(cacheFolder: string, build: string, name: string): Promise<Uint8Array | null> {
  if (build === '') return null;
  try {
    return gunzipSync(await readFile(pathOf(cacheFolder, build, name)));
  } catch {
    return null; // not met before, or the copy is damaged: it is fetched anew
  }
}

/** Keeps a copy; where none can be kept (a full disk, a folder of somebody else's) the next attach fetches anew. */
export async function keepBtf(cacheFolder: string, build: string, name: string, bytes: Uint8Array): Promise<void> {
  if (build === '') return;
  const path = pathOf(cacheFolder, build, name);
  // Two agents may keep the same build at once; a rename leaves one whole copy.
  const draft = `${path}.${randomUUID()}`;
  try {
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(draft, gzipSync(bytes));
    await rename(draft, path);
  } catch {
    await rm(draft, { force: true }).catch(() => undefined); // what cannot be written may not be removable either
  }
}

const pathOf = (cacheFolder: string, build: string, name: string): string =>
  join(cacheFolder, 'btf', createHash('sha256').update(build).digest('hex').slice(0, 32), `${name}.btf.gz`);
