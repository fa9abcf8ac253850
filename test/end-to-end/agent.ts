/** The agent as its users run it, a process of its own, with what it says collected line by line. For tests only. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const launcher = fileURLToPath(new URL('../../agent/launch/glockscope.js', import.meta.url));

export interface Agent {
  readonly child: ChildProcess;
  /** Lines of stdout and stderr so far. */
  readonly out: readonly string[];
  readonly err: readonly string[];
  /** Waits for a line of stderr; fails with all that was said when the agent ends before. */
  heard(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

export function startAgent(args: readonly string[]): Agent {
  const child = spawn(process.execPath, [launcher, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const out: string[] = [];
  const err: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => out.push(line));
  createInterface({ input: child.stderr }).on('line', (line) => err.push(line));
  const ended = new Promise<number | string>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'gone'));
  });
  return {
    child,
    out,
    err,
    ended,
    async heard(pattern, timeoutMs = 180_000) {
      const until = Date.now() + timeoutMs;
      for (;;) {
        const said = err.map((line) => pattern.exec(line)).find((found) => found !== null);
        if (said) return said;
        if (child.exitCode !== null || Date.now() > until) {
          throw new Error(`the agent never said ${pattern}; it said:\n${[...err, ...out.slice(-5)].join('\n')}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
  };
}

/** Polls until the answer is true; false when it never was. */
export async function eventually(ask: () => Promise<boolean>, timeoutMs: number): Promise<boolean> {
  for (const until = Date.now() + timeoutMs; Date.now() < until; ) {
    if (await ask()) return true;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return false;
}
