import { describe, expect, it } from 'vitest';
import { explainSshFailure } from '../../../agent/target/ssh-failure.ts';

const explain = (stderr: string, exitCode = 255) =>
  explainSshFailure({
    exitCode,
    signal: undefined,
    startFailure: undefined,
    stderr: stderr.split('\n'),
    byHand: 'ssh -p 2299 root@node1',
  });

/** What OpenSSH 9.2's client printed, word for word, with the key names shortened. */
const CHANGED = `@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!
It is also possible that a host key has just been changed.
The fingerprint for the ED25519 key sent by the remote host is
SHA256:wanZCm1/ZpSzjK0qX9ycu04+Zg47xJ0F2yYmU7QNjMA.
Offending ED25519 key in known_hosts:1
Host key for [127.0.0.1]:2299 has changed and you have requested strict checking.\r
Host key verification failed.\r`;

const UNPROTECTED = `@         WARNING: UNPROTECTED PRIVATE KEY FILE!          @
Permissions 0644 for 'id_ed25519' are too open.
It is required that your private key files are NOT accessible by others.
This private key will be ignored.
Load key "id_ed25519": bad permissions
root@127.0.0.1: Permission denied (publickey,password,keyboard-interactive).\r`;

const TOO_MANY = `Received disconnect from 127.0.0.1 port 2299:2: Too many authentication failures\r
Disconnected from 127.0.0.1 port 2299\r`;

const BANNER = `Connection timed out during banner exchange\r
Connection to 10.255.255.1 port 22 timed out\r`;

const CLOSED_EARLY = `kex_exchange_identification: Connection closed by remote host\r
Connection closed by 127.0.0.1 port 2297\r`;

describe('explainSshFailure', () => {
  it.each([
    [
      'root@127.0.0.1: Permission denied (publickey,password,keyboard-interactive).\r',
      'The host does not let this user in without a password (root@127.0.0.1: Permission denied (publickey,password,keyboard-interactive).)',
      'until ssh -p 2299 root@node1 asks nothing',
    ],
    ['Host key verification failed.\r', "The host's key is not known on this machine", 'ssh -p 2299 root@node1 once'],
    [CHANGED, 'The host shows another key than the one known for it (Host key for [127.0.0.1]:2299', 'ssh-keygen -R'],
    [UNPROTECTED, "a key file that others may read (Permissions 0644 for 'id_ed25519'", 'chmod 600'],
    [TOO_MANY, 'too many keys', 'IdentitiesOnly yes'],
    ['ssh: connect to host 127.0.0.1 port 2298: Connection refused\r', 'nothing listens', 'ssh://user@host:port'],
    ['ssh: connect to host 10.0.0.9 port 22: No route to host\r', 'no way through the network', 'firewall'],
    ['ssh: connect to host 10.0.0.9 port 22: Connection timed out\r', 'did not answer in time', 'is up'],
    [
      'ssh: Could not resolve hostname nosuch.invalid: Name or service not known\r',
      'name is not known here',
      'spelling',
    ],
    [BANNER, 'did not answer in time', 'not overloaded'],
    ['Timeout, server 127.0.0.1 not responding.\r', 'did not answer in time', 'attach again'],
    [CLOSED_EARLY, 'closed the connection', 'MaxStartups'],
    ['Connection to 127.0.0.1 closed by remote host.\r', 'closed the connection', 'going down'],
    ['client_loop: send disconnect: Broken pipe\r', 'closed the connection', 'going down'],
    ['command-line: line 0: Bad configuration option: nonsense\r', "ssh's own configuration", 'Repair'],
    ["Can't open user config file nowhere: No such file or directory\r", 'cannot be read', 'path'],
    [
      'Unable to negotiate with 127.0.0.1 port 2299: no matching cipher found. Their offer: aes128-ctr\r',
      'no algorithm in common',
      'update its sshd',
    ],
  ])('knows %j', (stderr, cause, remedy) => {
    expect(explain(stderr)).toEqual({
      cause: expect.stringContaining(cause),
      remedy: expect.stringContaining(remedy),
    });
  });

  it('finds the telling line among what the remote program printed', () => {
    expect(explain('Attaching 5 probes...\nTimeout, server node1 not responding.\r\n').cause).toBe(
      'The host did not answer in time (Timeout, server node1 not responding.)',
    );
  });

  it('passes on the last words of an ssh that failed for a reason it does not know', () => {
    expect(explain('first\nsomething new\r\n').cause).toMatch(/ssh ended with 255 after: something new$/);
    expect(explain('').cause).toMatch(/ssh ended with 255 and said nothing$/);
  });

  it('suspects the login shell when the command was not run though ssh connected', () => {
    expect(explain('This account is currently not available.\n', 1)).toEqual({
      cause: expect.stringContaining('login shell of the host did not run the command; ssh ended with 1 after: This'),
      remedy: 'Try ssh -p 2299 root@node1 true by hand; the account needs a shell, and the host needs sh and dd',
    });
  });

  it('says so when ssh is not installed, or was killed here', () => {
    const nothing = {
      exitCode: undefined,
      signal: undefined,
      startFailure: undefined,
      stderr: [],
      byHand: 'ssh node1',
    };
    expect(explainSshFailure({ ...nothing, startFailure: 'ENOENT' }).cause).toContain('ssh is not installed');
    expect(explainSshFailure({ ...nothing, startFailure: 'EACCES' }).cause).toContain('EACCES');
    expect(explainSshFailure({ ...nothing, signal: 'SIGKILL' }).cause).toContain('ended by SIGKILL');
  });
});
