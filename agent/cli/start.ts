/** `npm start` with nothing else: this host where it has gfs2 and bpftrace, else the recordings that come along. I/O. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { attach } from './attach.ts';
import { type ExitCode, exitCode, showFailure } from './exit.ts';
import { recordingsFolder } from './paths.ts';
import { replay } from './replay.ts';

/** Ending of the recordings' names. */
export const recordingSuffix = '.glockscope';

export async function start(port: number, interrupt: AbortSignal): Promise<ExitCode> {
  if (await watchable()) return attach({ targets: ['local'], json: false, port, overwrite: false }, interrupt);
  // The newest kernel first: the page shows the rates of the first host unless another one is chosen.
  const names = (await readdir(recordingsFolder).catch(() => []))
    .filter((name) => name.endsWith(recordingSuffix))
    .sort()
    .reverse();
  if (names.length === 0) {
    const failure = {
      cause: `no recordings in ${recordingsFolder}`,
      remedy: 'Clone the project anew, or attach: npm start -- attach ssh://root@HOST',
    };
    process.stderr.write(`${showFailure(failure)}\n`);
    return exitCode.preflight;
  }
  process.stderr.write('glockscope: this machine has no gfs2 with bpftrace, so recordings of real kernels play.\n');
  process.stderr.write('  To watch a real host:      npm start -- attach ssh://root@HOST\n');
  process.stderr.write('  To boot one in QEMU here:  npm run lab -- up, then npm start -- attach lab:6.1\n');
  const files = names.map((name) => join(recordingsFolder, name));
  return replay({ files, speed: 1, loop: true, json: false, port }, interrupt);
}

/** Whether gfs2 is loaded here and bpftrace is installed. */
async function watchable(): Promise<boolean> {
  const modules = await readFile('/proc/modules', 'utf8').catch(() => '');
  if (!/^gfs2 /m.test(modules)) return false;
  const bpftrace = await execa('bpftrace', ['--version'], { reject: false });
  return bpftrace.exitCode === 0;
}
