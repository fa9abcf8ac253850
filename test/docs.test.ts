/** Holds the documents to the code: what they name exists, what they count is counted, their tables are the code's own. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { exitCode } from '../agent/cli/exit.ts';
import { projectFolder } from '../agent/cli/paths.ts';
import { recordingVersion } from '../agent/recording/header.ts';
import { protocol } from '../agent/wire/message.ts';
import { commandsOf, commandTables, glockscopeProgram, labProgram } from './documents/command-table.ts';
import { anchorsIn, codeIn, linksIn, rowsBelow, withGenerated } from './documents/markdown.ts';
import { numberTable } from './documents/number-table.ts';
import { recordingTable } from './documents/recording-table.ts';
import { suites } from './lab/suite.ts';
import { attemptTable, fieldTable, recordTable, shapeTable, wayTable } from './probes/document.ts';

const documents = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'probes/README.md',
  'test/lab/README.md',
  'test/recordings/README.md',
  'test/recordings/btf/README.md',
] as const;
const sourceFolders = ['agent', 'dashboard', 'probes', 'test'] as const;

const read = (path: string): string => readFileSync(join(projectFolder, path), 'utf8');
const pack = v.parse(
  v.object({ version: v.string(), scripts: v.record(v.string(), v.string()) }),
  JSON.parse(read('package.json')),
);

/** All files below a folder, by their paths from the project's. */
function filesBelow(folder: string): string[] {
  return readdirSync(join(projectFolder, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(projectFolder, join(entry.parentPath, entry.name)));
}

/** What is between `npm start -- ` or `npm run lab -- ` and the end of the command. */
const wordsAfter = (line: string, start: string): string[][] =>
  line
    .split(start)
    .slice(1)
    .map((rest) => rest.split(/[`,;]| +#| {3,}/)[0] ?? '')
    .map((rest) => rest.trim().split(/ +/).filter(Boolean));

describe('generated parts', async () => {
  const parts: readonly (readonly [document: string, name: string, made: () => string | Promise<string>])[] = [
    ['README.md', 'commands', async () => commandTables(await glockscopeProgram())],
    ['ARCHITECTURE.md', 'numbers', numberTable],
    ['probes/README.md', 'records', recordTable],
    ['probes/README.md', 'fields', fieldTable],
    ['probes/README.md', 'attempts', attemptTable],
    ['probes/README.md', 'ways', wayTable],
    ['probes/README.md', 'shapes', shapeTable],
    ['test/lab/README.md', 'commands', async () => commandTables(await labProgram())],
    ['test/recordings/README.md', 'recordings', () => recordingTable(join(projectFolder, 'test/recordings'))],
  ];
  test.each(parts)('%s says of its %s what the code says (UPDATE_DOCS=1 writes it anew)', async (path, name, made) => {
    const document = read(path);
    const anew = withGenerated(document, name, await made());
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(join(projectFolder, path), anew);
    else expect(document).toBe(anew);
  });
});

describe.each(documents)('%s', (path) => {
  const document = read(path);
  const spans = codeIn(document);

  test('names npm commands that package.json has', () => {
    const named = spans.flatMap((span) => [...span.matchAll(/\bnpm (?:run )?([a-z]+)/g)].map(([, name = '']) => name));
    expect(named.filter((name) => pack.scripts[name] === undefined)).toEqual([]);
  });

  test('names files and folders that are there', () => {
    const named = spans.filter((span) => isPath(span) && !isKernelPath(span));
    const here = (named: string): boolean =>
      [projectFolder, join(projectFolder, dirname(path))].some((base) => existsSync(join(base, named)));
    expect(named.filter((each) => !here(each))).toEqual([]);
  });

  test('links to documents, headings and pictures that are there', () => {
    const broken = linksIn(document).filter((link) => {
      if (/^https?:/.test(link)) return false;
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? path : normalize(join(dirname(path), file));
      if (!existsSync(join(projectFolder, target))) return true;
      return anchor !== undefined && !anchorsIn(read(target)).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  test('names environment variables that the code reads', () => {
    const sources = sourceText();
    const named = [...document.matchAll(/\bGLOCKSCOPE_[A-Z_]+\b/g)].map(([name]) => name);
    expect(named.filter((name) => !sources.includes(name))).toEqual([]);
  });

  test('names no folder of one machine, and of other hosts only those of public documents', () => {
    expect(document).not.toMatch(/(?<![\w/])\/(?:work|root|tmp|home|var)\b/);
    const hosts = [...document.matchAll(/\bhttps?:\/\/([^/\s:)"`]+)/g)].map(([, host = '']) => host);
    const known = ['127.0.0.1', 'localhost', 'keepachangelog.com', 'semver.org', 'nodejs.org'];
    expect(hosts.filter((host) => !known.includes(host))).toEqual([]);
  });

  test('names commands and options of glockscope and of the lab that exist', async () => {
    const both = [
      { start: 'npm start -- ', program: await glockscopeProgram(), without: 'start' },
      { start: 'npm run lab -- ', program: await labProgram(), without: null },
    ];
    const wrong: string[] = [];
    for (const { start, program, without } of both) {
      for (const words of spans.flatMap((span) => wordsAfter(span, start))) {
        const [first = ''] = words;
        const command = commandsOf(program).find((one) => one.name() === (first.startsWith('-') ? without : first));
        if (command === undefined) wrong.push(`${start}${first}`);
        // What follows a workload's name is the workload's own.
        const options = command?.name() === 'run' ? [] : words.filter((word) => /^--?[a-zA-Z]/.test(word));
        const known = new Set(command?.options.flatMap((option) => [option.long, option.short]));
        wrong.push(...options.filter((option) => command !== undefined && !known.has(option)));
      }
    }
    const anyOption = new Set(
      both.flatMap(({ program }) =>
        [program, ...commandsOf(program)].flatMap((one) =>
          one.options.flatMap((option) => [option.long, option.short]),
        ),
      ),
    );
    const alone = spans.flatMap((span) => /^(--?[a-zA-Z][\w-]*)(?: \S+)?$/.exec(span)?.[1] ?? []);
    wrong.push(...alone.filter((option) => !anyOption.has(option) && !workloadOptions().includes(option)));
    expect(wrong).toEqual([]);
  });
});

