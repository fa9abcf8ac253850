/** The two ways in which a command speaks: outcomes on stdout for whoever pipes them, all else on stderr. I/O. */

export const print = (text: string): void => void process.stdout.write(`${text}\n`);
export const note = (text: string): void => void process.stderr.write(`${text}\n`);
