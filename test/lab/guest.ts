// Boots a real kernel with gfs2 in QEMU and gives it as an object that runs commands and ends with its owner.
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { likelyAccelerator, rememberAccelerator } from './accelerator.ts';
import { PortTaken } from './boot-failure.ts';
import { LabError } from './failure.ts';
import { runHostProgram } from './host-program.ts';
import { ensureImage } from './image.ts';
import { NoLife, type Powered, type PowerOn, powerOn } from './power-on.ts';
import { thisProcess } from './process-identity.ts';
import { noProgress, type ProgressSink } from './progress.ts';
import { type Accelerator, qemuProgram } from './qemu.ts';
import { announceGuest, type GuestRecord, guestDirectory } from './registry.ts';
import { type Outcome, runBySsh } from './ssh.ts';
import { defaultSuite, parseSuite } from './suite.ts';

export interface BootOptions {
  /** `6.1` (default), `bookworm`, `lab:6.1` … */
  readonly suite?: string;
  readonly onProgress?: ProgressSink;
  /** Make and mount a gfs2 file system (lock_nolock) on /mnt; true unless said otherwise. */
  readonly mountGfs2?: boolean;
  /** Where instead of /mnt. */
  readonly mountPoint?: string;
  /** From power-on to an answer by ssh; 240 s unless said otherwise. */
  readonly timeoutMs?: number;
  /** 2048 unless said otherwise. */
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
  /** Runs a command as root; one that fails is an outcome, not an exception. */
  run(command: readonly string[], options?: { readonly input?: string; readonly timeoutMs?: number }): Promise<Outcome>;
  /** All that the serial console printed so far, also after the end; kernel warnings are in it. */
  consoleText(): string;
  /** Resolves when QEMU is gone, by whatever cause, and the guest's files with it. */
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
  // before minutes are spent on an image that nothing can boot
  await runHostProgram(qemuProgram, 'qemu-system-x86', ['--version']);
  await runHostProgram('ssh', 'openssh-client', ['-V']);
  const image = await ensureImage(suite, onProgress);
  const memoryMb = options.memoryMb ?? 2048;
  checkMemory(memoryMb);
  const directory = await guestDirectory(suite.kernel);
  try {
    const on: PowerOn = {
      image,
      directory,
      accelerator: await likelyAccelerator(),
      alias: `lab-${image.kernel}`,
      mount: options.mountGfs2 === false ? 'none' : (options.mountPoint ?? '/mnt'),
      memoryMb,
      timeoutMs: options.timeoutMs ?? 240_000,
      onProgress,
    };
    const powered = await withBestAccelerator(on);
    await announceGuest(directory, recordOf(on, powered, options.ownerKind ?? 'test'));
    return guestOf(on, powered);
  } catch (failure) {
    await rm(directory, { recursive: true, force: true });
    throw failure;
  }
}

/** With KVM where it works; what worked is remembered until the host boots anew. */
async function withBestAccelerator(on: PowerOn): Promise<Powered> {
  try {
    const powered = await withFreePort(on);
    await rememberAccelerator(on.accelerator);
    return powered;
  } catch (failure) {
    if (!(failure instanceof NoLife)) throw failure;
    on.onProgress({ kind: 'phase', text: `KVM does not run a kernel here (${failure.message}): emulating` });
    return await withBestAccelerator({ ...on, accelerator: 'tcg' });
  }
}

/** Another process may take the port between our look and QEMU's bind: rare, and then rare again. */
async function withFreePort(on: PowerOn, tries = 3): Promise<Powered> {
  try {
    return await powerOn(on);
  } catch (failure) {
    if (!(failure instanceof PortTaken) || tries <= 1) throw failure;
    return await withFreePort(on, tries - 1);
  }
}

function guestOf(on: PowerOn, powered: Powered): Guest {
  const { image, directory, alias } = on;
  const { machine, kill } = powered;
  let atEnd: string | undefined;
  const ended = powered.ended.then(async () => {
    atEnd = readFileSync(machine.console, 'utf8');
    await rm(directory, { recursive: true, force: true });
  });
  const run: Guest['run'] = (command, options) => runBySsh(powered.sshConfig, alias, command, options);
  const poweroff = async (): Promise<void> => {
    if (atEnd === undefined) {
      await run(['sh', '-c', 'echo o >/proc/sysrq-trigger'], { timeoutMs: 5000 });
      await Promise.race([ended, sleep(10_000, undefined, { ref: false })]);
      kill();
    }
    await ended;
  };
  return {
    kernel: image.kernel,
    release: image.release,
    bpftrace: image.bpftrace,
    sshConfig: powered.sshConfig,
    alias,
    port: machine.port,
    mount: on.mount,
    accelerator: machine.accelerator,
    bootMs: powered.bootMs,
    run,
    consoleText: () => atEnd ?? readFileSync(machine.console, 'utf8'),
    ended,
    poweroff,
    kill,
    [Symbol.asyncDispose]: poweroff,
  };
}

function recordOf(on: PowerOn, { machine, sshConfig }: Powered, ownerKind: GuestRecord['ownerKind']): GuestRecord {
  const { image } = on;
  return {
    ownerKind,
    owner: thisProcess(),
    suite: image.suite,
    kernel: image.kernel,
    alias: on.alias,
    port: machine.port,
    mount: on.mount,
    sshConfig,
    console: machine.console,
    accelerator: machine.accelerator,
    since: new Date().toISOString(),
  };
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
