// Boots a real kernel with gfs2 in QEMU and gives it as an object that runs commands and ends with its owner.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { cp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { kvmDeadlineMs, likelyAccelerator, rememberAccelerator } from './accelerator.ts';
import { isErrno, LabError } from './failure.ts';
import { ensureImage, type Image } from './image.ts';
import { thisProcess } from './process-identity.ts';
import { noProgress, type ProgressSink } from './progress.ts';
import { type Accelerator, type Machine, qemuProgram, startQemu } from './qemu.ts';
import { announceGuest, type GuestRecord, guestDirectory } from './registry.ts';
import { knownHosts, type Outcome, runBySsh, sshConfig } from './ssh.ts';
import { defaultSuite, parseSuite } from './suite.ts';

export interface BootOptions {
  /** `6.1` (default), `bookworm`, `lab:6.1` … */
  readonly suite?: string;
  readonly onProgress?: ProgressSink;
  /** Make and mount a gfs2 file system (lock_nolock) on /mnt; true unless said otherwise. */
  readonly mountGfs2?: boolean;
  /** Where instead of /mnt. */
  readonly mountPoint?: string;
  /** From power-on to an answer by ssh. */
  readonly timeoutMs?: number;
  readonly memoryMb?: number;
  readonly ownerKind?: GuestRecord['ownerKind'];
}

export interface Guest extends AsyncDisposable {
  /** The series: `6.1`. */
  readonly kernel: string;
  /** uname -r. */
  readonly release: string;
  readonly bpftrace: string;
  /** An ssh_config by which `ssh -F … ALIAS` and `ssh -F … -p PORT root@127.0.0.1` reach it. */
  readonly sshConfig: string;
  readonly alias: string;
  readonly port: number;
  /** Where gfs2 is mounted; `none` where it is not. */
  readonly mount: string;
  readonly accelerator: Accelerator;
  /** Milliseconds from power-on to the first answer. */
  readonly bootMs: number;
  run(command: readonly string[], options?: { readonly input?: string; readonly timeoutMs?: number }): Promise<Outcome>;
  /** All that the serial console printed so far; kernel warnings are in it. */
  consoleText(): string;
  /** Resolves when QEMU has ended, by whatever cause. */
  readonly ended: Promise<void>;
  /** Ends the guest in order; by force where it does not obey within 10 s. */
  poweroff(): Promise<void>;
  /** Pulls the plug. Nothing of value is lost: disks are temporary. */
  kill(): void;
}

/** Boots a guest, building its image first where there is none. LabError with cause and remedy where that fails. */
export async function bootGuest(options: BootOptions = {}): Promise<Guest> {
  const suite = parseSuite(options.suite ?? defaultSuite);
  const onProgress = options.onProgress ?? noProgress;
  const image = await ensureImage(suite, onProgress);
  checkMemory(options.memoryMb ?? defaultMemoryMb);
  const directory = await guestDirectory(suite.kernel);
  try {
    const accelerator = await likelyAccelerator();
    if (accelerator === 'tcg') return await power({ image, directory, accelerator, options, onProgress });
    try {
      const guest = await power({ image, directory, accelerator, options, onProgress });
      await rememberAccelerator('kvm');
      return guest;
    } catch (failure) {
      if (!(failure instanceof NoLife)) throw failure;
      onProgress({ kind: 'phase', text: `KVM does not run a kernel here (${failure.message}): emulating` });
      await rememberAccelerator('tcg');
      return await power({ image, directory, accelerator: 'tcg', options, onProgress });
    }
  } catch (failure) {
    await rm(directory, { recursive: true, force: true });
    throw failure;
  }
}

const defaultMemoryMb = 2048;
const scratchBytes = 256 * 2 ** 20;

/** KVM only: the machine ended or stayed silent before its kernel printed a word. */
class NoLife extends Error {}

interface PowerOn {
  readonly image: Image;
  readonly directory: string;
  readonly accelerator: Accelerator;
  readonly options: BootOptions;
  readonly onProgress: ProgressSink;
}

async function power(on: PowerOn): Promise<Guest> {
  const { image, directory, accelerator, options } = on;
  const startMs = performance.now();
  const alias = `lab-${image.kernel}`;
  const mount = options.mountGfs2 === false ? 'none' : (options.mountPoint ?? '/mnt');
  const port = await freePort();
  const machine: Machine = {
    accelerator,
    vmlinuz: image.vmlinuz,
    initrd: image.initrd,
    disk: image.disk,
    scratch: join(directory, 'gfs2.img'),
    console: join(directory, 'console.log'),
    port,
    memoryMb: options.memoryMb ?? defaultMemoryMb,
    kernelWords: [`lab.name=${alias}`, `lab.mount=${mount}`],
  };
  await blankFile(machine.scratch, scratchBytes);
  await writeFile(machine.console, '');
  const config = join(directory, 'ssh_config');
  // the guest keeps its key even if the image is replaced while it runs
  await cp(image.identity, join(directory, 'identity'));
  await writeFile(join(directory, 'known_hosts'), knownHosts(alias, image.hostKey));
  const reach = { alias, port, identity: join(directory, 'identity'), knownHosts: join(directory, 'known_hosts') };
  await writeFile(config, sshConfig(reach));

  const qemu = startQemu(machine);
  let complaint = '';
  for (const stream of [qemu.stdout, qemu.stderr]) stream.on('data', (text) => (complaint += String(text)));
  const ended = end(qemu);
  let over = false;
  void ended.then(() => {
    over = true;
  });
  const kill = (): void => {
    qemu.stdin.destroy();
  };
  try {
    await answers({ on, machine, config, alias, over: () => over, complaint: () => complaint });
  } catch (failure) {
    kill();
    await ended;
    throw failure;
  }
  const run: Guest['run'] = (command, runOptions) => runBySsh(config, alias, command, runOptions);
  const poweroff = async (): Promise<void> => {
    if (!over) await run(['sh', '-c', 'echo o >/proc/sysrq-trigger'], { timeoutMs: 5000 });
    await Promise.race([ended, sleep(10_000, undefined, { ref: false })]);
    kill();
    await ended;
    await rm(directory, { recursive: true, force: true });
  };
  await announceGuest(directory, {
    ownerKind: options.ownerKind ?? 'test',
    owner: thisProcess(),
    suite: image.suite,
    kernel: image.kernel,
    alias,
    port,
    mount,
    sshConfig: config,
    console: machine.console,
    accelerator,
    since: new Date().toISOString(),
  });
  return {
    kernel: image.kernel,
    release: image.release,
    bpftrace: image.bpftrace,
    sshConfig: config,
    alias,
    port,
    mount,
    accelerator,
    bootMs: performance.now() - startMs,
    run,
    consoleText: () => readFileSync(machine.console, 'utf8'),
    ended,
    poweroff,
    kill,
    [Symbol.asyncDispose]: poweroff,
  };
}