test('README gives the exit codes of agent/cli/exit.ts, and their names', () => {
  const given = rowsBelow(read('README.md'), 'Exit codes').map(([code, name]) => [
    name,
    Number(code?.replaceAll('`', '')),
  ]);
  expect(Object.fromEntries(given)).toEqual(exitCode);
});

test('every message that README explains is one that the code says', () => {
  const sources = sourceText();
  const messages = rowsBelow(read('README.md'), 'Troubleshooting').map(([message = '']) => message.replaceAll('`', ''));
  expect(messages.length).toBeGreaterThan(10);
  const unsaid = messages.filter((message) =>
    message.split('…').some((part) => part.trim() !== '' && !sources.includes(part.trim())),
  );
  expect(unsaid).toEqual([]);
});

test('README shows the page in light and dark, and a deadlock', () => {
  const pictures = linksIn(read('README.md')).filter((link) => link.endsWith('.png'));
  expect(pictures.sort()).toEqual([
    'dashboard/pictures/live-6.1-dark.png',
    'dashboard/pictures/live-6.1.png',
    'dashboard/pictures/wait-cycle-5.10.png',
  ]);
});

test('ARCHITECTURE lists the folders of the source tree, and no other', () => {
  const listed = rowsBelow(read('ARCHITECTURE.md'), 'Folders').map(([folder = '']) => folder.replace(/`(.*)\/`/, '$1'));
  const folders = new Set(sourceFolders.flatMap((top) => filesBelow(top)).flatMap((file) => foldersOf(dirname(file))));
  // Tests mirror the source: their folders need no word of their own below the first.
  const mirrored = [...folders].filter((folder) => !/^test\/(agent|dashboard|probes)\//.test(folder));
  expect(listed.sort()).toEqual(mirrored.sort());
});

test('each folder imports what ARCHITECTURE allows it, and nothing else', () => {
  const rows = rowsBelow(read('ARCHITECTURE.md'), 'Folders').map(([folder = '', , allowed = '']) => ({
    folder: folder.replace(/`(.*)\/`/, '$1'),
    allowed: codeIn(allowed).map((each) => each.replace(/\/$/, '')),
  }));
  const wrong = rows
    .filter(({ folder }) => !folder.startsWith('test'))
    .flatMap(({ folder, allowed }) =>
      importsOf(folder)
        .filter((imported) => imported !== folder && !allowed.includes(imported))
        .map((imported) => `${folder} imports ${imported}`),
    );
  expect(importsOf('agent/session')).toContain('agent/model');
  expect(wrong).toEqual([]);
});

test('the lab and README tell of every suite', () => {
  for (const path of ['README.md', 'test/lab/README.md'] as const) {
    const rows = rowsBelow(read(path), 'Suites').map(([kernel, name]) => [kernel, name]);
    expect(rows, path).toEqual(suites.map((suite) => [suite.kernel, suite.name]));
  }
});

test('CHANGELOG knows this version, and the versions of the wire protocol and of the recording format', () => {
  const changes = read('CHANGELOG.md');
  expect(changes).toMatch(/^## \[Unreleased\]/m);
  expect(changes).toContain(pack.version);
  expect(changes).toMatch(new RegExp(`^### Wire protocol\\n\\n- \\*\\*Version ${protocol}\\*\\*`, 'm'));
  expect(changes).toMatch(new RegExp(`^### Recording format\\n\\n- \\*\\*Version ${recordingVersion}\\*\\*`, 'm'));
});

/** All TypeScript and JavaScript that is not a test. */
function sourceText(): string {
  return sourceFolders
    .flatMap(filesBelow)
    .filter((file) => /(?<!\.test)\.(ts|js)$/.test(file))
    .map(read)
    .join('\n');
}

/** Folders from which a folder's own files import. */
function importsOf(folder: string): string[] {
  const files = readdirSync(join(projectFolder, folder)).filter((name) => /\.(ts|js)$/.test(name));
  const imported = files.flatMap((name) =>
    [...read(join(folder, name)).matchAll(/(?:from|import)\s*\(?'(\.[^']+)'/g)].map(([, path = '']) =>
      dirname(normalize(join(folder, path))),
    ),
  );
  return [...new Set(imported)];
}

const workloadOptions = (): string[] =>
  [...read('test/lab/workloads/count.h').matchAll(/"(--[a-z]+)"/g)].map(([, option = '']) => option);

/** `a/b/c` is in `a`, `a/b` and `a/b/c`. */
const foldersOf = (folder: string): string[] =>
  folder.split('/').map((_, at, parts) => parts.slice(0, at + 1).join('/'));

const isPath = (span: string): boolean =>
  /^\.?\w[\w@./-]*$/.test(span) &&
  (/\w\.(ts|js|json|md|c|h|css|html|png|svg|glockscope)$/.test(span) || /^[a-z.][\w/.-]*\/$/.test(span));

/** Of the kernel's source, e.g. `fs/gfs2/file.c`. */
const isKernelPath = (span: string): boolean =>
  /^(fs|mm|lib|arch|include|kernel)\//.test(span) || /^\w+\.[ch]$/.test(span);
