import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { knownHosts, shellText, sshConfig } from './ssh.ts';

describe('a command for the shell of a guest', () => {
  test('reads as it was meant where nothing needs quoting', () => {
    expect(shellText(['ls', '-l', '/mnt', 'a b', "it's", ''])).toBe("ls -l /mnt 'a b' 'it'\\''s' ''");
  });

  test('arrives as the very same words in a real shell', async () => {
    const word = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((text) => !text.includes('\0'));
    await fc.assert(
      fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 6 }), async (words) => {
        const { stdout } = await execa('sh', ['-c', shellText(['printf', '%s\\0', ...words])], {
          stripFinalNewline: false,
        });
        expect(stdout.split('\0').slice(0, -1)).toEqual(words);
      }),
      { numRuns: 40 },
    );
  });
});

describe('the ssh_config of a guest', () => {
  const reach = { alias: 'lab-6.1', port: 40022, identity: '/a cache/identity', knownHosts: '/a cache/known_hosts' };

  let directory = '';

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'lab-ssh-'));
  });

  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  test.each([
    ['by its alias', ['lab-6.1'], '40022'],
    ['by the address that attach takes', ['-p', '40022', 'root@127.0.0.1'], '40022'],
  ])('leads ssh to it %s', async (_how, target, port) => {
    await writeFile(join(directory, 'config'), sshConfig(reach));
    const { stdout } = await execa('ssh', ['-G', '-F', join(directory, 'config'), ...target]);
    const said = new Map(stdout.split('\n').map((line) => [line.split(' ')[0], line.slice(line.indexOf(' ') + 1)]));
    expect(Object.fromEntries(['user', 'hostname', 'port', 'hostkeyalias'].map((key) => [key, said.get(key)]))).toEqual(
      {
        user: 'root',
        hostname: '127.0.0.1',
        port,
        hostkeyalias: 'lab-6.1',
      },
    );
    expect(said.get('identityfile')).toContain('/a cache/identity');
    expect(said.get('userknownhostsfile')).toContain('/a cache/known_hosts');
    expect(said.get('stricthostkeychecking')).toMatch(/^(yes|true)$/);
  });

  test('pins the host key under the alias', () => {
    expect(knownHosts('lab-6.1', 'ssh-ed25519 AAAA')).toBe('lab-6.1 ssh-ed25519 AAAA\n');
  });
});
