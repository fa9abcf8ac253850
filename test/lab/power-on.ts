// Powers one machine on and waits until it answers by ssh: an image and a directory in, a running guest out.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, open, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { kvmDeadlineMs } from './accelerator.ts';
import { bootFailed, firstLine, hostLacks, qemuEnded } from './boot-failure.ts';
import { isErrno } from './failure.ts';
import type { Image } from './image.ts';
import type { ProgressSink } from './progress.ts';
import { type Accelerator, type Machine, startQemu } from './qemu.ts';
import { knownHosts, runBySsh, sshConfig } from './ssh.ts';

export interface PowerOn {
  readonly image: Image;
  /** Gets the files of this guest. */
  readonly directory: string;
  readonly accelerator: Accelerator;
  readonly alias: string;
  /** Where the guest mounts gfs2, or `none`. */
  readonly mount: string;
  readonly memoryMb: number;
  readonly timeoutMs: number;
  readonly onProgress: ProgressSink;
}

export interface Powered {
  readonly machine: Machine;
  readonly sshConfig: string;
  /** Milliseconds from power-on to the first answer by ssh. */
  readonly bootMs: number;
  /** Resolves when QEMU is gone. */
  readonly ended: Promise<void>;
  kill(): void;
}

/** KVM only: the machine ended or stayed silent before its kernel printed a word. */
export class NoLife extends Error {}

/** LabError with cause and remedy, or NoLife, where the guest does not answer in time; QEMU is gone then. */
export async function powerOn(on: PowerOn): Promise<Powered> {
  const startMs = performance.now();
  const machine = await furnishMachine(on);
  const config = await furnishSsh(on, machine.port);
  const qemu = startQemu(machine);
  const state = { complaint: '', over: false };
  for (const stream of [qemu.stdout, qemu.stderr]) {
    stream.on('data', (text) => {
      state.complaint = `${state.complaint}${String(text)}`.slice(-4096);
    });
  }
  const ended = end(qemu).then(() => {
    state.over = true;
  });
  const kill = (): void => {
    qemu.kill('SIGKILL');
  };
  try {
    await answers(on, machine, config, state);
  } catch (failure) {
    kill();
    await ended;
    throw failure;
  }
  return { machine, sshConfig: config, bootMs: performance.now() - startMs, ended, kill };
}

const scratchBytes = 256 * 2 ** 20;

async function furnishMachine({ image, directory, ...on }: PowerOn): Promise<Machine> {
  const machine: Machine = {
    accelerator: on.accelerator,
    vmlinuz: image.vmlinuz,
    initrd: image.initrd,
    disk: image.disk,
    scratch: join(directory, 'gfs2.img'),
    console: join(directory, 'console.log'),
    port: await freePort(),
    memoryMb: on.memoryMb,
    kernelWords: [`lab.name=${on.alias}`, `lab.mount=${on.mount}`],
  };
  const scratch = await open(machine.scratch, 'w');
  await scratch.truncate(scratchBytes); // sparse: takes no space until written
  await scratch.close();
  await writeFile(machine.console, '');
  return machine;
}

async function furnishSsh({ image, directory, alias }: PowerOn, port: number): Promise<string> {
  const reach = { alias, port, identity: join(directory, 'identity'), knownHosts: join(directory, 'known_hosts') };
  // the guest keeps its key even if the image is replaced while it runs
  await cp(image.identity, reach.identity);
  await writeFile(reach.knownHosts, knownHosts(alias, image.hostKey));
  const config = join(directory, 'ssh_config');
  await writeFile(config, sshConfig(reach));
  return config;
}

/** Follows the console until init says that it is ready and ssh gets an answer. */
async function answers(
  on: PowerOn,
  machine: Machine,
  config: string,
  state: { readonly complaint: string; readonly over: boolean },
): Promise<void> {
  const startMs = performance.now();
  let phase = '';
  for (;;) {
    const { over } = state; // looked at before the console: what was printed before the end is then seen
    const text = await readFile(machine.console, 'utf8');
    const elapsedMs = performance.now() - startMs;
    if (on.accelerator === 'kvm' && text === '' && (over || elapsedMs > kvmDeadlineMs)) {
      const silence = `no sign of it in ${kvmDeadlineMs / 1000} s`;
      throw hostLacks(machine, state.complaint) ?? new NoLife(over ? firstLine(state.complaint) : silence);
    }
    const said = [...text.matchAll(/^lab: (.*?)\r?$/gm)].at(-1)?.[1] ?? 'power on';
    if (said.startsWith('failed:')) throw bootFailed(on.alias, said, text);
    if (over) throw qemuEnded(machine, state.complaint, text);
    if (said !== phase) on.onProgress({ kind: 'phase', text: `boot ${on.alias} (${on.accelerator}): ${said}` });
    phase = said;
    if (said === 'ready') {
      const { exitCode, stderr } = await runBySsh(config, on.alias, ['true'], { timeoutMs: 20_000 });
      if (exitCode === 0) return;
      phase = `ssh: ${firstLine(stderr)}`;
    }
    if (elapsedMs > on.timeoutMs) {
      throw bootFailed(on.alias, `no answer within ${on.timeoutMs / 1000} s, last seen: ${phase}`, text);
    }
    await sleep(200);
  }
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
