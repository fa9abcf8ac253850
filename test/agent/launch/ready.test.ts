import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { projectFolder } from '../../../agent/cli/paths.ts';

/** A checkout in small: the launcher itself, something to build, and an npm that only notes what it is told. */
let folder: string;
const at = (name: string): string => join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'glockscope-ready-'));
  mkdirSync(at('agent/launch'), { recursive: true });
  copyFileSync(join(projectFolder, 'agent/launch/ready.js'), at('agent/launch/ready.js'));
  for (const name of ['dashboard/a.ts', 'probes/a.ts', 'test/a.ts', 'test/recordings/a', 'tsconfig.json'])
    put(name, name);
  put('package.json', '{ "type": "module" }');
  put('package-lock.json', '{}');
  npm('echo "$@" >> npm.log; mkdir -p node_modules');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function put(name: string, content: string): void {
  mkdirSync(dirname(at(name)), { recursive: true });
  writeFileSync(at(name), content);
}
function npm(script: string): void {
  mkdirSync(at('bin'), { recursive: true });
  writeFileSync(at('bin/npm'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

/**
 * Starts it once; `told` is what npm was told, without its flags.
 * @param before runs first, in the same process
 */
function start(before = ''): { readonly code: number | null; readonly err: string; readonly told: string[] } {
  rmSync(at('npm.log'), { force: true });
  const script = `${before}\nconst { ready } = await import('./agent/launch/ready.js'); ready(); process.stdout.write('started');`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, PATH: `${at('bin')}:/usr/bin:/bin` },
    timeout: 20_000,
  });
  expect(stdout, 'it goes on exactly when nothing failed').toBe(status === 0 ? 'started' : '');
  const told = existsSync(at('npm.log')) ? readFileSync(at('npm.log'), 'utf8').trimEnd().split('\n') : [];
  return { code: status, err: stderr, told: told.map((line) => line.replaceAll(/ --\S+/g, '')) };
}

const install = 'ci';
const build = 'run build';

describe('a fresh checkout', () => {
  test('is installed and built once, then only started', () => {
    expect(start()).toMatchObject({ code: 0, told: [install, build] });
    expect(start()).toEqual({ code: 0, err: '', told: [] });
  });

  test('is built anew after a change to a source, and a recording is none', () => {
    start();
    put('test/recordings/b', 'a new recording');
    expect(start().told).toEqual([]);
    appendFileSync(at('probes/a.ts'), ' changed');
    expect(start().told).toEqual([build]);
    rmSync(at('dashboard/a.ts'));
    expect(start().told).toEqual([build]);
  });

  test('is installed anew when the packages change', () => {
    start();
    put('package-lock.json', '{ "changed": 1 }');
    expect(start().told).toEqual([install, build]);
  });

  test('is made again when its packages or its build were removed', () => {
    start();
    rmSync(at('dist'), { recursive: true });
    expect(start().told).toEqual([build]);
    rmSync(at('node_modules'), { recursive: true });
    expect(start().told).toEqual([install]);
  });
});

describe('what stands in the way is told with its remedy, exit code 3:', () => {
  test('an npm that fails, in its own words; the next start tries again', () => {
    npm('echo "404 Not Found" >&2; exit 1');
    const { code, err } = start();
    expect(code).toBe(3);
    expect(err).toMatch(/404 Not Found[\s\S]*installing packages failed \(npm ci .* ended with 1\)\n {2}What to do: /);
    npm('echo "$@" >> npm.log; mkdir -p node_modules');
    expect(start()).toMatchObject({ code: 0, told: [install, build] });
  });

  test('a build that fails', () => {
    npm('mkdir -p node_modules; if [ "$1" = run ]; then echo "error TS1005"; exit 2; fi');
    const { code, err } = start();
    expect([code, existsSync(at('dist'))]).toEqual([3, false]);
    expect(err).toMatch(/error TS1005[\s\S]*building failed/);
  });

  test('a disk that is full', () => {
    npm('echo "npm error code ENOSPC" >&2; exit 228');
    expect(start()).toMatchObject({
      code: 3,
      err: expect.stringMatching(/the disk is full[\s\S]*What to do: Free space/),
    });
  });

  test('a disk with too little room, before anything is written on it', () => {
    const tight = `import fs from 'node:fs'; import { syncBuiltinESMExports } from 'node:module';
      fs.statfsSync = () => ({ bavail: 10 * 1024, bsize: 1024 }); syncBuiltinESMExports();`;
    const { code, err, told } = start(tight);
    expect([code, told]).toEqual([3, []]);
    expect(err).toMatch(/only 10 MiB are free .* need 500 MiB\n {2}What to do: Free space on the file system of /);
  });

  test('a Node that is too old', () => {
    const old = (version: string): string =>
      `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });`;
    for (const version of ['18.20.8', '20.18.3']) {
      const { code, err, told } = start(old(version));
      expect([code, told]).toEqual([3, []]);
      expect(err).toMatch(/Node \S+ is too old: 20\.19 or newer is needed\n {2}What to do: /);
    }
    expect(start(old('20.19.0')).code).toBe(0);
    expect(start(old('21.0.0')).code).toBe(0);
  });

  test('an npm that is not there', () => {
    const { code, err } = start("process.env['PATH'] = '/nowhere';");
    expect(code).toBe(3);
    expect(err).toMatch(/npm could not be started \(.*ENOENT\)\n {2}What to do: Install npm/);
  });
});
