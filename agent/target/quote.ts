/** Turns an argument array into one line for a remote shell; the only place where such text is quoted. */

/**
 * One line that a POSIX shell splits back into exactly `argv`. Every word is quoted, so that no first word is read as an
 * assignment or an alias and nothing is expanded. Throws a RangeError for a NUL byte, which no argument can hold.
 */
export function quoteArgv(argv: readonly string[]): string {
  return argv.map(quoteWord).join(' ');
}

/** Single quotes keep everything but themselves: don't → 'don'\''t'. */
function quoteWord(word: string): string {
  if (word.includes('\0')) {
    throw new RangeError(`An argument holds a NUL byte: ${JSON.stringify(word)}. Leave it out or pass it on stdin.`);
  }
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
