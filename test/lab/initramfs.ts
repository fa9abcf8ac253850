// Makes the initramfs: a static busybox, the modules of the root disk, and the script that mounts it.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { labAsset } from './cache.ts';
import { type CpioEntry, cpioArchive } from './cpio.ts';
import { loadOrder, moduleName } from './modules.ts';
import { bootModules } from './packages.ts';

/** An uncompressed cpio archive: QEMU hands it over at once, and an emulated CPU would unzip for seconds. */
export async function initramfs(root: string, release: string): Promise<Uint8Array> {
  const modules = join(root, 'usr/lib/modules', release);
  const busybox = join(root, 'usr/bin/busybox');
  const order = loadOrder(
    await readFile(join(modules, 'modules.dep'), 'utf8'),
    await readFile(join(modules, 'modules.softdep'), 'utf8'),
    ['crc32c_generic', ...bootModules],
  );
  const entries: CpioEntry[] = [];
  for (const path of ['bin', 'dev', 'lib', 'proc', 'root', 'sys']) entries.push({ kind: 'directory', path });
  entries.push({ kind: 'character device', path: 'dev/console', major: 5, minor: 1 });
  entries.push({ kind: 'file', path: 'bin/busybox', mode: 0o755, content: await readFile(busybox) });
  entries.push({
    kind: 'file',
    path: 'init',
    mode: 0o755,
    content: await readFile(labAsset('guest', 'initramfs-init')),
  });
  const names: string[] = [];
  for (const file of order.files) {
    const name = `${moduleName(file)}.ko`;
    names.push(name);
    const content = await uncompressed(busybox, join(modules, file));
    entries.push({ kind: 'file', path: `lib/${name}`, mode: 0o644, content });
  }
  entries.push({ kind: 'file', path: 'lib/order', mode: 0o644, content: Buffer.from(`${names.join('\n')}\n`) });
  return cpioArchive(entries);
}

/** insmod of a busybox cannot unpack; the same busybox, static, can do so here on the host. */
async function uncompressed(busybox: string, path: string): Promise<Uint8Array> {
  if (!path.endsWith('.xz')) return await readFile(path);
  const { stdout } = await execa(busybox, ['xz', '-d', '-c', path], { encoding: 'buffer' });
  return stdout;
}
