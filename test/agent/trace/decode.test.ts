import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Decoded, Decoder, maxLineBytes } from '../../../agent/trace/decode.ts';
import { fieldsOf, type RecordName, records } from '../../../probes/records.ts';
import { bytes, hex, line } from '../../lines.ts';

function decode(...chunks: Uint8Array[]): Decoded[] {
  const decoder = new Decoder();
  return [...chunks.flatMap((chunk) => [...decoder.push(chunk)]), ...decoder.end()];
}
const kinds = (decoded: readonly Decoded[]): string[] => decoded.map((one) => one.kind);
const names = Object.keys(records).filter((name): name is RecordName => name in records);

describe('one line', () => {
  test('gives its header and fields, with times relative to the first record', () => {
    const text =
      line(
        'request',
        { seq: 1, ns: 1000, tid: 206 },
        {
          holder: 'ffffb4378026fc30',
          glock: 'ffff97e47ff5a268',
          dev: 0x700000,
          type: 2,
          number: '2133',
          state: 3,
          flags: 8,
          caller: 'ffffffffc0a1b2c3',
          site: 'ffffffff97676840',
        },
      ) + line('answer', { seq: 2, ns: 1500, tid: 206 }, { result: -5 });
    expect(decode(bytes(text))).toEqual([
      {
        kind: 'record',
        record: {
          cpu: 0,
          seq: 1,
          sequenced: true,
          atNs: 0,
          tid: 206,
          said: {
            kind: 'request',
            holder: 'ffffb4378026fc30',
            glock: 'ffff97e47ff5a268',
            dev: 0x700000,
            type: 2,
            number: '2133',
            state: 3,
            flags: 8,
            caller: 'ffffffffc0a1b2c3',
            site: 'ffffffff97676840',
          },
        },
      },
      {
        kind: 'record',
        record: { cpu: 0, seq: 2, sequenced: true, atNs: 500, tid: 206, said: { kind: 'answer', result: -5 } },
      },
    ]);
  });

  test('keeps addresses whole that a double would round: ff4cee3680433810 and ff4cee3680433811', () => {
    const release = (holder: string) => decode(bytes(line('release', { seq: 1, ns: 0 }, { holder })))[0];
    expect(release('ff4cee3680433810')).toMatchObject({ record: { said: { holder: 'ff4cee3680433810' } } });
    expect(release('ff4cee3680433811')).toMatchObject({ record: { said: { holder: 'ff4cee3680433811' } } });
  });

  test('reads an int from the low half of the register: 00000000fffffff2 is -14, as fffffffffffffff2 is', () => {
    for (const result of ['fffffff2', 'fffffffffffffff2']) {
      expect(decode(bytes(line('answer', { seq: 1, ns: 0 }, { result })))[0]).toMatchObject({
        record: { said: { result: -14 } },
      });
    }
  });

  test('keeps times exact 300 days after boot, where ns are above 2^53', () => {
    const boot = 300n * 86_400n * 1_000_000_000n;
    const decoded = decode(bytes(line('exit', { seq: 1, ns: boot }) + line('exit', { seq: 2, ns: boot + 1n })));
    expect(decoded.map((one) => one.kind === 'record' && one.record.atNs)).toEqual([0, 1]);
  });
});

