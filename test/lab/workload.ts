// Compiles a workload inside a guest, once, runs it there and gives what it counted.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { labAsset } from './cache.ts';
import { LabError } from './failure.ts';
import type { Guest } from './guest.ts';
import type { Outcome } from './ssh.ts';

const Calls = v.object({ buffered: v.number(), direct: v.number() });

const WorkloadResult = v.object({
  workload: v.string(),
  rounds: v.number(),
  threads: v.array(
    v.object({
      tid: v.number(),
      /** st_ino, which is the number of the inode's glock. */
      inode: v.number(),
      /** Calls issued on gfs2, those that made the file included. */
      reads: Calls,
      writes: Calls,
      bytesRead: v.number(),
      bytesWritten: v.number(),
      /** Calls that returned fewer bytes than asked for; failed ones are counted apart. */
      shortReads: v.number(),
      shortWrites: v.number(),
      failures: v.number(),
      /** errno of the last failure; 0 without one. */
      lastErrno: v.number(),
    }),
  ),
});

/** What a workload says of itself in its one line of JSON. */
export type WorkloadResult = v.InferOutput<typeof WorkloadResult>;

/** All that a workload needs of a guest. */
export type Runner = Pick<Guest, 'run' | 'alias'>;

/**
 * Runs `workloads/NAME.c` in the guest, for 120 s at most unless told otherwise. LabError where it does not compile or
 * fails, as it does when the kernel kills it: its outcome is in the message.
 */
export async function runWorkload(
  guest: Runner,
  name: string,
  args: readonly string[] = [],
  options: { readonly timeoutMs?: number } = {},
): Promise<WorkloadResult> {
  const program = await compileWorkload(guest, name);
  const timeoutMs = options.timeoutMs ?? 120_000;
  // Ended inside the guest: an ssh that ends leaves the program running there, and this one may spin in the kernel.
  const bounded = ['timeout', '-s', 'KILL', String(Math.ceil(timeoutMs / 1000)), program, ...args];
  const startMs = performance.now();
  const outcome = await guest.run(bounded, { timeoutMs: timeoutMs + 10_000 });
  const late = performance.now() - startMs >= timeoutMs ? ` within ${timeoutMs / 1000} s` : '';
  const line = outcome.stdout.trim().split('\n').at(-1) ?? '';
  if (outcome.exitCode !== 0 || !line.startsWith('{')) {
    throw new LabError(
      `the workload ${name} ${args.join(' ')} did not finish in ${guest.alias}${late}: ${describe(outcome)}`,
      'look at the console of the guest: `npm run lab -- ls` names its file',
    );
  }
  return v.parse(WorkloadResult, JSON.parse(line));
}

/** The workload as an executable in the guest: its path there. Compiled at the first call for each guest. */
export async function compileWorkload(guest: Runner, name: string): Promise<string> {
  const known = compiled.get(guest) ?? new Map<string, Promise<string>>();
  compiled.set(guest, known);
  const program = known.get(name) ?? compile(guest, name);
  known.set(name, program);
  return await program;
}

const compiled = new WeakMap<Runner, Map<string, Promise<string>>>();

async function compile(guest: Runner, name: string): Promise<string> {
  const path = labAsset('workloads', `${name}.c`);
  if (!/^[\w-]+$/.test(name) || !existsSync(path)) {
    throw new LabError(`there is no workload "${name}"`, 'choose one of test/lab/workloads/*.c');
  }
  // one file travels: its header is put in where it is included
  const header = await readFile(labAsset('workloads', 'count.h'), 'utf8');
  const source = (await readFile(path, 'utf8')).replace('#include "count.h"', () => header);
  const program = `/tmp/${name}`;
  const script = 'cat >"$1.c" && exec /opt/lab/cc "$1" "$1.c"';
  const outcome = await guest.run(['sh', '-c', script, 'compile', program], { input: source });
  if (outcome.exitCode === 0) return program;
  throw new LabError(`${name}.c does not compile in ${guest.alias}: ${describe(outcome)}`, 'mend the workload');
}

function describe({ exitCode, stdout, stderr }: Outcome): string {
  return `exit ${exitCode ?? 'by signal or timeout'}\n${`${stdout}\n${stderr}`.trim()}`;
}
