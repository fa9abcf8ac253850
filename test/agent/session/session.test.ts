import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Outcome, Session } from '../../../agent/session/session.ts';
import { type Summary, summarize } from '../../../agent/session/summary.ts';
import { bytes, line } from '../../lines.ts';
import { play } from '../../scene.ts';

const dev = 7 << 20;

interface Heard {
  readonly outcomes: readonly Outcome[];
  readonly summary: Summary;
  readonly nowNs: number;
}

function hear(chunks: readonly Uint8Array[]): Heard {
  const session = new Session({ node: 'test', symbolize: (address) => address });
  const outcomes: Outcome[] = [];
  for (const chunk of chunks) outcomes.push(...session.push(chunk));
  outcomes.push(...session.end());
  return { outcomes, summary: summarize(session), nowNs: session.nowNs };
}

/** One thing that a thread does on a CPU, some time after the CPU's last one. */
const deed = fc.record({
  cpu: fc.nat(2),
  afterMs: fc.integer({ min: 0, max: 300 }),
  tid: fc.integer({ min: 1, max: 3 }),
  kind: fc.constantFrom(
    ...(['request', 'answer', 'release', 'fault', 'faulted', 'io', 'attempt', 'faultIn', 'faultInEnd'] as const),
    ...(['ioEnd', 'exit', 'heartbeat', 'final', 'task', 'garbage', 'lost', 'far ahead'] as const),
  ),
  pick: fc.nat(3),
});

/** Output as bpftrace might print it: in order on each CPU, out of order between them, with gaps and garbage. */
const output = fc.array(deed, { maxLength: 80 }).map((deeds) => {
  const cpus = [0, 1, 2].map(() => ({ seq: 0, ns: 1e12 }));
  let text = 'Attaching 16 probes...\n';
  for (const { cpu, afterMs, tid, kind, pick } of deeds) {
    const at = cpus[cpu];
    if (at === undefined) continue;
    at.ns += afterMs * 1e6 + 1;
    if (kind === 'garbage') text += 'N 0 zz\n';
    else if (kind === 'lost') at.seq += pick;
    else if (kind === 'far ahead') text += line('heartbeat', { cpu, seq: at.seq, ns: at.ns * 2, tid });
    else {
      if (kind !== 'heartbeat' && kind !== 'final') at.seq++;
      const values = { holder: `ff${pick}`, glock: 'aa', dev, type: 2, number: '7', state: 1 + (pick % 3), ino: '7' };
      const result = kind === 'attempt' && pick > 1 ? -14 : 0;
      text += line(kind, { cpu, seq: at.seq, ns: at.ns, tid }, { ...values, result, lengthBytes: 4096, via: 0 });
    }
  }
  return bytes(text);
});

describe('the same bytes', () => {
  test('give the same outcomes and sums however they are cut', () => {
    let told = 0;
    fc.assert(
      fc.property(output, fc.array(fc.nat(5000), { maxLength: 40 }), (text, cuts) => {
        const at = [0, ...cuts.filter((cut) => cut <= text.length).sort((a, b) => a - b), text.length];
        const whole = hear([text]);
        const cut = hear(at.slice(1).map((to, index) => text.subarray(at[index], to)));
        expect(JSON.stringify(cut)).toBe(JSON.stringify(whole));
        told += whole.outcomes.length + whole.summary.acquisitions;
      }),
      { numRuns: 300 },
    );
    expect(told, 'some of these runs have something to tell').toBeGreaterThan(0);
  });

  test('give the same byte by byte', () => {
    fc.assert(
      fc.property(output, (text) => {
        const single = Array.from(text, (byte) => Uint8Array.of(byte));
        expect(JSON.stringify(hear(single))).toBe(JSON.stringify(hear([text])));
      }),
      { numRuns: 30 },
    );
  });
});

