import { describe, expect, it } from 'vitest';
import { endedFrom, exitOf, type LastFacts } from '../../../agent/target/ending.ts';
import type { Ended } from '../../../agent/target/target.ts';

const UNHEARD: Ended = { kind: 'unreachable', cause: 'unheard', remedy: 'none' };

function ended(facts: Partial<LastFacts>): Ended {
  const none = { exitCode: 255, signal: undefined, startFailure: undefined, relayEnd: undefined };
  return endedFrom({ ...none, stderr: [], readerLeft: false, ...facts }, () => UNHEARD);
}

describe('endedFrom', () => {
  it('trusts the relay over the exit code of the process that leads to it', () => {
    expect(ended({ relayEnd: { code: 0, why: 'own' } })).toEqual({ kind: 'exited', code: 0 });
    expect(ended({ relayEnd: { code: 255, why: 'own' } })).toEqual({ kind: 'exited', code: 255 });
    expect(ended({ relayEnd: { code: 139, why: 'own' } })).toEqual({ kind: 'signalled', signal: 'SIGSEGV' });
    expect(ended({})).toBe(UNHEARD);
  });

  it('calls an end that we brought about stopped, whatever the code', () => {
    expect(ended({ relayEnd: { code: 0, why: 'lifeline' } })).toEqual({ kind: 'stopped', code: 0 });
    expect(ended({ relayEnd: { code: 137, why: 'stdout' } })).toEqual({ kind: 'stopped', code: 137 });
    expect(ended({ relayEnd: { code: 141, why: 'own' }, readerLeft: true })).toEqual({ kind: 'stopped', code: 141 });
  });

  it('explains an end for want of pings, and names the signal that the host sent', () => {
    expect(ended({ relayEnd: { code: 0, why: 'idle' } })).toMatchObject({ kind: 'unreachable' });
    expect(ended({ relayEnd: { code: 0, why: 'signal' } })).toEqual({ kind: 'signalled', signal: 'SIGTERM' });
  });
});

describe('exitOf', () => {
  it('undoes 128 + n for the numbers of signals only', () => {
    expect(exitOf(143)).toEqual({ kind: 'signalled', signal: 'SIGTERM' });
    expect(exitOf(128)).toEqual({ kind: 'exited', code: 128 });
    expect(exitOf(255)).toEqual({ kind: 'exited', code: 255 });
  });
});
