// Starts QEMU so that it never outlives the process that asked for it.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';

export type Accelerator = 'kvm' | 'tcg';

export interface Machine {
  readonly accelerator: Accelerator;
  readonly vmlinuz: string;
  readonly initrd: string;
  /** Never written to: changes go to a temporary file that ends with the guest. */
  readonly disk: string;
  /** The guest's own second disk, for the file system under test. */
  readonly scratch: string;
  /** Gets what the guest's serial console prints. */
  readonly console: string;
  /** On 127.0.0.1, forwarded to the guest's port 22. */
  readonly port: number;
  readonly memoryMb: number;
  readonly kernelWords: readonly string[];
}

export const qemuProgram = 'qemu-system-x86_64';

/** The arguments of QEMU for a machine without display, monitor or a way to any network but the forwarded port. */
export function qemuArguments(machine: Machine): string[] {
  const words = ['console=ttyS0', 'quiet', 'panic=-1', 'net.ifnames=0', 'mitigations=off', ...machine.kernelWords];
  return [
    ...accelerate(machine.accelerator),
    ...['-smp', '2', '-m', String(machine.memoryMb)],
    ...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none', '-monitor', 'none'],
    ...['-serial', `file:${escapeValue(machine.console)}`],
    ...['-kernel', machine.vmlinuz, '-initrd', machine.initrd, '-append', words.join(' ')],
    ...['-drive', `file=${escapeValue(machine.disk)},if=virtio,format=raw,snapshot=on,cache=unsafe`],
    ...['-drive', `file=${escapeValue(machine.scratch)},if=virtio,format=raw,cache=unsafe`],
    ...['-netdev', `user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:${machine.port}-:22`],
    ...['-device', 'virtio-net-pci,netdev=net,romfile='],
  ];
}

function accelerate(accelerator: Accelerator): string[] {
  switch (accelerator) {
    case 'kvm':
      return ['-accel', 'kvm', '-cpu', 'max'];
    case 'tcg':
      // five-level page tables make every emulated page walk longer
      return ['-accel', 'tcg,thread=multi', '-cpu', 'max,la57=off'];
    default:
      return accelerator satisfies never;
  }
}

/** In QEMU's "key=value,key=value" a comma of a value is written twice. */
function escapeValue(value: string): string {
  return value.replaceAll(',', ',,');
}

/**
 * The shell leaves a watcher behind and becomes QEMU. The watcher holds the read end of a pipe from the owner: when the
 * owner ends, by SIGKILL too, the kernel closes the pipe, `read` fails and QEMU is killed. An owner that saw QEMU end
 * says "over" instead, and the watcher goes without killing whoever has that pid by then.
 */
const watch = `
exec 3<&0
{
  while read -r word; do [ "$word" = over ] && exit; done
  kill -KILL $$
} <&3 >/dev/null 2>&1 &
exec "$@" </dev/null 3<&-
`;

/** The arguments of `sh` that make it become `command`, watched as described. */
export function watchedArguments(command: readonly string[]): string[] {
  return ['-c', watch, 'lab-guest', ...command];
}

/** A running QEMU, the leader of a process group of its own; it ends with this process at the latest. */
export function startQemu(machine: Machine): ChildProcessWithoutNullStreams {
  return startWatched([qemuProgram, ...qemuArguments(machine)]);
}

/** A running program that ends with this process at the latest. */
export function startWatched(command: readonly string[]): ChildProcessWithoutNullStreams {
  const child = spawn('sh', watchedArguments(command), {
    detached: true, // Ctrl-C on the terminal is for the owner, who then lets the guest end in order
    stdio: 'pipe',
  });
  child.on('exit', () => child.stdin.end('over\n'));
  // a watcher killed from outside (its whole group, say) reads no more: QEMU is gone, nothing is left to be told
  child.stdin.on('error', () => undefined);
  return child;
}
