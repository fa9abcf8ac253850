/** An sshd of the tests' own on 127.0.0.1: keys, configuration and port of its own, for the user who runs the tests. */
import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { inPath, until } from './processes.ts';

export interface ThrowawaySshd {
  /** For ssh -F. Hosts: `good`, and `wrong-key`, `unknown-host-key`, `wrong-host-key`, `closed-port`. */
  readonly configFile: string;
  /** The same configuration in a file of this name, by which the ssh client that uses it is told from others. */
  configFileNamed(name: string): string;
  /** The process that listens; each connection has a child of it. */
  readonly pid: number;
  remove(): Promise<void>;
}

/** Why there can be none on this machine, or undefined. */
export function lackOfSshd(): string | undefined {
  const missing = ['sshd', 'ssh', 'ssh-keygen'].filter((command) => inPath(command) === undefined);
  return missing.length === 0 ? undefined : `no ${missing.join(', ')} on this machine`;
}

export async function startSshd(): Promise<ThrowawaySshd> {
  const folder = mkdtempSync(join(tmpdir(), 'glockscope-sshd-'));
  const file = (name: string) => join(folder, name);
  const [port, closedPort] = [await freePort(), await freePort()];
  for (const name of ['host_key', 'other_host_key', 'user_key', 'other_user_key']) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', file(name)]);
  }
  writeFileSync(file('authorized_keys'), readFileSync(file('user_key.pub')));
  writeFileSync(file('known'), `[127.0.0.1]:${port} ${readFileSync(file('host_key.pub'), 'utf8')}`);
  writeFileSync(file('known_wrongly'), `[127.0.0.1]:${port} ${readFileSync(file('other_host_key.pub'), 'utf8')}`);
  writeFileSync(file('known_none'), '');
  writeFileSync(file('sshd_config'), serverConfig(file, port));
  writeFileSync(
    file('ssh_config'),
    [
      clientConfig(file, { host: 'good', port }),
      clientConfig(file, { host: 'wrong-key', port, key: 'other_user_key' }),
      clientConfig(file, { host: 'unknown-host-key', port, known: 'known_none' }),
      clientConfig(file, { host: 'wrong-host-key', port, known: 'known_wrongly' }),
      clientConfig(file, { host: 'closed-port', port: closedPort }),
    ].join('\n'),
  );
  if (process.getuid?.() === 0) {
    mkdirSync('/run/sshd', { recursive: true }); // As root, sshd wants a place to drop its privileges to.
  }
  // sshd re-executes itself for each connection and so wants to be called by its full path.
  const sshd = spawn(inPath('sshd') ?? 'sshd', ['-D', '-e', '-f', file('sshd_config')], { stdio: 'ignore' });
  let listening = false;
  await until('sshd listens', () => {
    const knock = connect(port, '127.0.0.1');
    knock.once('connect', () => {
      listening = true;
      knock.destroy();
    });
    knock.once('error', () => knock.destroy()); // Not listening yet: asked again.
    return listening;
  });
  return {
    configFile: file('ssh_config'),
    configFileNamed(name) {
      copyFileSync(file('ssh_config'), file(name));
      return file(name);
    },
    pid: sshd.pid ?? 0,
    async remove() {
      sshd.kill();
      await until('sshd is gone', () => sshd.exitCode !== null || sshd.signalCode !== null);
      rmSync(folder, { recursive: true });
    },
  };
}

function serverConfig(file: (name: string) => string, port: number): string {
  return `
ListenAddress 127.0.0.1:${port}
HostKey ${file('host_key')}
AuthorizedKeysFile ${file('authorized_keys')}
PidFile none
StrictModes no
UsePAM no
PermitRootLogin yes
PasswordAuthentication no
MaxStartups 100
KbdInteractiveAuthentication no
`;
}

interface ClientHost {
  readonly host: string;
  readonly port: number;
  readonly key?: string;
  readonly known?: string;
}

function clientConfig(file: (name: string) => string, { host, port, key, known }: ClientHost): string {
  return `
Host ${host}
  HostName 127.0.0.1
  Port ${port}
  User ${userInfo().username}
  IdentityFile ${file(key ?? 'user_key')}
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile ${file(known ?? 'known')}
  GlobalKnownHostsFile none
  StrictHostKeyChecking yes
`;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
