// Runs a program of the host that the lab stands on, and names the package that brings it where it is missing.
import { delimiter } from 'node:path';
import { ExecaError, execa } from 'execa';
import { LabError } from './failure.ts';

/** LabError with the package to install where the program is missing; execa's error where it fails. */
export async function runHostProgram(program: string, debianPackage: string, args: readonly string[]): Promise<void> {
  try {
    // mke2fs is in a directory that only root's PATH names
    await execa(program, args, { env: { PATH: [process.env['PATH'] ?? '', '/usr/sbin', '/sbin'].join(delimiter) } });
  } catch (failure) {
    if (failure instanceof ExecaError && failure.code === 'ENOENT') {
      const install = `apt-get install --no-install-recommends ${debianPackage}`;
      throw new LabError(`${program} is missing`, `\`${install}\` (as root), then run the same again`);
    }
    throw failure;
  }
}
