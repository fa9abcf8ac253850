// Says why a guest did not come up: QEMU's words or the end of the console in, cause and remedy out.
import { LabError } from './failure.ts';
import type { Machine } from './qemu.ts';

/** The port chosen a moment ago was taken meanwhile: worth another try. */
export class PortTaken extends LabError {}

/** The guest's kernel or init did not get as far as an answer by ssh. */
export function bootFailed(alias: string, why: string, consoleText: string): LabError {
  return new LabError(
    `${alias} did not come up: ${why}. The end of its console:\n${tail(consoleText)}`,
    'run it again on an idle machine; if it stays so, `npm run lab -- build --refresh` makes the image anew',
  );
}

/** QEMU ended by itself; `complaint` is what it printed, `consoleText` what the guest did. */
export function qemuEnded(machine: Machine, complaint: string, consoleText: string): LabError {
  return (
    hostLacks(machine, complaint) ??
    new LabError(
      `QEMU ended during the boot: ${firstLine(complaint) || 'without a word'}. The end of the console:\n${tail(consoleText)}`,
      'run it again; if it stays so, `npm run lab -- build --refresh` makes the image anew',
    )
  );
}

/** What the host lacks, whatever the guest and the accelerator; undefined where it is something else. */
export function hostLacks(machine: Machine, complaint: string): LabError | undefined {
  const words = firstLine(complaint);
  if (/Could not set up host forwarding|Address already in use/i.test(complaint)) {
    return new PortTaken(
      `port ${machine.port} of 127.0.0.1 was taken by another process (${words})`,
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
  return undefined;
}

export function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}

function tail(text: string): string {
  const lines = text.trimEnd().split(/\r?\n/).slice(-15);
  return lines.map((line) => `  | ${line}`).join('\n');
}
