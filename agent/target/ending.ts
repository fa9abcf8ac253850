/** Turns what is known of a stream's last moments into how it ended (pure). */
import { constants } from 'node:os';
import type { RelayEnd } from './relay.ts';
import type { Ended, Unreachable } from './target.ts';

export interface LastFacts {
  /** Of the local process: the relay itself, or ssh. Undefined when it was signalled or never started. */
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  /** Why the local process could not be started: 'ENOENT'. */
  readonly startFailure: string | undefined;
  /** The relay's last word, if it was heard. */
  readonly relayEnd: RelayEnd | undefined;
  /** The last lines of stderr. */
  readonly stderr: readonly string[];
  /** The consumer of `chunks` left before the end. */
  readonly readerLeft: boolean;
}

/** Trusts the relay's last word; without one, `unheard` tells what the local process's own end means on this target. */
export function endedFrom(facts: LastFacts, unheard: (facts: LastFacts) => Ended): Ended {
  const { relayEnd } = facts;
  if (relayEnd === undefined) {
    return unheard(facts);
  }
  switch (relayEnd.why) {
    case 'own':
      // The sh variant cannot see a closed stdout: there the program dies of it by itself.
      return facts.readerLeft ? { kind: 'stopped', code: relayEnd.code } : exitOf(relayEnd.code);
    case 'lifeline':
    case 'stdout':
      return { kind: 'stopped', code: relayEnd.code };
    case 'signal':
      return { kind: 'signalled', signal: 'SIGTERM' };
    case 'idle':
      return NOT_HEARD;
    default:
      return relayEnd.why satisfies never;
  }
}

/** Undoes the shells' way of saying "ended by signal n": 128 + n. */
export function exitOf(code: number): { kind: 'exited'; code: number } | { kind: 'signalled'; signal: string } {
  const signal = Object.entries(constants.signals).find(([, number]) => 128 + number === code)?.[0];
  return signal === undefined ? { kind: 'exited', code } : { kind: 'signalled', signal };
}

const NOT_HEARD: Unreachable = {
  kind: 'unreachable',
  cause: 'The host heard nothing from this agent for too long and ended the trace; the connection stalled or we slept',
  remedy: 'Attach again; if it happens often, look at the load of this machine and at the network in between',
};
