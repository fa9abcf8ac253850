// What a command prints, caught instead of printed: the terminal of these tests.

import { vi } from 'vitest';

export interface Captured<Result> {
  readonly result: Result;
  readonly out: string;
  readonly err: string;
}

/** Runs it with stdout and stderr caught. One at a time: the process has one of each. */
export async function captured<Result>(run: () => Promise<Result>): Promise<Captured<Result>> {
  const out: string[] = [];
  const err: string[] = [];
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => out.push(textOf(chunk)) > 0),
    vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => err.push(textOf(chunk)) > 0),
  ];
  try {
    return { result: await run(), out: out.join(''), err: err.join('') };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

const textOf = (chunk: string | Uint8Array): string =>
  typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
