/** Where the project's own files are, from wherever the built agent runs. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds package.json. */
export const projectFolder: string = (() => {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const above = dirname(folder);
    if (above === folder) throw new Error('glockscope was moved away from its package.json');
    folder = above;
  }
  return folder;
})();

export const pageFolder: string = join(projectFolder, 'dist', 'dashboard');
export const recordingsFolder: string = join(projectFolder, 'test', 'recordings');
export const cacheFolder: string = process.env['GLOCKSCOPE_CACHE'] ?? join(projectFolder, '.cache');