describe('a session', () => {
  test('uses records long before the output ends: a second later at the latest', () => {
    const session = new Session({ node: 'test', symbolize: (address) => address });
    const request = { holder: 'ff1', glock: 'aa', dev, type: 2, number: '7', state: 1 };
    const text = [
      line('request', { seq: 1, ns: 1e12, tid: 7 }, request),
      line('answer', { seq: 2, ns: 1e12 + 1, tid: 7 }),
      line('request', { seq: 3, ns: 1e12 + 2, tid: 7 }, { ...request, holder: 'ff2' }),
      line('heartbeat', { seq: 3, ns: 1e12 + 1e9 }),
    ];
    expect([...session.push(bytes(text.join('')))].map((one) => one.kind)).toEqual(['finding']);
  });

  test('goes on after a time that is garbage and far ahead', () => {
    const session = new Session({ node: 'test', symbolize: (address) => address });
    const garbage = line('heartbeat', { seq: 0, ns: 2n ** 60n, cpu: 5 });
    const texts = Array.from({ length: 1000 }, (_, at) => line('exit', { seq: at + 1, ns: 1e12 + at * 1e6 }));
    const exits = texts.join('');
    for (const _ of session.push(bytes(line('exit', { seq: 0, ns: 1e12 }) + garbage + exits)));
    const request = { holder: 'ff1', glock: 'aa', dev, type: 2, number: '7', state: 1 };
    let seq = 1000;
    const say = (name: 'request' | 'answer', values: Readonly<Record<string, string | number>>): string =>
      line(name, { seq: ++seq, ns: 2e12 + seq, tid: 7 }, values);
    const twice = say('request', request) + say('answer', {}) + say('request', { ...request, holder: 'ff2' });
    const later = Array.from({ length: 300 }, () => say('answer', {})).join('');
    expect([...session.push(bytes(twice + later))].map((one) => one.kind)).toEqual(['finding']);
  });

  test('knows that all probes are attached as soon as that is said', () => {
    const session = new Session({ node: 'test', symbolize: (address) => address });
    for (const _ of session.push(bytes(line('ready', { seq: 0, ns: 5_000 }))));
    expect([session.ready, session.baseNs]).toEqual([true, 5_000n]);
  });

  test('that heard nothing has nothing to sum up', () => {
    const session = new Session({ node: 'test', symbolize: (address) => address });
    expect([...session.end()]).toEqual([]);
    expect(summarize(session)).toMatchObject({ node: 'test', records: 0, io: [], busy: [], findings: [] });
    expect([session.baseNs, session.nowNs]).toEqual([null, 0]);
  });

  test('counts lost and malformed lines by cause, and remembers the last malformed one', () => {
    const text = [
      line('exit', { seq: 1, ns: 1e12 }),
      line('exit', { seq: 4, ns: 1e12 + 1 }),
      `N 0 ${'z'.repeat(300)}\n`,
      line('final', { seq: 9, ns: 1e12 + 2 }),
      'X 0 a',
    ];
    expect(hear([bytes(text.join(''))]).summary.loss).toEqual({
      gap: 2,
      tail: 5,
      malformed: 2,
      late: 0,
      missed: 0,
      lastMalformed: 'X 0 a',
    });
  });
});

describe('the summary', () => {
  test('names busy tasks by their ids, whatever the order in which they came', () => {
    const { session } = play('B: is b', 'A: is a', 'B: read F', 'A: nq SH F', 'A: = 0');
    expect(summarize(session).busy).toEqual([
      { tid: 65, comm: 'a', frames: ['holder'] },
      { tid: 66, comm: 'b', frames: ['io'] },
    ]);
  });

  test('is the same bytes for the same pictures', () => {
    const statements = ['A: read F', 'A: nq EX F', 'A: = 0', 'A: fault F', 'A: nq SH F'];
    expect(JSON.stringify(summarize(play(...statements).session))).toBe(
      JSON.stringify(summarize(play(...statements).session)),
    );
  });
});
