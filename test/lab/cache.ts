// Where the lab keeps what it builds and finds what it is built from.
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The directory of package.json: the same whether this runs from the sources or from dist/. */
export function projectRoot(from: string = fileURLToPath(import.meta.url)): string {
  for (let directory = dirname(from); ; directory = dirname(directory)) {
    if (existsSync(join(directory, 'package.json'))) return directory;
    if (directory === dirname(directory)) throw new Error(`no package.json above ${from}`);
  }
}

/** `$GLOCKSCOPE_CACHE/lab`, or `.cache/lab` in the project. */
export function labCache(environment: NodeJS.ProcessEnv = process.env): string {
  const root = environment['GLOCKSCOPE_CACHE'];
  return join(root ? resolve(root) : join(projectRoot(), '.cache'), 'lab');
}

/** A file that is part of the lab's sources, such as `guest/init` or `workloads/self.c`. */
export function labAsset(...path: readonly string[]): string {
  return join(projectRoot(), 'test', 'lab', ...path);
}
