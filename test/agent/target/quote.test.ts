import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quoteArgv } from '../../../agent/target/quote.ts';

/** What a real shell makes of the line: its words, each ended by a NUL byte. */
function splitByShell(line: string): string[] {
  return execFileSync('sh', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' })
    .split('\0')
    .slice(0, -1);
}

describe('quoteArgv', () => {
  it('hands every word through a real shell unchanged', () => {
    const nasty = fc.constantFrom("'", '"', '\\', '$', '`', '!', '\n', ' ', '*', '~', '=', '-', '#', ';', 'é', '%');
    const word = fc.oneof(
      fc.string(),
      fc.array(nasty).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(
        fc.array(
          word.filter((text) => !text.includes('\0')),
          { minLength: 1 },
        ),
        (argv) => {
          expect(splitByShell(quoteArgv(argv))).toEqual(argv);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('lets no first word become an assignment', () => {
    expect(quoteArgv(['PATH=x', "it's"])).toBe(String.raw`'PATH=x' 'it'\''s'`);
  });

  it('refuses a NUL byte, which no argument can hold', () => {
    expect(() => quoteArgv(['a\0b'])).toThrow(/NUL byte.*"a\\u0000b"/);
  });
});
