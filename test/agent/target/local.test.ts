import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localTarget } from '../../../agent/target/local.ts';
import { RELAY_DEFAULTS, type RelaySettings } from '../../../agent/target/relay.ts';
import type { Streaming } from '../../../agent/target/target.ts';
import { type AgentBundle, bundleAgent } from './agent-process.ts';
import { carriersOf, inPath, killLeftovers, marker, parentOf, pidOf, until } from './processes.ts';
import { flooding, silent, stubborn } from './programs.ts';
import { read } from './reading.ts';

const NEEDS = { auto: 'sh', perl: 'perl', python: 'python3', sh: 'sh' } as const;
const VARIANTS: readonly RelaySettings['variant'][] = ['auto', 'perl', 'python', 'sh'];

describe('localTarget().run', () => {
  const target = localTarget();

  it('gives exit code, stdout and stderr of a program that fails', async () => {
    expect(await target.run(['sh', '-c', 'echo out; echo err >&2; exit 255'])).toMatchObject({
      kind: 'exited',
      code: 255,
      text: 'out\n',
      stderr: 'err\n',
    });
  });

  it('passes stdin, text or bytes, and gives bytes back unchanged', async () => {
    const bytes = randomBytes(300_000);
    const ran = await target.run(['cat'], { stdin: bytes });
    expect(ran.kind === 'exited' && Buffer.compare(ran.stdout, bytes)).toBe(0);
    expect(await target.run(['cat'], { stdin: "it's é" })).toMatchObject({ text: "it's é" });
    expect(await target.run(['cat'])).toMatchObject({ kind: 'exited', text: '' });
  });

  it('says 127 for a program that is not there, as a shell does', async () => {
    expect(await target.run(['glockscope-no-such-program'])).toMatchObject({
      kind: 'exited',
      code: 127,
      stderr: 'glockscope-no-such-program: not found\n',
    });
  });

  it('names the signal that ended the program', async () => {
    expect(await target.run(['sh', '-c', 'kill -KILL $$'])).toMatchObject({ kind: 'signalled', signal: 'SIGKILL' });
  });

  it('ends a program that takes too long and keeps what it printed', async () => {
    const mark = marker();
    const ran = await target.run(['sh', '-c', 'echo begun; exec tail -f /dev/null', mark], { timeoutMs: 500 });
    expect(ran).toMatchObject({ kind: 'timed-out', timeoutMs: 500, text: 'begun\n' });
    expect(carriersOf(mark)).toEqual([]);
  });

  it('ends a program that prints too much and keeps the beginning', async () => {
    const mark = marker();
    const ran = await target.run(flooding(mark), { maxBytes: 1000 });
    expect(ran).toMatchObject({ kind: 'overflowed', maxBytes: 1000 });
    expect(ran.kind === 'overflowed' && ran.stdout.length).toBe(1000);
    await until('the program is gone', () => carriersOf(mark).length === 0);
  });
});

let folder = '';
let agents: AgentBundle;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'glockscope-test-'));
  agents = await bundleAgent();
}, 60_000);
afterAll(() => {
  killLeftovers();
  agents.remove();
  rmSync(folder, { recursive: true });
});

