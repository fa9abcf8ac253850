/** This machine as a target. */
import type { LastFacts } from './ending.ts';
import { exitOf } from './ending.ts';
import { RELAY_DEFAULTS, type RelaySettings, relayArgv, withEnv } from './relay.ts';
import { printedFrom, runHere } from './running.ts';
import { startStreaming } from './streaming.ts';
import type { Ended, Target } from './target.ts';

export function localTarget(relay: RelaySettings = RELAY_DEFAULTS): Target {
  return {
    name: 'local',
    async run(argv, options) {
      const [file, ...args] = firstOf(argv);
      const ran = await runHere(file, args, options);
      // As a shell would have it, so that a missing bpftrace looks the same here and over ssh.
      return ran.kind === 'unstarted'
        ? {
            kind: 'exited',
            code: ran.code === 'ENOENT' ? 127 : 126,
            ...printedFrom(new Uint8Array(), `${file}: ${ran.code === 'ENOENT' ? 'not found' : ran.code}\n`),
          }
        : ran;
    },
    stream(argv, options = {}) {
      const [file, ...args] = firstOf(relayArgv(withEnv(firstOf(argv), options.env ?? {}), relay));
      return startStreaming({ file, args, relay, unheard });
    },
  };
}

/** Without the relay's last word: it was killed by SIGKILL, or there was nothing to start it with. */
function unheard({ startFailure, signal, exitCode }: LastFacts): Ended {
  if (signal !== undefined) {
    return { kind: 'signalled', signal };
  }
  if (exitCode !== undefined) {
    return exitOf(exitCode);
  }
  return {
    kind: 'unreachable',
    cause: `The relay could not be started on this machine (${startFailure ?? 'no reason given'})`,
    remedy: 'Check that sh is in PATH and that this user may start more processes (ulimit -u)',
  };
}

function firstOf(argv: readonly string[]): readonly [string, ...string[]] {
  const [file, ...args] = argv;
  if (file === undefined) {
    throw new RangeError('An empty argument array names no program. Give at least the program.');
  }
  return [file, ...args];
}
