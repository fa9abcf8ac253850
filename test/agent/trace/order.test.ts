import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TraceRecord } from '../../../agent/trace/decode.ts';
import { holdNs, Order, type Ordered, settleNs } from '../../../agent/trace/order.ts';

const ms = 1_000_000;
const record = (cpu: number, seq: number, atNs: number, sequenced = true): TraceRecord => ({
  cpu,
  seq,
  atNs,
  sequenced,
  tid: cpu * 1000 + seq,
  said: sequenced ? { kind: 'exit' } : { kind: 'heartbeat' },
});
const show = (ordered: Iterable<Ordered>): string =>
  [...ordered]
    .map((one) => {
      switch (one.kind) {
        case 'record':
          return `${one.record.cpu}.${one.record.seq}`;
        case 'loss':
          return `${one.loss.cause}(${one.loss.cpu}: ${one.loss.count})`;
        case 'late':
          return 'late';
        default:
          return one satisfies never;
      }
    })
    .join(' ');

function run(records: readonly TraceRecord[]): string {
  const order = new Order();
  const given: Ordered[] = [];
  for (const one of records) {
    order.push(one);
    given.push(...order.due());
  }
  return show([...given, ...order.end()]);
}

describe('two CPUs', () => {
  test('are merged by time though one buffer is read after the other', () => {
    expect(run([record(0, 1, 1 * ms), record(0, 2, 13 * ms), record(1, 1, 2 * ms), record(1, 2, 14 * ms)])).toBe(
      '0.1 1.1 0.2 1.2',
    );
  });

  test('a record waits for the settle time, since the other CPU may have been idle until now', () => {
    const order = new Order();
    order.push(record(0, 1, 0));
    order.push(record(0, 2, settleNs - 1));
    expect(show(order.due())).toBe('');
    order.push(record(0, 3, settleNs));
    expect(show(order.due())).toBe('0.1');
  });

  test('a silent one holds the other back for the hold time and no longer', () => {
    const order = new Order();
    order.push(record(1, 1, 0));
    order.push(record(0, 1, 1));
    order.push(record(0, 2, holdNs));
    expect(show(order.due())).toBe('1.1');
    order.push(record(0, 3, holdNs + 2));
    expect(show(order.due())).toBe('0.1');
  });

  test('a heartbeat lets the other go on', () => {
    const order = new Order();
    order.push(record(1, 1, 0));
    order.push(record(0, 1, 5 * ms));
    order.push(record(0, 2, 200 * ms));
    expect(show(order.due())).toBe('1.1');
    order.push(record(1, 1, 200 * ms, false));
    expect(show(order.due())).toBe('0.1');
  });

  test('one that comes too late is said to be late, and still given', () => {
    const order = new Order();
    order.push(record(0, 1, 0));
    order.push(record(0, 2, 150 * ms));
    expect(show(order.due())).toBe('0.1');
    order.push(record(0, 3, 300 * ms));
    expect(show(order.due())).toBe('0.2');
    order.push(record(1, 1, 5 * ms));
    order.push(record(1, 2, 301 * ms));
    expect(show(order.end())).toBe('late 1.1 0.3 1.2');
  });
});

describe('loss', () => {
  test('is a gap in a CPU’s own count, in its place', () => {
    expect(run([record(0, 1, 1), record(0, 5, 2), record(0, 6, 3)])).toBe('0.1 gap(0: 3) 0.5 0.6');
  });
  test('before the first record counts too: sequences begin at 1', () => {
    expect(run([record(0, 4, 1)])).toBe('gap(0: 3) 0.4');
  });
  test('shows in a heartbeat, which takes no number of its own', () => {
    expect(run([record(0, 1, 1), record(0, 3, 2, false)])).toBe('0.1 gap(0: 2) 0.3');
  });
  test('at the very end is told by the final counts, whichever CPU prints them', () => {
    const order = new Order();
    order.push(record(1, 7, 1));
    order.push({ ...record(1, 9, 50, false), said: { kind: 'final' } });
    expect(show(order.end())).toBe('gap(1: 6) 1.7 tail(1: 2) 1.9');
  });
});

test('gives out every record once, in time order, and counts exactly what was removed', () => {
  const schedule = fc.array(fc.tuple(fc.nat(3), fc.nat(2 * ms), fc.nat(99)), { maxLength: 200 });
  fc.assert(
    fc.property(schedule, fc.nat(99), (steps, lossPercent) => {
      const seqs = [0, 0, 0, 0];
      let now = 0;
      const all = steps.map(([cpu, delta, dice]) => {
        now += delta;
        seqs[cpu] = (seqs[cpu] ?? 0) + 1;
        return { record: record(cpu, seqs[cpu] ?? 0, now), kept: dice >= lossPercent };
      });
      const finals = seqs.map(
        (seq, cpu): TraceRecord => ({ ...record(cpu, seq, now, false), said: { kind: 'final' } }),
      );
      // Buffers are read one after the other: what arrives is sorted by CPU within each 16 records.
      const kept = all.filter((one) => one.kept).map((one) => one.record);
      const arrived: TraceRecord[] = [];
      for (let at = 0; at < kept.length; at += 16)
        arrived.push(...kept.slice(at, at + 16).sort((a, b) => a.cpu - b.cpu));
      const order = new Order();
      const given: Ordered[] = [];
      for (const one of [...arrived, ...finals]) {
        order.push(one);
        given.push(...order.due());
      }
      given.push(...order.end());
      const times = given.flatMap((one) => (one.kind === 'record' && one.record.sequenced ? [one.record.tid] : []));
      expect([...times].sort()).toEqual(kept.map((one) => one.tid).sort());
      const lost = given.reduce((sum, one) => sum + (one.kind === 'loss' ? one.loss.count : 0), 0);
      expect(lost).toBe(all.length - kept.length);
      if (!given.some((one) => one.kind === 'late')) {
        const ns = given.flatMap((one) => (one.kind === 'record' ? [one.record.atNs] : []));
        expect(ns).toEqual([...ns].sort((a, b) => a - b));
      }
    }),
  );
});
