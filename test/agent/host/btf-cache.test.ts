import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keepBtf, keptBtf } from '../../../agent/host/btf-cache.ts';

const bytes = new Uint8Array([1, 2, 3, 0, 255]);
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'glockscope-cache-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const files = (): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

test('gives back what was kept, by build and name', async () => {
  await keepBtf(folder, 'aa', 'gfs2', bytes);
  expect(await keptBtf(folder, 'aa', 'gfs2')).toEqual(Buffer.from(bytes));
  expect(await keptBtf(folder, 'ab', 'gfs2')).toBeNull();
  expect(await keptBtf(folder, 'aa', 'vmlinux')).toBeNull();
});

test('keeps nothing of a build that has no name: it could be any', async () => {
  await keepBtf(folder, '', 'gfs2', bytes);
  expect(files()).toEqual([]);
  expect(await keptBtf(folder, '', 'gfs2')).toBeNull();
});

test('a copy cut at any byte is no copy, and the next one kept replaces it', async () => {
  await keepBtf(folder, 'aa', 'gfs2', bytes);
  const [path = ''] = files();
  const whole = readFileSync(path);
  for (let at = 0; at < whole.length; at++) {
    writeFileSync(path, whole.subarray(0, at));
    expect(await keptBtf(folder, 'aa', 'gfs2'), `cut at byte ${at}`).toBeNull();
  }
  await keepBtf(folder, 'aa', 'gfs2', bytes);
  expect(await keptBtf(folder, 'aa', 'gfs2')).toEqual(Buffer.from(bytes));
});

test('several that keep the same build at once leave one whole copy and no drafts', async () => {
  const big = new Uint8Array(1 << 18).map((_, at) => (at * 2_654_435_761) >>> 24);
  await Promise.all(Array.from({ length: 8 }, () => keepBtf(folder, 'aa', 'vmlinux', big)));
  expect(files()).toHaveLength(1);
  expect(await keptBtf(folder, 'aa', 'vmlinux')).toEqual(Buffer.from(big));
});

test('a folder that cannot be written costs the copy, not the attach', async () => {
  writeFileSync(join(folder, 'btf'), 'a file where the folder would be');
  await expect(keepBtf(folder, 'aa', 'gfs2', bytes)).resolves.toBeUndefined();
  expect(await keptBtf(folder, 'aa', 'gfs2')).toBeNull();
});
