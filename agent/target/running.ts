/** Runs a local process to its end and turns execa's result into a `Ran` (without judging what ssh's exit means). */
import { execa } from 'execa';
import type { Printed, Ran, RunOptions } from './target.ts';

const TIMEOUT_MS = 30_000;
const STDOUT_BYTES = 64 << 20;
const STDERR_BYTES = 1 << 20;
const KILL_AFTER_MS = 2_000;

/** As `Ran`, and `unstarted` with the system's code ('ENOENT') where the local program could not be started. */
export type RanHere = Exclude<Ran, { kind: 'unreachable' }> | { readonly kind: 'unstarted'; readonly code: string };

export async function runHere(file: string, args: readonly string[], options: RunOptions = {}): Promise<RanHere> {
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const maxBytes = options.maxBytes ?? STDOUT_BYTES;
  const settings = {
    encoding: 'buffer',
    stripFinalNewline: false,
    reject: false,
    cleanup: true,
    timeout: timeoutMs,
    forceKillAfterDelay: KILL_AFTER_MS,
    maxBuffer: { stdout: maxBytes, stderr: STDERR_BYTES },
  } as const;
  const result = await (options.stdin === undefined
    ? execa(file, args, { ...settings, stdin: 'ignore' })
    : execa(file, args, { ...settings, input: options.stdin }));
  const printed = printedFrom(result.stdout, decodeText(result.stderr));
  if (result.timedOut) {
    return { kind: 'timed-out', timeoutMs, ...printed };
  }
  if (result.isMaxBuffer) {
    return { kind: 'overflowed', maxBytes, ...printed };
  }
  if (result.signal !== undefined) {
    return { kind: 'signalled', signal: result.signal, ...printed };
  }
  if (result.exitCode === undefined) {
    return { kind: 'unstarted', code: result.code ?? 'unknown' };
  }
  return { kind: 'exited', code: result.exitCode, ...printed };
}

export function printedFrom(stdout: Uint8Array, stderr: string): Printed {
  return { stdout, text: decodeText(stdout), stderr };
}

function decodeText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
