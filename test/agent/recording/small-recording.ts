// Small recordings made of pictures (test/scene.ts), in a folder that goes when the test does.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RecordingHeader, writeHeader } from '../../../agent/recording/header.ts';
import { Scene } from '../../scene.ts';

export const header = (changed: Partial<RecordingHeader> = {}): RecordingHeader => ({
  glockscope: 'recording',
  version: 1,
  title: 'a read that retries — “größer”',
  node: 'node1',
  target: 'ssh://root@node1',
  kernel: '6.1.0-50-amd64',
  machine: 'x86_64',
  bpftrace: '0.17.0',
  build: '04000000',
  startedUnixMs: 1_763_870_000_000,
  clock: { unixMs: 1_763_870_000_123, bootMs: 33_580 },
  fileSystems: [{ dev: 7 << 20, name: '/dev/loop0', mountPoint: '/mnt/gfs2' }],
  coverage: [{ capability: 'acquire', way: 'kprobe:gfs2_glock_nq', note: '' }],
  offsets: { 'gfs2_holder.gh_gl': 16 },
  program: 'BEGIN { printf("R 0 0 %lx 0\\n", nsecs); }',
  symbols: [
    ['ffffffffc0001000', 'gfs2_file_read_iter'],
    ['ffffffffc0001f00', 'gfs2_fault'],
  ],
  ...changed,
});

/** A buffered read that fails under its glock, faults its buffer in, and goes through: one retry. */
export const retriedRead: readonly string[] = [
  'A: is dd',
  'A: read F 16384',
  'A: nq SH F',
  'A: = 0',
  'A: attempt generic -14',
  'A: dq SH F',
  'A: faultin writeable 16384',
  'A: fault F',
  'A: faulted',
  'A: faultedin 0',
  'A: nq SH F',
  'A: = 0',
  'A: attempt generic 16384',
  'A: dq SH F',
  'A: done 16384',
];

/** A glock asked for twice by one thread: one fatal finding. */
export const deadlock: readonly string[] = ['B: is wl', 'B: nq EX G', 'B: = 0', 'B: fault G', 'B: nq SH G'];

export function pictures(...statements: readonly string[]): string {
  const scene = new Scene();
  for (const statement of statements) scene.say(statement);
  return scene.text;
}

export const recordingText = (text: string, changed: Partial<RecordingHeader> = {}): string =>
  `${writeHeader(header(changed))}\n${text}`;

/** A folder for a test's files. */
export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), 'glockscope-recording-'));

  at(name: string): string {
    return join(this.path, name);
  }

  /** Writes a file and gives its path. */
  put(name: string, content: string | Uint8Array): string {
    writeFileSync(this.at(name), content);
    return this.at(name);
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}
