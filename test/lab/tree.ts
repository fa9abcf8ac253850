// Unpacks Debian packages into a root tree, without root, without running any of their scripts.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import type { Deb } from './apt.ts';
import { labAsset } from './cache.ts';
import { loadOrder } from './modules.ts';
import { guestModules, unneededFiles, unneededPackages } from './packages.ts';
import type { ProgressSink } from './progress.ts';

/** Unpacks all but the unneeded packages below `root`, which must not exist yet. */
export async function unpackTree(
  root: string,
  archives: string,
  debs: readonly Deb[],
  onProgress: ProgressSink,
): Promise<void> {
  // the links of a merged /usr come first: an older package's ./bin/x then lands in usr/bin
  for (const directory of ['bin', 'sbin', 'lib', 'lib64']) {
    await mkdir(join(root, 'usr', directory), { recursive: true });
    await symlink(join('usr', directory), join(root, directory));
  }
  const wanted = debs.filter((deb) => !unneededPackages.has(deb.name));
  let done = 0;
  const queue = [...wanted].sort((a, b) => b.sizeBytes - a.sizeBytes);
  const worker = async (): Promise<void> => {
    for (let deb = queue.shift(); deb; deb = queue.shift()) {
      await unpack(join(archives, deb.file), root);
      done += 1;
      onProgress({ kind: 'count', text: 'unpack', done, total: wanted.length });
    }
  };
  await Promise.all([worker(), worker()]);
}

async function unpack(deb: string, root: string): Promise<void> {
  const exclude = unneededFiles.map((pattern) => `--exclude=${pattern}`);
  const tar = ['-x', '-C', root, '--keep-directory-symlink', '--no-same-owner', '--wildcards', ...exclude];
  await execa('dpkg-deb', ['--fsys-tarfile', deb], { buffer: false }).pipe('tar', tar);
}

/** Keeps the kernel modules that guests use and indexes them. Gives the release, such as 6.1.0-49-amd64. */
export async function pruneModules(root: string): Promise<string> {
  const release = await onlyEntry(join(root, 'usr/lib/modules'));
  const modules = join(root, 'usr/lib/modules', release);
  await depmod(root, release);
  const { files, absent } = loadOrder(
    await readFile(join(modules, 'modules.dep'), 'utf8'),
    await readFile(join(modules, 'modules.softdep'), 'utf8'),
    guestModules,
  );
  if (absent.includes('gfs2')) throw new Error(`the kernel ${release} has no module gfs2 in ${modules}`);
  const kept = join(root, 'kept-modules');
  for (const file of files) await cp(join(modules, file), join(kept, file), { recursive: true });
  await rm(join(modules, 'kernel'), { recursive: true });
  await rename(join(kept, 'kernel'), join(modules, 'kernel'));
  await rm(kept, { recursive: true });
  await depmod(root, release);
  return release;
}

/** kmod acts by the name it is called by; Debian's own link of that name is absolute and would lead out of the tree. */
async function depmod(root: string, release: string): Promise<void> {
  const link = join(root, 'depmod');
  await symlink('usr/bin/kmod', link);
  await runFromTree(root, 'depmod', ['-b', root, release]);
  await rm(link);
}

/** Writes what maintainer scripts would have made, and the lab's own init, compiler wrapper and key holders. */
export async function furnish(root: string, clientKey: string): Promise<void> {
  const files: Readonly<Record<string, string>> = {
    'etc/passwd':
      'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\nplain:x:1000:1000:a user without rights:/home/plain:/bin/bash\n',
    'etc/group': 'root:x:0:\ntty:x:5:\nnogroup:x:65534:\nplain:x:1000:\n',
    'etc/shadow': 'root:*:19000::::::\nnobody:*:19000::::::\nplain:*:19000::::::\n',
    'etc/shells': '/bin/sh\n/bin/bash\n',
    'etc/hosts': '127.0.0.1 localhost\n',
    'etc/nsswitch.conf': 'passwd: files\ngroup: files\nshadow: files\nhosts: files\n',
    'root/.ssh/authorized_keys': clientKey,
    'home/plain/.ssh/authorized_keys': clientKey,
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  for (const directory of ['root', 'root/.ssh', 'home/plain/.ssh']) await chmod(join(root, directory), 0o700);
  for (const directory of ['dev', 'proc', 'sys', 'run', 'tmp', 'mnt', 'etc/dropbear', 'etc/modprobe.d', 'opt/lab']) {
    await mkdir(join(root, directory), { recursive: true });
  }
  for (const [name, target] of [
    ['sh', 'dash'],
    ['awk', 'gawk'],
  ] as const) {
    if (!existsSync(join(root, 'usr/bin', name))) await symlink(target, join(root, 'usr/bin', name));
  }
  // A host that is traced seldom has kernel headers, and bpftrace behaves otherwise where it finds some: hide ours.
  // Beside its old place: newer headers are relative links into ../lib.
  await rename(join(root, 'usr/include'), join(root, 'usr/lab-include'));
  await install(labAsset('guest', 'init'), join(root, 'opt/lab/init'));
  await install(labAsset('guest', 'cc'), join(root, 'opt/lab/cc'));
}

async function install(from: string, to: string): Promise<void> {
  await cp(from, to);
  await chmod(to, 0o755);
}

/** Makes the guest's host key, here, so that ssh knows it before the first boot. Gives "ssh-ed25519 AAAA…". */
export async function makeHostKey(root: string): Promise<string> {
  const { stdout } = await runFromTree(root, 'usr/bin/dropbearkey', [
    '-t',
    'ed25519',
    '-f',
    join(root, 'etc/dropbear/lab_host_key'),
  ]);
  const key = /^ssh-ed25519 \S+/m.exec(stdout)?.[0];
  if (!key) throw new Error(`dropbearkey printed no public key:\n${stdout}`);
  return key;
}

/** Runs a program of the tree on the host with the tree's own loader and libraries: no chroot, no root. */
export async function runFromTree(root: string, program: string, args: readonly string[]): Promise<{ stdout: string }> {
  const libraries = join(root, 'usr/lib/x86_64-linux-gnu');
  return await execa(join(libraries, 'ld-linux-x86-64.so.2'), [
    '--library-path',
    libraries,
    join(root, program),
    ...args,
  ]);
}

async function onlyEntry(directory: string): Promise<string> {
  const [name, ...more] = await readdir(directory);
  if (!name || more.length > 0) throw new Error(`expected one kernel in ${directory}, found ${more.length + 1}`);
  return name;
}

/** Sixteen hex digits that change with any of the parts. */
export function fingerprint(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}
