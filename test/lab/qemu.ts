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
 * The shell holds the read end of a pipe from its owner. When the owner ends, by SIGKILL too, the kernel closes the
 * pipe, `read` returns and QEMU is killed; when QEMU ends by itself, so does the shell, with QEMU's status.
 * A signal to the shell's process group ends all of them.
 */
const watch = `
exec 3<&0
"$@" </dev/null 3<&- & qemu=$!
{ while read -r _; do :; done; kill -KILL $qemu; } <&3 2>/dev/null & watcher=$!
wait $qemu
status=$?
kill $watcher 2>/dev/null
exit $status
`;

/** The arguments of `sh` that make it run `command` as described. */
export function watchedArguments(command: readonly string[]): string[] {
  return ['-c', watch, 'lab-guest', ...command];
}

/** A running QEMU: end its stdin and it is gone. It is the leader of a process group of its own. */
export function startQemu(machine: Machine): ChildProcessWithoutNullStreams {
  return spawn('sh', watchedArguments([qemuProgram, ...qemuArguments(machine)]), {
    detached: true, // Ctrl-C on the terminal is for the owner, who then lets the guest end in order
    stdio: 'pipe',
  });
}
