// Reaches a guest with the system's ssh: its configuration file, and one command run by it.
import { execa } from 'execa';

export interface Reach {
  readonly alias: string;
  readonly port: number;
  readonly identity: string;
  readonly knownHosts: string;
}

export interface Outcome {
  /** 255 where ssh itself failed; undefined where it was ended by a signal or by the timeout. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Text of an ssh_config by which both `ssh -F FILE ALIAS` and `ssh -F FILE -p PORT root@127.0.0.1` reach the guest. */
export function sshConfig(reach: Reach): string {
  return [
    `Host ${reach.alias} 127.0.0.1`,
    '  HostName 127.0.0.1',
    `  Port ${reach.port}`,
    '  User root',
    `  IdentityFile "${reach.identity}"`,
    '  IdentitiesOnly yes',
    '  IdentityAgent none',
    `  UserKnownHostsFile "${reach.knownHosts}"`,
    '  GlobalKnownHostsFile /dev/null',
    `  HostKeyAlias ${reach.alias}`,
    '  StrictHostKeyChecking yes',
    '  LogLevel ERROR',
    '',
  ].join('\n');
}

/** The line of known_hosts that belongs to it; `hostKey` is "ssh-ed25519 AAAA…". */
export function knownHosts(alias: string, hostKey: string): string {
  return `${alias} ${hostKey}\n`;
}

/** A command as the text that a POSIX shell at the other end takes apart into the very same words. */
export function shellText(command: readonly string[]): string {
  return command.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
}

/** Runs a command in the guest; a failing command is an outcome, not an exception. */
export async function runBySsh(
  config: string,
  alias: string,
  command: readonly string[],
  options: { readonly input?: string; readonly timeoutMs?: number } = {},
): Promise<Outcome> {
  const { exitCode, stdout, stderr } = await execa('ssh', ['-F', config, alias, shellText(command)], {
    reject: false,
    input: options.input ?? '',
    ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
  });
  return { exitCode, stdout, stderr };
}
