/**
 * The lifeline relay: turns an argument array into the argument array that runs it under a relay on the target, and the
 * relay's last line on stderr into how the program ended.
 *
 * bpftrace never runs bare, because it outlives its reader: an ssh client that is killed leaves a silent remote program
 * behind for ever, and a frozen one leaves it blocked on a full pipe. So a small program stands between, passed as an
 * argument, with nothing installed on the target. Each variant (perl, python, sh):
 * - takes IDLE_SECONDS GRACE_SECONDS PROGRAM ARGUMENT…, and passes the program's stdout on, 10 ms at a time, out of a
 *   pipe of 1 MiB; stderr is inherited, stdin is empty;
 * - treats its own stdin as the lifeline: at its end, or after IDLE_SECONDS without a byte (0 = never), it sends SIGTERM,
 *   after GRACE_SECONDS more SIGKILL, and keeps relaying until the program's end, so that END probes are still heard;
 * - does the same on SIGHUP, SIGTERM and SIGINT, and when its stdout is closed; and takes the program with it when it is
 *   itself killed by SIGKILL;
 * - gives up a reader that takes nothing for GRACE_SECONDS + 5 after that;
 * - exits with the program's code, or 128 + signal, and says so in a last line on stderr. The line is what tells a
 *   program's 255 (bpftrace's, when a probe cannot be attached) from ssh's 255.
 * What the sh variant cannot do is said in `relay-sh.ts`.
 */
import { relayPerl } from './relay-perl.ts';
import { relayPython } from './relay-python.ts';
import { relaySh } from './relay-sh.ts';

/** One ping; a whole line, since the sh variant can wait for lines only. */
export const PING = '\n';
export const PING_EVERY_MS = 2_000;

export interface RelaySettings {
  /** 'auto' takes the first that the target has: perl, python3, platform-python, sh. */
  readonly variant: 'auto' | 'perl' | 'python' | 'sh';
  /** Whole seconds without a ping after which the program is ended. */
  readonly idleSeconds: number;
  /** Whole seconds from SIGTERM to SIGKILL. */
  readonly graceSeconds: number;
}

export const RELAY_DEFAULTS: RelaySettings = { variant: 'auto', idleSeconds: 15, graceSeconds: 15 };

/** How the relay says the program ended. */
export interface RelayEnd {
  /** The program's exit code, or 128 + signal. */
  readonly code: number;
  /** What began the end: the program itself, or the relay for one of its reasons. */
  readonly why: 'own' | 'lifeline' | 'idle' | 'stdout' | 'signal';
}

/** The arguments that run `argv` under a relay on the target. */
export function relayArgv(argv: readonly string[], settings: RelaySettings): string[] {
  const rest = [String(settings.idleSeconds), String(settings.graceSeconds), ...argv];
  switch (settings.variant) {
    case 'auto':
      return ['sh', '-c', CHOOSE, 'sh', relayPerl, relayPython, relaySh, ...rest];
    case 'perl':
      return ['perl', '-e', relayPerl, ...rest];
    case 'python':
      return ['python3', '-I', '-c', relayPython, ...rest];
    case 'sh':
      return ['sh', '-c', relaySh, 'sh', ...rest];
    default:
      return settings.variant satisfies never;
  }
}

/** Puts variables before argv by way of env(1), which every target has. Throws a RangeError for a name that is none. */
export function withEnv(argv: readonly string[], env: Readonly<Record<string, string>>): readonly string[] {
  const settings = Object.entries(env).map(([name, value]) => {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      throw new RangeError(
        `${JSON.stringify(name)} is no name for an environment variable. Use letters, digits and _.`,
      );
    }
    return `${name}=${value}`;
  });
  return settings.length === 0 ? argv : ['env', ...settings, ...argv];
}

/** Reads a line of stderr: the relay's last word, or undefined for a line of anyone else. */
export function parseRelayEnd(line: string): RelayEnd | undefined {
  const match = /^glockscope-relay: exit (\d{1,3}) (own|lifeline|idle|stdout|signal)$/.exec(line);
  const why = WHYS.find((known) => known === match?.[2]);
  return why === undefined ? undefined : { code: Number(match?.[1]), why };
}

const WHYS = ['own', 'lifeline', 'idle', 'stdout', 'signal'] as const;

/**
 * Each candidate must really start, and with what its relay imports, before it is chosen: a `python3` may be a stub that
 * only tells how to install it. The lifeline is kept from the trials. RHEL may have platform-python and no python3.
 */
const CHOOSE = `# glockscope relay: perl, else python, else sh
perl=$1 python=$2 sh=$3
shift 3
perl -MConfig -e 1 </dev/null >/dev/null 2>&1 && exec perl -e "$perl" "$@"
for candidate in python3 /usr/libexec/platform-python; do
  "$candidate" -I -c 'import fcntl, select' </dev/null >/dev/null 2>&1 && exec "$candidate" -I -c "$python" "$@"
done
exec sh -c "$sh" sh "$@"`;
