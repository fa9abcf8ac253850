import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RELAY_DEFAULTS, type RelaySettings } from '../../../agent/target/relay.ts';
import { sshArgs, sshTarget } from '../../../agent/target/ssh.ts';
import type { Streaming } from '../../../agent/target/target.ts';
import { type AgentBundle, bundleAgent } from './agent-process.ts';
import { carriersOf, inPath, killLeftovers, marker, parentOf, pidOf, sshClientOf, until } from './processes.ts';
import { flooding, silent } from './programs.ts';
import { read } from './reading.ts';
import { lackOfSshd, startSshd, type ThrowawaySshd } from './throwaway-sshd.ts';

describe('sshArgs', () => {
  it('puts -- before the host and the program into one quoted word', () => {
    const settings = { user: 'root', host: 'fe80::1', port: 2222, configFile: '/etc/ssh config' };
    expect(sshArgs(settings, ['echo', "it's"]).slice(-7)).toEqual(
      ['-F', '/etc/ssh config', '-p', '2222', '--', 'root@fe80::1', String.raw`'echo' 'it'\''s'`], // biome-ignore format: one line
    );
  });
});

const lack = lackOfSshd();
const why = lack === undefined ? '' : ` (skipped: ${lack})`;
let sshd: ThrowawaySshd;
let agents: AgentBundle;
const running = new Set<Streaming>();

function target(host: string, relay: Partial<RelaySettings> = {}, configFile = sshd.configFile) {
  return sshTarget({ user: undefined, host, port: undefined, configFile, relay: { ...RELAY_DEFAULTS, ...relay } });
}

/** The mark is in the program's arguments, and in those of the ssh client by the name of its configuration file. */
function stream(argv: readonly string[], relay: Partial<RelaySettings> = {}, mark = 'ssh_config_copy'): Streaming {
  const streaming = target('good', relay, sshd.configFileNamed(mark)).stream(argv);
  running.add(streaming);
  return streaming;
}