describe('what is no record', () => {
  test('is a notice when bpftrace is known to print it', () => {
    expect(kinds(decode(bytes('Attaching 16 probes...\n\nLost 962 events\n')))).toEqual(['notice', 'notice', 'notice']);
  });

  test.each([
    ['D 0 1 0 ce\n', 'lacks holder'],
    ['D 0 1 0 ce ff ff\n', 'has fields too many'],
    ['D 0 1 0 ce xyz\n', 'holder is not lower-case hex'],
    ['D 0 1 0 ce \n', 'ends with a space'],
    ['D 0 1 0 ce 11112222333344445\n', 'holder is longer than 64 bits'],
    ['D 0 1  ce 1\n', 'ns is empty'],
    ['n 0 1 0 ce 0 \n', 'ends with a space'],
    ['Q 0 1 0 ce\n', 'is no record'],
    ['D 0 1 0 c', 'cut off'],
    ['H ffffffffffffffff 0 0 0\n', 'cpu is above 2^53'],
  ])('%j is malformed: %s', (text, why) => {
    const [only] = decode(bytes(text));
    expect(only?.kind).toBe('malformed');
    expect(only?.kind === 'malformed' ? only.why : '').toContain(why);
  });

  test('never grows beyond a line: a flood without newline is dropped, and what follows is read', () => {
    const decoder = new Decoder();
    const seen: Decoded[] = [];
    for (let sent = 0; sent < 100; sent++) seen.push(...decoder.push(bytes('x'.repeat(maxLineBytes))));
    seen.push(...decoder.push(bytes(`x\n${line('exit', { seq: 1, ns: 5 })}`)));
    expect(kinds(seen)).toEqual(['malformed', 'record']);
  });
});

/** A slow twin: split and BigInt. */
function slowly(text: string): unknown {
  const [letter, cpu, seq, , tid, ...values] = text.trimEnd().split(' ');
  const row = Object.values(records).find((one) => one.letter === letter);
  if (row === undefined) return undefined;
  const said: Record<string, unknown> = {};
  fieldsOf(row).forEach((field, at) => {
    const value = BigInt(`0x${values[at]}`);
    said[field.name] =
      field.form === 'address'
        ? value.toString(16)
        : field.form === 'int'
          ? Number(BigInt.asIntN(32, value))
          : field.form === 'long'
            ? Number(BigInt.asIntN(64, value))
            : Number(value);
  });
  return { cpu: Number(`0x${cpu}`), seq: Number(`0x${seq}`), tid: Number(`0x${tid}`), said };
}

const anyLine = fc.constantFrom(...names).chain((name) => {
  const fields = fieldsOf(records[name]);
  const value = {
    address: fc.bigInt(0n, 2n ** 64n - 1n),
    count: fc.bigInt(0n, 2n ** 53n - 1n),
    int: fc.bigInt(-(2n ** 31n), 2n ** 31n - 1n),
    long: fc.bigInt(-(2n ** 53n) + 1n, 2n ** 53n - 1n),
  };
  return fc
    .tuple(
      fc.nat(255),
      fc.nat(),
      fc.bigInt(0n, 2n ** 52n),
      fc.nat(4_000_000),
      fc.tuple(...fields.map((field) => value[field.form])),
    )
    .map(([cpu, seq, ns, tid, values]) =>
      line(
        name,
        { cpu, seq, ns, tid },
        Object.fromEntries(fields.map((field, at) => [field.name, hex(values[at] ?? 0n)])),
      ),
    );
});

test('agrees with a slow reader on any line of the table', () => {
  fc.assert(
    fc.property(anyLine, (text) => {
      const [only] = decode(bytes(text));
      expect(only?.kind).toBe('record');
      expect(only?.kind === 'record' ? only.record : null).toMatchObject(slowly(text) ?? {});
    }),
    { numRuns: 500 },
  );
});

test('gives the same wherever the stream is cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ weight: 8, arbitrary: anyLine }, fc.string({ unit: 'binary' })), { maxLength: 20 }),
      fc.array(fc.nat(), { maxLength: 12 }),
      (texts, cuts) => {
        const whole = bytes(texts.join(''));
        const places = [...new Set(cuts.map((cut) => cut % (whole.length + 1)))].sort((a, b) => a - b);
        const parts = [0, ...places].map((from, at) => whole.subarray(from, places[at] ?? whole.length));
        expect(decode(...parts)).toEqual(decode(whole));
      },
    ),
  );
});

test('never throws, whatever the bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (any) => void decode(any)),
    { numRuns: 1000 },
  );
});
