/** What /proc says of running processes, for tests that must know whether a program is really gone. */
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A word to put among a program's arguments, by which nothing but that program and its relay is found. */
export function marker(): string {
  const mark = `glockscope-test-${randomUUID()}`;
  given.push(mark);
  return mark;
}

const given: string[] = [];

/** For the end of a test file: a test that failed leaves nothing behind either. */
export function killLeftovers(): void {
  for (const pid of given.flatMap(carriersOf)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      // ESRCH: it ended by itself since it was found.
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) {
        throw error;
      }
    }
  }
}

/** All processes, relays and ssh included, that carry the marker in any argument; zombies have none. */
export function carriersOf(mark: string): number[] {
  return pids().filter((pid) => argvOf(pid).some((word) => word.includes(mark)));
}

/** The program itself: the process with exactly these arguments. */
export function pidOf(argv: readonly string[]): number | undefined {
  return pids().find((pid) => JSON.stringify(argvOf(pid)) === JSON.stringify(argv));
}

/** The ssh client that carries the marker. */
export function sshClientOf(mark: string): number | undefined {
  return carriersOf(mark).find((pid) => argvOf(pid)[0] === 'ssh');
}

export function parentOf(pid: number): number {
  // "1234 (comm may hold ) and spaces) S 1 …"
  const afterComm = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1) ?? '';
  return Number(afterComm.split(' ')[1]);
}

/** Polls until the answer is neither undefined nor false, and returns it; throws after the deadline. */
export async function until<Answer>(
  what: string,
  ask: () => Answer | undefined | false,
  seconds = 15,
): Promise<Answer> {
  for (const deadline = Date.now() + seconds * 1000; ; await delay(25)) {
    const answer = ask();
    if (answer !== undefined && answer !== false) {
      return answer;
    }
    if (Date.now() > deadline) {
      throw new Error(`Not within ${seconds} s: ${what}`);
    }
  }
}

export function inPath(command: string): string | undefined {
  const { PATH = '' } = process.env;
  const folders = [...PATH.split(delimiter), '/usr/sbin', '/sbin'];
  return folders.map((folder) => join(folder, command)).find((file) => existsSync(file));
}

function pids(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

function argvOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  } catch {
    return []; // It ended between the listing and the reading.
  }
}
