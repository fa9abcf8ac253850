/** A host behind the system's ssh as a target. */
import { formatAddress } from './address.ts';
import type { LastFacts } from './ending.ts';
import { exitOf } from './ending.ts';
import { quoteArgv } from './quote.ts';
import { parseRelayEnd, RELAY_DEFAULTS, type RelaySettings, relayArgv, withEnv } from './relay.ts';
import { printedFrom, runHere } from './running.ts';
import { explainSshFailure } from './ssh-failure.ts';
import { startStreaming } from './streaming.ts';
import type { Ran, Target, Unreachable } from './target.ts';

export interface SshSettings {
  readonly user: string | undefined;
  readonly host: string;
  readonly port: number | undefined;
  /** In place of ~/.ssh/config. */
  readonly configFile?: string;
  readonly relay?: RelaySettings;
}

export function sshTarget(settings: SshSettings): Target {
  const relay = settings.relay ?? RELAY_DEFAULTS;
  const unreached = (facts: Pick<LastFacts, 'exitCode' | 'signal' | 'startFailure' | 'stderr'>): Unreachable => ({
    kind: 'unreachable',
    ...explainSshFailure({ ...facts, byHand: byHand(settings) }),
  });
  return {
    name: formatAddress({ kind: 'ssh', user: settings.user, host: settings.host, port: settings.port }),
    async run(argv, options = {}) {
      const { args, preamble } = commandOnStdin(settings, ['sh', '-c', REPORTING, 'sh', ...argv]);
      const stdin = Buffer.concat([preamble, Buffer.from(options.stdin ?? '')]);
      const ran = await runHere('ssh', args, { ...options, stdin });
      switch (ran.kind) {
        case 'unstarted':
          return unreached({ exitCode: undefined, signal: undefined, startFailure: ran.code, stderr: [] });
        case 'timed-out':
        case 'overflowed':
          return ran;
        case 'signalled':
          return unreached({ exitCode: undefined, signal: ran.signal, startFailure: undefined, stderr: [] });
        case 'exited': {
          const failed = { exitCode: ran.code, signal: undefined, startFailure: undefined };
          return reported(ran.stdout, ran.stderr) ?? unreached({ ...failed, stderr: ran.stderr.split('\n') });
        }
        default:
          return ran satisfies never;
      }
    },
    stream(argv, options = {}) {
      const command = commandOnStdin(settings, relayArgv(withEnv(argv, options.env ?? {}), relay));
      return startStreaming({ file: 'ssh', ...command, relay, unheard: unreached });
    },
  };
}

/** ssh's arguments that run argv on the host. */
export function sshArgs(settings: SshSettings, argv: readonly string[]): string[] {
  return [...FIXED, ...destination(settings), quoteArgv(argv)];
}

/**
 * Lets the host read the command from stdin and become it; what follows on stdin is the program's own, for a stream the
 * lifeline. Dropbear closes the connection on a command of 9000 bytes (its MAX_CMD_LEN), and relay and program together
 * are longer; and a login shell that is no POSIX shell sees nothing it could misread. Only dd with a block of 1 is
 * certain not to read one byte too many.
 */
function commandOnStdin(settings: SshSettings, argv: readonly string[]): { args: string[]; preamble: Uint8Array } {
  const preamble = Buffer.from(quoteArgv(['exec', ...argv]));
  const reader = `eval "$(dd bs=1 count=${preamble.length} 2>/dev/null)"`;
  return { args: sshArgs(settings, ['sh', '-c', reader]), preamble };
}

/**
 * No questions (BatchMode), no terminal (-T), and a dead connection is noticed within 15 s. Forwardings that the user's
 * configuration sets up for the host are not ours to open, and one that is already in use would end the connection.
 */
const FIXED = [
  ...['-o', 'BatchMode=yes'],
  ...['-o', 'ServerAliveInterval=5'],
  ...['-o', 'ServerAliveCountMax=3'],
  ...['-o', 'ConnectTimeout=15'],
  ...['-o', 'ClearAllForwardings=yes'],
  '-T',
] as const;

/** Says the program's exit code where ssh cannot spoil it: bpftrace and ssh both fail with 255. */
const REPORTING = `"$@"; code=$?; printf '\\nglockscope-relay: exit %s own\\n' "$code" >&2; exit "$code"`;

function reported(stdout: Uint8Array, stderr: string): Ran | undefined {
  const report = /\n(glockscope-relay: exit \d+ own)\n/.exec(stderr);
  const end = parseRelayEnd(report?.[1] ?? '');
  if (report === null || end === undefined) {
    return undefined;
  }
  const own = stderr.slice(0, report.index) + stderr.slice(report.index + report[0].length);
  return { ...exitOf(end.code), ...printedFrom(stdout, own) };
}

function destination({ user, host, port, configFile }: SshSettings): string[] {
  return [
    ...(configFile === undefined ? [] : ['-F', configFile]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    '--',
    user === undefined ? host : `${user}@${host}`,
  ];
}

/** What a person types to try the same connection: it may ask questions, which we may not. */
function byHand(settings: SshSettings): string {
  return ['ssh', ...destination(settings).filter((word) => word !== '--')].join(' ');
}