interface Awaited {
  readonly on: PowerOn;
  readonly machine: Machine;
  readonly config: string;
  readonly alias: string;
  readonly over: () => boolean;
  readonly complaint: () => string;
}

/** Follows the console until init says that it is ready and ssh gets an answer. */
async function answers({ on, machine, config, alias, over, complaint }: Awaited): Promise<void> {
  const startMs = performance.now();
  const limitMs = on.options.timeoutMs ?? 240_000;
  let phase = '';
  for (;;) {
    const text = await readFile(machine.console, 'utf8');
    const elapsedMs = performance.now() - startMs;
    if (on.accelerator === 'kvm' && text === '' && (over() || elapsedMs > kvmDeadlineMs)) {
      throw new NoLife(over() ? firstLine(complaint()) : `no sign of it in ${kvmDeadlineMs / 1000} s`);
    }
    if (over()) throw qemuEnded(machine, complaint(), text);
    const said = [...text.matchAll(/^lab: (.*?)\r?$/gm)].at(-1)?.[1] ?? 'power on';
    if (said.startsWith('failed:')) throw bootFailed(alias, said, text);
    if (said !== phase) on.onProgress({ kind: 'phase', text: `boot ${alias} (${on.accelerator}): ${said}` });
    phase = said;
    if (said === 'ready') {
      const { exitCode, stderr } = await runBySsh(config, alias, ['true'], { timeoutMs: 20_000 });
      if (exitCode === 0) return;
      phase = `ssh: ${firstLine(stderr)}`;
    }
    if (elapsedMs > limitMs) {
      throw bootFailed(alias, `no answer within ${limitMs / 1000} s, last seen: ${phase}`, text);
    }
    await sleep(200);
  }
}

function bootFailed(alias: string, why: string, console: string): LabError {
  return new LabError(
    `${alias} did not come up: ${why}. The end of its console:\n${tail(console)}`,
    'run it again on an idle machine; if it stays so, `npm run lab -- build --refresh` makes the image anew',
  );
}

/** QEMU's own words, told apart by what they mean for the user. */
function qemuEnded(machine: Machine, complaint: string, console: string): LabError {
  const words = firstLine(complaint);
  if (/not found|No such file.*qemu/i.test(complaint) && complaint.includes(qemuProgram)) {
    return new LabError(
      `${qemuProgram} is missing`,
      'apt-get install --no-install-recommends qemu-system-x86 (as root), then run the same again',
    );
  }
  if (/Could not set up host forwarding|Address already in use/i.test(complaint)) {
    return new LabError(
      `port ${machine.port} on 127.0.0.1 was taken by another process (${words})`,
      'run the same again: another free port is chosen each time',
    );
  }
  if (/Cannot allocate memory|cannot set up guest memory/i.test(complaint)) {
    return new LabError(
      `no memory for a guest of ${machine.memoryMb} MB (${words})`,
      'end other guests (`npm run lab -- down`) or other programs',
    );
  }
  if (/No space left/i.test(complaint)) {
    return new LabError(`the disk is full (${words})`, 'free some space in the cache directory and in /var/tmp');
  }
  return new LabError(
    `QEMU ended during the boot: ${words || 'without a word'}. The end of the console:\n${tail(console)}`,
    'run it again; if it stays so, `npm run lab -- build --refresh` makes the image anew',
  );
}

/** Resolves when the process is gone; one that could not be started at all is gone too. */
async function end(child: ChildProcess): Promise<void> {
  await once(child, 'close').catch((failure: unknown) => {
    if (!isErrno(failure, 'ENOENT')) throw failure;
  });
}

/** A port of 127.0.0.1 that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a TCP server without a port');
  return address.port;
}

async function blankFile(path: string, sizeBytes: number): Promise<void> {
  const file = await open(path, 'w');
  await file.truncate(sizeBytes); // sparse: takes no space until written
  await file.close();
}

/** A guest touches its memory as it goes: two thirds of it free is enough to begin. */
function checkMemory(wantedMb: number): void {
  const available = /^MemAvailable:\s+(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1];
  if (available === undefined) return;
  const availableMb = Math.floor(Number(available) / 1024);
  if (availableMb * 1.5 >= wantedMb) return;
  throw new LabError(
    `not enough memory: a guest has ${wantedMb} MB, and ${availableMb} MB are free`,
    'end other guests (`npm run lab -- down`) or other programs',
  );
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}

function tail(text: string): string {
  const lines = text.trimEnd().split(/\r?\n/).slice(-15);
  return lines.map((line) => `  | ${line}`).join('\n');
}
