#!/usr/bin/env node
/** `npm test`: makes the checkout ready, installs what the tests need from Debian where it may, then checks everything. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ready } from './ready.js';

/** What the tests run beside Node, where each is found, and its Debian package. */
const needed = [
  { tool: 'qemu-system-x86_64', package: 'qemu-system-x86', for: 'real GFS2 kernels in the lab' },
  { tool: 'chromium', package: 'chromium', for: 'the page in a real browser' },
  { tool: 'ssh', package: 'openssh-client', for: 'hosts behind ssh' },
  { tool: 'sshd', package: 'openssh-server', for: 'an ssh server of the tests’ own' },
  { tool: 'mke2fs', package: 'e2fsprogs', for: 'disk images of the lab' },
  { tool: 'xz', package: 'xz-utils', for: 'kernel modules of the lab' },
  { tool: 'bpftool', package: 'bpftool', for: 'an independent reading of BTF' },
  { tool: 'perl', package: 'perl-base', for: 'the perl relay' },
  { tool: 'python3', package: 'python3-minimal', for: 'the python relay' },
];

const folder = fileURLToPath(ready());
const missing = install();
const passed =
  step('npx', ['biome', 'ci', '--colors=off', '--error-on-warnings', '.']) && vitest('unit') && vitest('lab');
for (const one of missing) process.stdout.write(`left out, since ${one.tool} is missing: ${one.for}\n`);
process.exitCode = passed ? 0 : 1;

/** Installs the missing packages where that is allowed; returns what is still missing. */
function install() {
  const absent = needed.filter((one) => !found(one.tool));
  if (absent.length === 0) return [];
  const packages = absent.map((one) => one.package);
  const root = process.getuid?.() === 0;
  const sudo = !root && spawnSync('sudo', ['-n', 'true']).status === 0;
  const command = ['apt-get', 'install', '-y', '--no-install-recommends', ...packages];
  if (!found('apt-get') || !(root || sudo)) {
    process.stderr.write(
      `glockscope: the tests want ${packages.join(', ')}, which only root may install here. Run this, then npm test again:\n  sudo ${command.join(' ')}\n`,
    );
    for (const one of absent) process.stderr.write(`  without ${one.tool}, tests of ${one.for} are left out\n`);
    return absent;
  }
  const prefix = sudo ? ['sudo', '-n'] : [];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [['apt-get', 'update', '-q'], command]) {
    const [file = '', ...rest] = [...prefix, ...args];
    process.stderr.write(`glockscope: ${[file, ...rest].join(' ')}\n`);
    const done = spawnSync(file, rest, { stdio: ['ignore', 'inherit', 'inherit'], env });
    if (done.status !== 0) process.stderr.write(`glockscope: that ended with ${done.status}; going on without\n`);
  }
  return needed.filter((one) => !found(one.tool));
}

/** @param {string} tool */
function found(tool) {
  const places = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin'];
  return places.some((place) => place !== '' && existsSync(join(place, tool)));
}

/**
 * Runs one project of the tests and says aloud what it skipped; CI may skip nothing.
 * @param {'unit' | 'lab'} project
 */
function vitest(project) {
  const report = join(folder, '.cache', `test-${project}.json`);
  mkdirSync(join(folder, '.cache'), { recursive: true });
  const ran = step('npx', [
    'vitest',
    'run',
    '--config',
    'test/vitest.config.ts',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]);
  const skipped = existsSync(report) ? skippedIn(readFileSync(report, 'utf8')) : [];
  for (const name of skipped) process.stdout.write(`skipped: ${name}\n`);
  if (skipped.length > 0 && process.env['CI']) {
    process.stdout.write('CI skips no test: the machine lacks something that .ci/run must install.\n');
    return false;
  }
  return ran;
}

/** @param {string} text */
function skippedIn(text) {
  /** @type {{ testResults: { assertionResults: { status: string, fullName: string }[] }[] }} */
  const report = JSON.parse(text);
  return report.testResults.flatMap((file) =>
    file.assertionResults
      .filter((test) => test.status === 'skipped' || test.status === 'pending')
      .map((test) => test.fullName),
  );
}

/**
 * @param {string} file
 * @param {string[]} args
 */
function step(file, args) {
  const done = spawnSync(file, args, { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] });
  return done.status === 0;
}
