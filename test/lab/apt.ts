// Resolves and downloads Debian packages of any suite with the host's apt, in a private directory and without root.
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ExecaError, execa } from 'execa';
import { isErrno, LabError } from './failure.ts';
import { debianMirror, type Mirror, type SourcesFile } from './mirror.ts';
import type { ProgressSink } from './progress.ts';
import type { Suite } from './suite.ts';

/** A package of the closure, by the file it comes in. */
export interface Deb {
  readonly name: string;
  /** `libc6_2.36-9+deb12u14_amd64.deb`, as apt names it in its archive. */
  readonly file: string;
  readonly sizeBytes: number;
}

/** An apt of our own: nothing of the host's package state is read or written. */
export interface PrivateApt {
  readonly suite: Suite;
  /** Holds lists, archives and configuration. */
  readonly directory: string;
  readonly archives: string;
}

const debianKeyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Writes the configuration of a private apt below `directory`; LabError where the host names no Debian mirror. */
export async function privateApt(directory: string, suite: Suite): Promise<PrivateApt> {
  const mirror = await hostMirror();
  if (!existsSync(debianKeyring)) {
    throw new LabError(
      `cannot verify Debian's packages: ${debianKeyring} is missing`,
      'apt-get install --no-install-recommends debian-archive-keyring',
    );
  }
  const archives = join(directory, 'archives');
  for (const each of ['lists/partial', 'archives/partial', 'none/partial', 'sources', 'empty']) {
    await mkdir(join(directory, each), { recursive: true });
  }
  await writeFile(join(directory, 'status'), '');
  await writeFile(
    join(directory, 'sources', 'debian.sources'),
    [
      'Types: deb',
      `URIs: ${mirror.uris.join(' ')}`,
      // The release and its point releases only, so that an image is rarely out of date; the guest reaches no network.
      `Suites: ${suite.name}`,
      'Components: main',
      'Architectures: amd64',
      `Signed-By: ${debianKeyring}`,
      // A release that gets no more updates lets its index expire; signatures are checked all the same.
      'Check-Valid-Until: no',
      '',
    ].join('\n'),
  );
  await writeFile(join(directory, 'apt.conf'), await configuration(directory));
  return { suite, directory, archives };
}

/** Fetches the package lists. */
export async function updateLists(apt: PrivateApt): Promise<void> {
  await aptGet(apt, ['update', '-o', 'APT::Update::Error-Mode=any']).catch((failure: unknown) => {
    throw new LabError(
      `cannot read Debian ${apt.suite.name} from the mirror that this host's apt uses:\n${lastLines(failure)}`,
      'check the network and `apt-get update` on this host, or set GLOCKSCOPE_DEBIAN_MIRROR to the address of a mirror',
    );
  });
}

/** Everything that `packages` need, themselves included, without recommendations. */
export async function resolveClosure(apt: PrivateApt, packages: readonly string[]): Promise<Deb[]> {
  // apt leaves out of --print-uris what it already holds: resolve against an archive that is always empty
  const empty = ['-o', `Dir::Cache::archives=${join(apt.directory, 'none')}`];
  const { stdout } = await aptGet(apt, ['install', '--print-uris', '-qq', '-y', ...empty, ...packages]);
  const debs: Deb[] = [];
  for (const line of stdout.split('\n')) {
    // 'http://…/gcc-12-base_12.2.0-14%2bdeb12u1_amd64.deb' gcc-12-base_12.2.0-14+deb12u1_amd64.deb 37596 MD5Sum:8e7e…
    const match = /^'[^']+' (([^_ ]+)_[^ ]+\.deb) (\d+) /.exec(line);
    if (match?.[1] && match[2]) debs.push({ file: match[1], name: match[2], sizeBytes: Number(match[3]) });
  }
  if (debs.length === 0) throw new Error(`apt resolved ${packages.join(' ')} to nothing:\n${stdout}`);
  return debs.sort((a, b) => (a.file < b.file ? -1 : 1));
}

/** Brings the closure into `apt.archives`; what is there from an earlier build is not fetched again. */
export async function download(
  apt: PrivateApt,
  packages: readonly string[],
  debs: readonly Deb[],
  onProgress: ProgressSink,
): Promise<void> {
  const total = debs.reduce((sum, deb) => sum + deb.sizeBytes, 0);
  const files = new Set(debs.map((deb) => deb.file));
  const report = async (): Promise<void> =>
    onProgress({ kind: 'bytes', text: 'download', done: Math.min(total, await held(apt.archives, files)), total });
  const timer = setInterval(() => void report().catch(() => clearInterval(timer)), 300);
  try {
    await aptGet(apt, ['install', '--download-only', '-qq', '-y', ...packages]);
  } catch (failure) {
    throw new LabError(
      `the download of Debian ${apt.suite.name} packages failed:\n${lastLines(failure)}`,
      'free disk space or check the network, then run the same again: what came so far is kept',
    );
  } finally {
    clearInterval(timer);
  }
  await report();
}

