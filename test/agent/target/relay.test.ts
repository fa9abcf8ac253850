import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRelayEnd, RELAY_DEFAULTS, relayArgv, withEnv } from '../../../agent/target/relay.ts';
import { carriersOf, inPath, killLeftovers, marker, parentOf, pidOf, until } from './processes.ts';
import { silent } from './programs.ts';

describe('relayArgv', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'glockscope-relay-'));
  });
  afterAll(() => {
    killLeftovers();
    rmSync(folder, { recursive: true });
  });

  /** A PATH with nothing but the shell, what our programs call, and `commands`. */
  function pathWith(name: string, commands: Readonly<Record<string, string>>): string {
    const path = join(folder, name);
    mkdirSync(path);
    for (const [command, file] of Object.entries({ sh: inPath('sh'), sleep: inPath('sleep'), ...commands })) {
      symlinkSync(file ?? '', join(path, command));
    }
    return path;
  }

  /** Starts a program under the automatic choice and says what its parent, the relay, runs in. */
  async function chosenWith(path: string): Promise<string> {
    const mark = marker();
    const program = silent(mark);
    const [file = '', ...args] = relayArgv(program, RELAY_DEFAULTS);
    const relay = spawn(file, args, { stdio: 'pipe', env: { PATH: path } });
    relay.stdout.resume();
    const pid = await until('the program runs', () => pidOf(program));
    const [command = ''] = readFileSync(`/proc/${parentOf(pid)}/cmdline`, 'utf8').split('\0');
    relay.stdin.end();
    await until('nothing is left', () => carriersOf(mark).length === 0);
    return command;
  }

  const perl = inPath('perl');
  const python =
    inPath('python3') && execFileSync('python3', ['-c', 'import sys; print(sys.executable)']).toString().trim();

  const lacking = perl === undefined || python === undefined ? ' (skipped: this machine has not both)' : '';
  it.skipIf(lacking !== '')(`takes perl first, else python${lacking}`, async () => {
    const tools = { perl: perl ?? '', python3: python ?? '' };
    expect(await chosenWith(pathWith('both', tools))).toBe('perl');
    expect(await chosenWith(pathWith('python', { python3: tools.python3 }))).toBe('python3');
  });

  it('takes sh where a python3 only pretends to be one', async () => {
    const stub = join(folder, 'stub');
    writeFileSync(stub, '#!/bin/sh\necho "python3 is not installed" >&2\nexit 1\n', { mode: 0o755 });
    // RHEL's platform-python is tried by its full path and would be found in spite of the PATH.
    const expected = inPath('../libexec/platform-python') === undefined ? 'sh' : '/usr/libexec/platform-python';
    expect(await chosenWith(pathWith('stub-only', { python3: stub }))).toBe(expected);
  });
});

describe('parseRelayEnd', () => {
  it('reads the last word of a relay and nothing else', () => {
    expect(parseRelayEnd('glockscope-relay: exit 255 own')).toEqual({ code: 255, why: 'own' });
    expect(parseRelayEnd('glockscope-relay: exit 0 lifeline')).toEqual({ code: 0, why: 'lifeline' });
    expect(parseRelayEnd('glockscope-relay: exit 0 tired')).toBeUndefined();
    expect(parseRelayEnd('glockscope-relay: cannot run x: No such file')).toBeUndefined();
    expect(parseRelayEnd('said glockscope-relay: exit 0 own')).toBeUndefined();
  });
});

describe('withEnv', () => {
  it('puts variables before the program, and leaves argv alone without any', () => {
    expect(withEnv(['bpftrace', '-q'], { A: '1', B_2: "it's" })).toEqual(['env', 'A=1', "B_2=it's", 'bpftrace', '-q']);
    expect(withEnv(['bpftrace'], {})).toEqual(['bpftrace']);
  });

  it('refuses a name that env would take for an option or a program', () => {
    expect(() => withEnv(['x'], { '-i': '' })).toThrow(/"-i" is no name.*letters/);
    expect(() => withEnv(['x'], { '': '' })).toThrow(RangeError);
  });
});
