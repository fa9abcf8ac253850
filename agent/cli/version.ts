/** The product's version, from package.json. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { projectFolder } from './paths.ts';

export const version: string = v.parse(
  v.object({ version: v.string() }),
  JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')),
).version;