describe.skipIf(lack !== undefined)(`sshTarget against a real sshd${why}`, () => {
  beforeAll(async () => {
    sshd = await startSshd();
    agents = await bundleAgent();
  }, 60_000);
  afterAll(async () => {
    await Promise.all([...running].map((streaming) => streaming.stop()));
    killLeftovers();
    agents.remove();
    await sshd.remove();
  });

  it('runs a program and gives its code, 255 included, its stdout and its stderr', async () => {
    expect(await target('good').run(['sh', '-c', 'cat; echo err >&2; exit 255'], { stdin: 'in' })).toEqual(
      expect.objectContaining({ kind: 'exited', code: 255, text: 'in', stderr: 'err\n' }),
    );
  });

  it('hands nasty words and bytes through the remote shell unchanged', async () => {
    const words = ["it's", '$HOME `id` "x" \\', '', '*', 'two\nlines', 'é'];
    const ran = await target('good').run(['printf', '%s\\0', ...words]);
    expect(ran.kind === 'exited' && ran.text.split('\0').slice(0, -1)).toEqual(words);
    const bytes = randomBytes(300_000);
    const back = await target('good').run(['cat'], { stdin: bytes });
    expect(back.kind === 'exited' && Buffer.compare(back.stdout, bytes)).toBe(0);
  });

  it('runs a command that is longer than some servers take', async () => {
    const long = 'x'.repeat(100_000);
    expect(await target('good').run(['printf', '%s', long])).toMatchObject({ kind: 'exited', text: long });
  });

  it('says 127 for a program that is not there, and the signal of one that was killed', async () => {
    expect(await target('good').run(['glockscope-no-such-program'])).toMatchObject({ kind: 'exited', code: 127 });
    expect(await target('good').run(['sh', '-c', 'kill -KILL $$'])).toMatchObject({
      kind: 'signalled',
      signal: 'SIGKILL',
    });
  });

  it.each([
    ['wrong-key', 'does not let this user in', 'ssh-copy-id'],
    ['unknown-host-key', 'key is not known', 'accept the key'],
    ['wrong-host-key', 'another key', 'ssh-keygen -R'],
    ['closed-port', 'nothing listens', 'Start sshd'],
    ['glockscope.invalid', 'not known here', 'spelling'],
  ])('explains why %s cannot be reached, running and streaming', async (host, cause, remedy) => {
    const unreachable = {
      kind: 'unreachable',
      cause: expect.stringContaining(cause),
      remedy: expect.stringContaining(remedy),
    };
    expect(await target(host).run(['true'])).toEqual(unreachable);
    const streaming = target(host).stream(['true']);
    expect(await streaming.ended).toEqual(unreachable);
    for await (const chunk of streaming.chunks) {
      expect(chunk).toBe('no chunk of a host that was not reached');
    }
  });

  it('says that the connection was lost when the host closes it', async () => {
    const mark = marker();
    const program = silent(mark);
    const streaming = stream(program, {}, mark);
    let pid = await until('the program runs', () => pidOf(program));
    while (parentOf(parentOf(pid)) !== sshd.pid) {
      pid = parentOf(pid); // Up to the process that sshd has for this connection.
    }
    process.kill(parentOf(pid), 'SIGKILL');
    expect(await streaming.ended).toMatchObject({ kind: 'unreachable' });
    await until('nothing is left', () => carriersOf(mark).length === 0);
  });

  for (const [variant, needed] of [
    ['auto', 'sh'],
    ['perl', 'perl'],
    ['python', 'python3'],
    ['sh', 'sh'],
  ] as const) {
    const lacking = inPath(needed) === undefined ? ` (skipped: no ${needed} on this machine)` : '';
    describe.skipIf(lacking !== '').concurrent(`streaming under the ${variant} relay${lacking}`, () => {
      it('passes the exit code on, 255 included', async () => {
        expect(await stream(['sh', '-c', 'exit 7'], { variant }).ended).toEqual({ kind: 'exited', code: 7 });
        expect(await stream(['sh', '-c', 'exit 255'], { variant }).ended).toEqual({ kind: 'exited', code: 255 });
      });

      it('delivers a large output to the last byte', async () => {
        const bytes = randomBytes(8 << 20);
        const file = join(dirname(sshd.configFile), `random-${variant}`);
        writeFileSync(file, bytes);
        const hash = createHash('sha256');
        for await (const chunk of stream(['cat', file], { variant }).chunks) {
          hash.update(chunk);
        }
        expect(hash.digest('hex')).toBe(createHash('sha256').update(bytes).digest('hex'));
      });

      it('delivers what is printed between stop() and the end', async () => {
        const mark = marker();
        const streaming = stream(silent(mark), { variant }, mark);
        const reading = read(streaming);
        await until('the program is ready', () => reading.text() === 'ready\n');
        expect(await streaming.stop()).toEqual({ kind: 'stopped', code: 3 });
        await reading.done;
        expect(reading.text()).toBe('ready\nlast words\n');
        await until('nothing is left', () => carriersOf(mark).length === 0);
      });

      it('ends the program when the ssh client is killed by SIGKILL', async () => {
        const mark = marker();
        const program = silent(mark);
        const streaming = stream(program, { variant }, mark);
        await until('the program runs', () => pidOf(program));
        process.kill(await until('ssh runs', () => sshClientOf(mark)), 'SIGKILL');
        expect(await streaming.ended).toMatchObject({ kind: 'unreachable', cause: expect.stringContaining('SIGKILL') });
        await until('nothing is left', () => carriersOf(mark).length === 0);
      });

      it('ends the program when the agent is killed by SIGKILL', async () => {
        const mark = marker();
        const program = silent(mark);
        const agent = agents.start({
          argv: program,
          variant,
          idleSeconds: 15,
          ssh: { host: 'good', configFile: sshd.configFileNamed(mark) },
        });
        await until('the program runs', () => pidOf(program));
        agent.kill('SIGKILL');
        await until('nothing is left', () => carriersOf(mark).length === 0);
      });

      it.each([
        ['silent', silent],
        ['flooding', flooding],
      ])(
        'ends a %s program after the idle time when the ssh client freezes',
        async (_, programFor) => {
          const mark = marker();
          const program = programFor(mark);
          const streaming = stream(program, { variant, idleSeconds: 3 }, mark);
          const reading = read(streaming);
          await until('the program has printed', () => reading.text() !== '');
          const client = await until('ssh runs', () => sshClientOf(mark));
          process.kill(client, 'SIGSTOP');
          try {
            await until('the program is gone', () => pidOf(program) === undefined, 30);
          } finally {
            process.kill(client, 'SIGCONT');
          }
          expect(await streaming.ended).toMatchObject({
            kind: 'unreachable',
            cause: expect.stringContaining('heard nothing'),
          });
          await until('nothing is left', () => carriersOf(mark).length === 0);
        },
        60_000,
      );
    });
  }

  it('keeps a silent program alive by pings', async () => {
    const program = silent(marker());
    const streaming = stream(program, { idleSeconds: 5 });
    const reading = read(streaming);
    await until('the program is ready', () => reading.text() === 'ready\n');
    await delay(8_000);
    expect(pidOf(program), 'pings keep the program alive').toBeDefined();
    expect(await streaming.stop()).toEqual({ kind: 'stopped', code: 3 });
  });
});