describe.concurrent.each(VARIANTS)('localTarget().stream under the %s relay', (variant) => {
  const lacking = inPath(NEEDS[variant]) === undefined ? ` (skipped: no ${NEEDS[variant]} on this machine)` : '';
  const test = it.skipIf(lacking !== '');
  const running = new Set<Streaming>();
  const stream = (argv: readonly string[], settings: Partial<RelaySettings> = {}) => {
    const streaming = localTarget({ ...RELAY_DEFAULTS, variant, ...settings }).stream(argv);
    running.add(streaming);
    return streaming;
  };
  afterAll(async () => {
    await Promise.all([...running].map((streaming) => streaming.stop()));
  });

  test(`passes the exit code on, 255 and a missing program included${lacking}`, async () => {
    for (const [argv, code] of [
      [['sh', '-c', 'exit 0'], 0],
      [['sh', '-c', 'exit 7'], 7],
      [['sh', '-c', 'exit 255'], 255],
      [['glockscope-no-such-program'], 127],
    ] as const) {
      expect(await stream(argv).ended).toEqual({ kind: 'exited', code });
    }
  });

  test(`names the signal that ended the program${lacking}`, async () => {
    expect(await stream(['sh', '-c', 'kill -SEGV $$']).ended).toEqual({ kind: 'signalled', signal: 'SIGSEGV' });
  });

  test(`delivers a large output to the last byte, to a slow reader too${lacking}`, async () => {
    const bytes = randomBytes(8 << 20);
    const file = join(folder, `random-${variant}`);
    writeFileSync(file, bytes);
    const streaming = stream(['cat', file]);
    await delay(1_000); // A reader that comes late and then takes its time must lose nothing either.
    const hash = createHash('sha256');
    for await (const chunk of streaming.chunks) {
      hash.update(chunk);
      await delay(1);
    }
    expect(hash.digest('hex')).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(await streaming.ended).toEqual({ kind: 'exited', code: 0 });
  });

  test(`delivers what is printed between stop() and the end${lacking}`, async () => {
    const mark = marker();
    const streaming = stream(silent(mark));
    const reading = read(streaming);
    await until('the program is ready', () => reading.text() === 'ready\n');
    expect(await streaming.stop()).toEqual({ kind: 'stopped', code: 3 });
    await reading.done;
    expect(reading.text()).toBe('ready\nlast words\n');
    expect(await streaming.stop()).toEqual({ kind: 'stopped', code: 3 });
    await until('nothing is left', () => carriersOf(mark).length === 0);
  });

  test(`kills a program that does not heed SIGTERM after the grace time${lacking}`, async () => {
    const mark = marker();
    const streaming = stream(stubborn(mark), { graceSeconds: 1 });
    const reading = read(streaming);
    await until('the program is ready', () => reading.text() === 'ready\n');
    expect(await streaming.stop()).toEqual({ kind: 'stopped', code: 137 });
    await until('nothing is left', () => carriersOf(mark).length === 0);
  });

  test(`gives stderr by lines and passes the environment${lacking}`, async () => {
    const target = localTarget({ ...RELAY_DEFAULTS, variant });
    const script = 'echo "$GLOCKSCOPE_A" >&2; printf "no end of line" >&2';
    const streaming = target.stream(['sh', '-c', script], { env: { GLOCKSCOPE_A: "it's = 'a'" } });
    const lines: string[] = [];
    for await (const line of streaming.errors) {
      lines.push(line);
    }
    expect(lines).toEqual(["it's = 'a'", 'no end of line']);
    expect(await streaming.ended).toEqual({ kind: 'exited', code: 0 });
  });

  test(`ends the program when the relay is killed by SIGKILL${lacking}`, async () => {
    const mark = marker();
    const program = silent(mark);
    const streaming = stream(program);
    const pid = await until('the program runs', () => pidOf(program));
    process.kill(parentOf(pid), 'SIGKILL');
    await until('nothing is left', () => carriersOf(mark).length === 0);
    expect(await streaming.ended).toEqual({ kind: 'signalled', signal: 'SIGKILL' });
  });

  test(`ends the program when the relay is told to end on the host${lacking}`, async () => {
    const program = silent(marker());
    const streaming = stream(program);
    const reading = read(streaming);
    await until('the program is ready', () => reading.text() === 'ready\n');
    process.kill(parentOf(await until('the program runs', () => pidOf(program))), 'SIGTERM');
    expect(await streaming.ended).toEqual({ kind: 'signalled', signal: 'SIGTERM' });
    await reading.done;
    expect(reading.text()).toBe('ready\nlast words\n');
  });

  test(`ends the program when the consumer leaves${lacking}`, async () => {
    const mark = marker();
    const streaming = stream(flooding(mark));
    for await (const chunk of streaming.chunks) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    expect(await streaming.ended).toMatchObject({ kind: 'stopped' });
    await until('nothing is left', () => carriersOf(mark).length === 0);
  });

  test(`ends the program when the agent is killed by SIGKILL${lacking}`, async () => {
    const mark = marker();
    const program = silent(mark);
    const agent = agents.start({ argv: program, variant, idleSeconds: 15 });
    await until('the program runs', () => pidOf(program));
    agent.kill('SIGKILL');
    await until('nothing is left', () => carriersOf(mark).length === 0);
  });

  // The sh variant leaves a closed stdout to the program's own next write, as its docstring says.
  if (variant !== 'sh') {
    test(`ends a silent program when stdout is closed${lacking}`, async () => {
      const mark = marker();
      const streaming = stream(silent(mark));
      for await (const chunk of streaming.chunks) {
        expect(Buffer.from(chunk).toString()).toBe('ready\n');
        break;
      }
      expect(await streaming.ended).toEqual({ kind: 'stopped', code: 3 });
      await until('nothing is left', () => carriersOf(mark).length === 0);
    });
  }
});

describe('localTarget().stream', () => {
  it('holds back a program whose output nobody takes, instead of storing it', async () => {
    const streaming = localTarget().stream(flooding(marker()));
    const before = process.memoryUsage().arrayBuffers + process.memoryUsage().external;
    await delay(3_000);
    const grown = process.memoryUsage().arrayBuffers + process.memoryUsage().external - before;
    expect(grown).toBeLessThan(16 << 20);
    const stopped = streaming.stop();
    const all = await text(streaming.chunks);
    expect(all.startsWith('E 1 ffffffff 0123456789abcdef\n')).toBe(true);
    expect(await stopped).toMatchObject({ kind: 'stopped' });
  });

  it('drops and counts lines of stderr that nobody reads', async () => {
    const streaming = localTarget().stream([
      'sh',
      '-c',
      'i=0; while [ $i -lt 1500 ]; do echo $i; i=$((i+1)); done >&2',
    ]);
    await streaming.ended;
    const lines: string[] = [];
    for await (const line of streaming.errors) {
      lines.push(line);
    }
    expect(lines.length).toBe(1001);
    expect(lines.at(-1)).toContain('500 lines of stderr were dropped');
  });
});
