/** Makes a fresh checkout ready to run: right Node, packages installed, everything built. Needs nothing but Node and npm. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout, as a URL that ends in a slash. */
const folder = new URL('../../', import.meta.url);
const path = fileURLToPath(folder);
/** What packages and build need together, with room to spare. */
const neededBytes = 500 << 20;
const leastNode = [20, 19];
/** Folders and files from which the build is made. */
const sources = ['agent', 'dashboard', 'probes', 'test', 'package.json', 'package-lock.json', 'tsconfig.json'];

/** Installs and builds what is missing or out of date; ends the process with a clear message when that cannot be. */
export function ready() {
  checkNode();
  const lock = hashOf([readFileSync(join(path, 'package-lock.json'))]);
  const installedMark = join(path, 'node_modules', '.glockscope-installed');
  if (readMark(installedMark) !== lock) {
    checkSpace();
    run('installing packages', ['ci', '--include=dev', '--no-audit', '--no-fund'], {});
    writeFileSync(installedMark, lock);
  }
  const builtMark = join(path, 'dist', '.glockscope-built');
  const stamp = sourceStamp();
  if (readMark(builtMark) !== stamp) {
    checkSpace();
    // Whatever the caller's own mode is: a test runner's would put Lit's development version into the page.
    run('building', ['run', '--silent', 'build'], { NODE_ENV: 'production' });
    mkdirSync(join(path, 'dist'), { recursive: true });
    writeFileSync(builtMark, stamp);
  }
  return folder;
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = leastNode;
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return;
  fail(
    `Node ${process.versions.node} is too old: ${leastNode.join('.')} or newer is needed`,
    'Install a newer Node, e.g. from https://nodejs.org, and start again.',
  );
}

function checkSpace() {
  const { bavail, bsize } = statfsSync(path);
  const freeBytes = bavail * bsize;
  if (freeBytes >= neededBytes) return;
  fail(
    `only ${Math.floor(freeBytes / 1048576)} MiB are free where the checkout is; packages and build need ${neededBytes / 1048576} MiB`,
    `Free space on the file system of ${path}.`,
  );
}

/**
 * Runs npm and shows its words only when it fails.
 * @param {string} what
 * @param {string[]} args
 * @param {Record<string, string>} env added to our own
 */
function run(what, args, env) {
  const startedMs = performance.now();
  process.stderr.write(`glockscope: ${what} …\n`);
  const done = spawnSync('npm', args, {
    cwd: path,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 << 20,
  });
  if (done.error) fail(`npm could not be started (${done.error.message})`, 'Install npm; it comes with Node.');
  if (done.status !== 0) {
    process.stderr.write(`${done.stdout}${done.stderr}`);
    const full = /ENOSPC|no space left/i.test(done.stderr);
    fail(
      `${what} failed${full ? ': the disk is full' : ''} (npm ${args.join(' ')} ended with ${done.status})`,
      full
        ? `Free space on the file system of ${path}.`
        : 'Read npm’s message above; a registry must be reachable for the first start.',
    );
  }
  process.stderr.write(`glockscope: ${what} took ${((performance.now() - startedMs) / 1000).toFixed(1)} s\n`);
}

/** Changes when any source file does: names, sizes and times. */
function sourceStamp() {
  /** @type {string[]} */
  const rows = [];
  for (const source of sources) note(join(path, source), rows);
  return hashOf([Buffer.from(rows.join('\n'))]);
}

/**
 * @param {string} at
 * @param {string[]} rows
 */
function note(at, rows) {
  const stat = statSync(at);
  if (stat.isDirectory()) {
    for (const name of readdirSync(at).sort()) if (name !== 'recordings') note(join(at, name), rows);
  } else rows.push(`${at} ${stat.size} ${stat.mtimeMs}`);
}

/** @param {Buffer[]} parts */
function hashOf(parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

/** @param {string} mark */
function readMark(mark) {
  return existsSync(mark) ? readFileSync(mark, 'utf8') : null;
}

/**
 * @param {string} cause
 * @param {string} remedy
 * @returns {never}
 */
function fail(cause, remedy) {
  process.stderr.write(`glockscope: ${cause}\n  What to do: ${remedy}\n`);
  process.exit(3);
}
