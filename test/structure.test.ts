// The rules of CONTRIBUTING.md that no linter checks, held against every source file.

import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { projectFolder } from '../agent/cli/paths.ts';

const maxLines = 250;
const maxTestLines = 450;

/** Files that are longer, and why they stay in one piece. */
const longer: Readonly<Record<string, string>> = {
  'agent/model/model.ts': 'one reducer: a case for each record, which share the stack that they repair',
  'probes/ways.ts': 'one table: all that is probed, in the order in which people read it',
};

/** Where plain values become branded ones, and nowhere else. */
const mint = 'agent/wire/units.ts';

const files: readonly string[] = ['agent', 'dashboard', 'probes', 'test'].flatMap(sourcesIn);
const isTest = (path: string): boolean => path.endsWith('.test.ts');
const read = (path: string): string => readFileSync(join(projectFolder, path), 'utf8');

test('there are sources to look at', () => {
  expect(files).toContain('agent/model/model.ts');
  expect(files).toContain('dashboard/theme.css');
  expect(files).toContain('agent/launch/ready.js');
});

describe('length', () => {
  const lengths = new Map(files.map((path) => [path, read(path).trimEnd().split('\n').length]));
  const limit = (path: string): number => (isTest(path) ? maxTestLines : maxLines);
  const tooLong = files.filter((path) => (lengths.get(path) ?? 0) > limit(path));

  test('is within bounds, but for files that are named here with their reason', () => {
    expect(tooLong.filter((path) => !(path in longer))).toEqual([]);
  });

  test('is not excused where it needs no excuse', () => {
    expect(Object.keys(longer).filter((path) => !tooLong.includes(path))).toEqual([]);
  });
});

describe('names', () => {
  test('say what a file is about: none is for whatever was left over', () => {
    const vague = /(^|[-.])(utils?|helpers?|managers?|common|misc|shared|stuff)([-.]|$)/;
    expect(files.filter((path) => vague.test(basename(path)))).toEqual([]);
  });

  test('are in kebab-case', () => {
    const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.test|\.config)?\.(ts|js|css)$/;
    expect(files.filter((path) => !kebab.test(basename(path)))).toEqual([]);
  });
});

test('every file but tests and configurations begins by saying what it is', () => {
  const begins = /^(#!.*\n)?(\/\*\*|\/\/|\/\*)/;
  expect(files.filter((path) => !/\.(test|config)\.ts$/.test(path) && !begins.test(read(path)))).toEqual([]);
});

describe('types', () => {
  const typed = files.filter((path) => path.endsWith('.ts') && path !== mint);

  const anyType = /[:<,|&=]\s*any\b(?!\s*[:(])/;
  const nonNull = /[\w)\]]!(?!=)/;
  const cast = /\bas\s+(?!const\b)[\w{([]/;

  const places = (pattern: RegExp, textOf: (path: string) => string): string[] =>
    typed.flatMap((path) =>
      textOf(path)
        .split('\n')
        .flatMap((line, at) => (pattern.test(line) ? [`${path}:${at + 1}: ${line.trim()}`] : [])),
    );

  test.each([
    ['any', anyType],
    ['a non-null assertion', nonNull],
    ['a cast', cast],
  ])('no file has %s', (_, pattern) => {
    expect(places(pattern, (path) => codeOf(read(path)))).toEqual([]);
  });

  test('no file silences the compiler or the linter', () => {
    // put together, so that this file does not hold it
    const silenced = new RegExp(`@ts-${'(ignore|expect-error|nocheck)'}|biome-${'ignore'} (?!format)`);
    expect(places(silenced, read)).toEqual([]);
  });

  test.each([
    ['const a: any = 1;', anyType],
    ['const a: Map<string, any>', anyType],
    ['const a = b!.c;', nonNull],
    ['const a = f()!;', nonNull],
    ['const a = b as string;', cast],
    ['const a = { b: null as { c: number } | null };', cast],
    ['const a = <const T,>(b: T) => b as unknown as T;', cast],
  ])('the search finds one in %j', (code, pattern) => {
    expect(codeOf(code)).toMatch(pattern);
  });

  test.each([
    "// as any\nconst a = 'b!.c as d: any';",
    'import * as v from "v";\nexport { a as b } from "c";',
    'const a = [] as const;',
    'const a = /only as root!: any/.test(b);',
    'if (a !== b && !c) d({ any: 1 });',
  ])('and none in %j', (code) => {
    for (const pattern of [anyType, nonNull, cast]) expect(codeOf(code)).not.toMatch(pattern);
  });
});

/** The code without comments, quoted text, patterns and the names of imports; its lines stay where they are. */
function codeOf(text: string): string {
  const comment = /\/\*[\s\S]*?\*\/|\/\/[^\n]*/;
  const quoted = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/;
  const regex = /(?<=[=(:,[!&|?>]\s*)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/;
  const left = new RegExp([comment, quoted, regex].map((one) => one.source).join('|'), 'g');
  const lines = (part: string): string => part.replace(/[^\n]+/g, '');
  return text
    .replace(left, (part) => (part.startsWith('/') ? lines(part) : `''${lines(part)}`))
    .replace(/^(?:import|export)\s[^;=]*\bfrom ''/gm, lines);
}

function sourcesIn(folder: string): string[] {
  return readdirSync(join(projectFolder, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|js|css)$/.test(name) && !name.startsWith('recordings/') && !name.includes('node_modules'))
    .map((name) => `${folder}/${name}`)
    .sort();
}