/** Bytes of the wanted packages that are on disk, unfinished ones included. */
async function held(archives: string, files: ReadonlySet<string>): Promise<number> {
  let bytes = 0;
  for (const directory of [archives, join(archives, 'partial')]) {
    for (const name of await readdir(directory)) {
      if (!files.has(name)) continue;
      bytes += await stat(join(directory, name)).then(
        (found) => found.size,
        (failure: unknown) => {
          if (isErrno(failure, 'ENOENT')) return 0; // moved from partial/ between the two looks
          throw failure;
        },
      );
    }
  }
  return bytes;
}

async function aptGet(apt: PrivateApt, args: readonly string[]): Promise<{ stdout: string }> {
  return await execa('apt-get', args, {
    env: { APT_CONFIG: join(apt.directory, 'apt.conf'), LC_ALL: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive' },
    stdin: 'ignore',
  });
}

/**
 * apt reads APT_CONFIG first and then the directory that it names for more: an empty one, so that no hook of the host
 * (docker-clean, appstream) runs on our files. Kept from the host is how it reaches its mirror: proxies, certificates,
 * retries, dates.
 */
async function configuration(directory: string): Promise<string> {
  const { stdout } = await execa('apt-config', ['dump']).catch((failure: unknown) => {
    if (failure instanceof ExecaError && failure.code === 'ENOENT') {
      throw new LabError(
        'the lab builds its guests with apt, and this host has none',
        'run the lab on Debian or a system made from it, or in such a container (apt, dpkg, e2fsprogs, qemu)',
      );
    }
    throw failure;
  });
  const reaching = stdout.split('\n').filter((line) => /^Acquire::(?!IndexTargets|Changelogs|Languages)/.test(line));
  return [
    ...reaching,
    'Acquire::Languages "none";',
    `Dir::Etc::main "/dev/null";`,
    `Dir::Etc::parts "${join(directory, 'empty')}";`,
    `Dir::Etc::sourcelist "/dev/null";`,
    `Dir::Etc::sourceparts "${join(directory, 'sources')}";`,
    `Dir::Etc::preferences "/dev/null";`,
    `Dir::Etc::preferencesparts "${join(directory, 'empty')}";`,
    `Dir::State "${directory}";`,
    `Dir::State::lists "${join(directory, 'lists')}";`,
    `Dir::State::status "${join(directory, 'status')}";`,
    `Dir::State::extended_states "${join(directory, 'extended_states')}";`,
    `Dir::Cache "${directory}";`,
    `Dir::Cache::archives "${join(directory, 'archives')}";`,
    `Dir::Log "${directory}";`,
    'APT::Architecture "amd64";',
    'APT::Architectures { "amd64"; };',
    'APT::Install-Recommends "false";',
    // root's apt would fetch as _apt, who may not write here
    'APT::Sandbox::User "root";',
    '',
  ].join('\n');
}

/** The mirror named by GLOCKSCOPE_DEBIAN_MIRROR, or else by the host's own apt sources. */
async function hostMirror(): Promise<Mirror> {
  const given = process.env['GLOCKSCOPE_DEBIAN_MIRROR'];
  if (given) return { uris: [given], from: 'GLOCKSCOPE_DEBIAN_MIRROR' };
  const found = debianMirror(await sourcesFiles());
  if (found) return found;
  throw new LabError(
    "no apt source of this host serves Debian's main archive (/etc/apt/sources.list, /etc/apt/sources.list.d)",
    'set GLOCKSCOPE_DEBIAN_MIRROR to the address of a Debian mirror',
  );
}

async function sourcesFiles(): Promise<SourcesFile[]> {
  const parts = '/etc/apt/sources.list.d';
  const names = existsSync(parts) ? await readdir(parts) : [];
  const paths = ['/etc/apt/sources.list', ...names.sort().map((name) => join(parts, name))];
  const files: SourcesFile[] = [];
  for (const path of paths) {
    if (!/\.(list|sources)$/.test(basename(path)) || !existsSync(path)) continue;
    files.push({ path, text: await readFile(path, 'utf8') });
  }
  return files;
}

function lastLines(failure: unknown): string {
  const text = failure instanceof ExecaError ? `${failure.stdout}\n${failure.stderr}` : String(failure);
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines
    .slice(-6)
    .map((line) => `  ${line}`)
    .join('\n');
}
