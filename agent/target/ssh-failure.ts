/** Turns what ssh said before it failed into a cause and a remedy in plain words (pure). */

export interface SshFailure {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  /** Why ssh itself could not be started: 'ENOENT'. */
  readonly startFailure: string | undefined;
  readonly stderr: readonly string[];
  /** The command that tries the same connection by hand: 'ssh -p 2222 root@host'. */
  readonly byHand: string;
}

export interface Explanation {
  readonly cause: string;
  readonly remedy: string;
}

export function explainSshFailure(failure: SshFailure): Explanation {
  const { byHand, exitCode, signal, startFailure, stderr } = failure;
  if (startFailure !== undefined) {
    return startFailure === 'ENOENT'
      ? { cause: 'ssh is not installed on this machine', remedy: 'Install the OpenSSH client (openssh-client)' }
      : { cause: `ssh could not be started (${startFailure})`, remedy: `Check that ${byHand} starts` };
  }
  if (signal !== undefined) {
    return { cause: `The ssh process on this machine was ended by ${signal}`, remedy: 'Attach again' };
  }
  for (const { pattern, cause, remedy } of KNOWN) {
    const line = stderr.find((candidate) => pattern.test(candidate));
    if (line !== undefined) {
      return { cause: `${cause} (${clean(line)})`, remedy: remedy(byHand) };
    }
  }
  const last = stderr.map(clean).findLast((line) => line !== '');
  const said = last === undefined ? 'and said nothing' : `after: ${last}`;
  return exitCode === 255
    ? {
        cause: `The connection ended before the program's own end was heard; ssh ended with 255 ${said}`,
        remedy: `Try ${byHand} by hand, and see whether the host is up and its relay was killed there`,
      }
    : {
        cause: `The login shell of the host did not run the command; ssh ended with ${exitCode ?? 'no code'} ${said}`,
        remedy: `Try ${byHand} true by hand; the account needs a shell, and the host needs sh and dd`,
      };
}

interface Known {
  readonly pattern: RegExp;
  readonly cause: string;
  readonly remedy: (byHand: string) => string;
}

/** The more telling line first: a changed host key is followed by "Host key verification failed." */
const KNOWN: readonly Known[] = [
  {
    pattern: /^Host key for .* has changed/,
    cause: 'The host shows another key than the one known for it',
    remedy: (byHand) =>
      `If the host was reinstalled, remove the old key (ssh-keygen -R HOST), then accept the new one with ${byHand}; if not, find out who answers`,
  },
  {
    pattern: /Host key verification failed/,
    cause: "The host's key is not known on this machine",
    remedy: (byHand) => `Run ${byHand} once by hand and accept the key`,
  },
  {
    pattern: /^Permissions \d+ for '.*' are too open/,
    cause: 'ssh refuses a key file that others may read',
    remedy: () => 'Make the key private: chmod 600 and the key file',
  },
  {
    pattern: /Bad owner or permissions on|Bad configuration option|terminating, \d+ bad configuration options/,
    cause: "ssh's own configuration is not usable",
    remedy: () => 'Repair the file that the message names',
  },
  {
    pattern: /Can't open user config file/,
    cause: 'The ssh configuration file cannot be read',
    remedy: () => 'Check the path of the file',
  },
  {
    pattern: /Too many authentication failures/,
    cause: 'The host refused after too many keys were offered',
    remedy: () => 'Name the one key for this host in ~/.ssh/config: IdentityFile and IdentitiesOnly yes',
  },
  {
    pattern: /Permission denied \(|No supported authentication methods|Permission denied, please try again/,
    cause: 'The host does not let this user in without a password',
    remedy: (byHand) =>
      `Check the user name, and install a key with ssh-copy-id, or add yours to the agent with ssh-add, until ${byHand} asks nothing`,
  },
  {
    pattern: /Could not resolve hostname/,
    cause: 'The host name is not known here',
    remedy: () => 'Check the spelling and the name server, or use the IP address',
  },
  {
    pattern: /Connection refused/,
    cause: 'The host is up but nothing listens on that port',
    remedy: () => 'Start sshd there, or give its port: ssh://user@host:port',
  },
  {
    pattern: /No route to host|Network is unreachable/,
    cause: 'There is no way through the network to the host',
    remedy: () => 'Check that the host is up, the address, and any firewall or VPN in between',
  },
  {
    pattern: /timed out|Timeout, server .* not responding/,
    cause: 'The host did not answer in time',
    remedy: () => 'Check that the host is up and not overloaded, and any firewall in between, then attach again',
  },
  {
    pattern: /Unable to negotiate with|no matching .* found/i,
    cause: 'This ssh and the host have no algorithm in common',
    remedy: () => 'Allow the one that the host offers for this host in ~/.ssh/config, or update its sshd',
  },
  {
    pattern: /kex_exchange_identification|Connection (closed|reset) by|closed by remote host|Broken pipe|disconnect/,
    cause: 'The host closed the connection',
    remedy: (byHand) =>
      `See whether the host is going down or limits logins (MaxStartups, hosts.deny, fail2ban), then try ${byHand}`,
  },
];

/** ssh ends its own lines with CR LF. */
function clean(line: string): string {
  return line.trim();
}
