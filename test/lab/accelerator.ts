// Remembers whether KVM really runs a kernel on this host: /dev/kvm alone proves nothing.
import { constants } from 'node:fs';
import { access, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { labCache } from './cache.ts';
import { isErrno } from './failure.ts';
import type { Accelerator } from './qemu.ts';

const Verdict = v.object({ bootId: v.string(), accelerator: v.picklist(['kvm', 'tcg']) });

/** Nested or crippled KVM starts the firmware and never the kernel; a real one shows the kernel within 2 s. */
export const kvmDeadlineMs = 15_000;

/** What to boot with: the answer of this boot of the host, or KVM, to be tried, where its device can be opened. */
export async function likelyAccelerator(): Promise<Accelerator> {
  const remembered = await recall();
  if (remembered) return remembered;
  try {
    await access('/dev/kvm', constants.R_OK | constants.W_OK);
    return 'kvm';
  } catch {
    return 'tcg'; // no device, or not for this user: emulation works everywhere
  }
}

/** Notes what worked, until the host boots anew. */
export async function rememberAccelerator(accelerator: Accelerator): Promise<void> {
  const path = verdictFile();
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.${process.pid}`, JSON.stringify({ bootId: await bootId(), accelerator }));
  await rename(`${path}.${process.pid}`, path);
}

async function recall(): Promise<Accelerator | undefined> {
  let text: string;
  try {
    text = await readFile(verdictFile(), 'utf8');
  } catch (failure) {
    if (isErrno(failure, 'ENOENT')) return undefined;
    throw failure;
  }
  const verdict = v.parse(Verdict, JSON.parse(text));
  return verdict.bootId === (await bootId()) ? verdict.accelerator : undefined;
}

function verdictFile(): string {
  return join(labCache(), 'accelerator.json');
}

async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
}
