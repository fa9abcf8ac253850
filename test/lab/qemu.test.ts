import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { hostLacks, PortTaken } from './boot-failure.ts';
import { isErrno } from './failure.ts';
import { type Machine, qemuArguments, startWatched, watchedArguments } from './qemu.ts';

const machine: Machine = {
  accelerator: 'tcg',
  vmlinuz: '/c/vmlinuz',
  initrd: '/c/initrd',
  disk: '/c/a,b/disk.img',
  scratch: '/c/gfs2.img',
  console: '/c/console.log',
  port: 40022,
  memoryMb: 2048,
  kernelWords: ['lab.mount=/mnt'],
};

describe('QEMU', () => {
  test('opens one port of this host only, and no way from the guest to anywhere', () => {
    const netdevs = qemuArguments(machine).filter((word) => word.includes('hostfwd'));
    expect(netdevs).toEqual(['user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:40022-:22']);
  });

  test('never writes to the image that guests share', () => {
    const drives = qemuArguments(machine).filter((word) => word.includes('if=virtio'));
    expect(drives).toEqual([
      'file=/c/a,,b/disk.img,if=virtio,format=raw,snapshot=on,cache=unsafe',
      'file=/c/gfs2.img,if=virtio,format=raw,cache=unsafe',
    ]);
  });

  test('that cannot bind its port says so in words that lead to another try', () => {
    const said = "qemu-system-x86_64: -netdev user: Could not set up host forwarding rule 'tcp:127.0.0.1:40022-:22'";
    expect(hostLacks(machine, said)).toBeInstanceOf(PortTaken);
    expect(hostLacks(machine, 'qemu-system-x86_64: error: failed to set MSR 0x10a to 0x69')).toBeUndefined();
  });
});

describe('a guest', () => {
  test('is gone when its owner was killed without a word', async () => {
    const owner = spawnOwner();
    const pid = await guestPid(owner);
    expect(isRunning(pid)).toBe(true);
    owner.kill('SIGKILL');
    await gone(pid);
  });

  test('that ends by itself gives its status and leaves no watcher behind', async () => {
    const child = startWatched(['sh', '-c', 'exit 7']);
    const [status] = await once(child, 'close');
    expect(status).toBe(7);
    await groupGone(child);
  });

  test('that its owner kills leaves no watcher behind', async () => {
    const child = startWatched(['sleep', '300']);
    await once(child, 'spawn');
    child.kill('SIGKILL');
    await groupGone(child);
  });
});

/** A Node process that starts a long sleep in QEMU's place and prints the pid of it. */
function spawnOwner(): ChildProcess {
  const args = JSON.stringify(watchedArguments(['sh', '-c', 'echo $$; exec sleep 300']));
  const script = `require('node:child_process').spawn('sh', ${args}, { stdio: ['pipe', 'inherit', 'inherit'] })`;
  return spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function guestPid(owner: ChildProcess): Promise<number> {
  if (!owner.stdout) throw new Error('an owner without output');
  const [line] = await once(owner.stdout, 'data');
  return Number(String(line));
}

function isRunning(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
}

/** The test's own time limit ends the wait for one that stays. */
async function gone(pid: number): Promise<void> {
  while (isRunning(pid)) await sleep(20);
}

/** The program and its watcher share a process group; it is gone with its last member. */
async function groupGone(child: ChildProcess): Promise<void> {
  const leader = child.pid;
  if (leader === undefined) throw new Error('the program was never started');
  const exists = (): boolean => {
    try {
      return process.kill(-leader, 0);
    } catch (failure) {
      if (isErrno(failure, 'ESRCH')) return false;
      throw failure;
    }
  };
  while (exists()) await sleep(20);
}
