import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeClientMessage, decodeServerMessage, encode } from '../../../agent/wire/message.ts';
import { clientMessage, serverMessage } from './arbitrary.ts';

/** Every place in a value, as the path to it. */
function places(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, child]) => places(child, [...path, key]))];
}

/** The value with what is at `path` replaced, or taken away when `by` is undefined. */
function replaced(value: unknown, path: readonly string[], by: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined || typeof value !== 'object' || value === null) return by;
  const swap = Object.entries(value).map(([k, child]) => [k, k === key ? replaced(child, rest, by) : child]);
  const kept = swap.filter(([, child]) => child !== undefined);
  return Array.isArray(value) ? kept.map(([, child]) => child) : Object.fromEntries(kept);
}

test('decoding what was encoded gives the same message', () => {
  fc.assert(
    fc.property(serverMessage, (message) => {
      expect(decodeServerMessage(encode(message))).toEqual(message);
    }),
  );
  fc.assert(
    fc.property(clientMessage, (message) => {
      expect(decodeClientMessage(encode(message))).toEqual(message);
    }),
  );
});

test('a message with any part replaced decodes to exactly what it says or to an error', () => {
  const strange = fc.oneof(
    fc.constantFrom(undefined, null, -1, 0.5, 1e300, '', 'zz', [], {}, true, [null], { kind: 'io' }),
    fc.jsonValue({ maxDepth: 1 }),
  );
  fc.assert(
    fc.property(serverMessage, fc.nat(), strange, (message, at, by) => {
      const all = places(message);
      const text = JSON.stringify(replaced(message, all[at % all.length] ?? [], by)) ?? '';
      const decoded = decodeServerMessage(text);
      if (decoded.kind !== 'wire-error') expect(decoded).toEqual(JSON.parse(text));
      else expect(decoded.expected).not.toBe('');
    }),
    { numRuns: 500 },
  );
});

test('a text cut or garbled anywhere decodes to exactly what it says or to an error', () => {
  fc.assert(
    fc.property(serverMessage, fc.nat(), fc.nat(3), fc.string({ maxLength: 3 }), (message, at, gone, put) => {
      const whole = encode(message);
      const place = at % whole.length;
      const text = whole.slice(0, place) + put + whole.slice(place + gone);
      const decoded = decodeServerMessage(text);
      if (decoded.kind !== 'wire-error') expect(decoded).toEqual(JSON.parse(text));
    }),
    { numRuns: 500 },
  );
});

test('any text at all is a client message or an error', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      const decoded = decodeClientMessage(text);
      if (decoded.kind !== 'wire-error') expect(decoded).toEqual(JSON.parse(text));
    }),
  );
});

test('an error names the place and what belongs there', () => {
  expect(decodeClientMessage('{"kind":"seen","seq":-1}')).toMatchObject({ kind: 'wire-error', path: 'seq' });
  expect(decodeClientMessage('{"kind":"seen","seq":1,"more":1}')).toMatchObject({ kind: 'wire-error', path: 'more' });
  expect(decodeClientMessage('nonsense')).toMatchObject({ kind: 'wire-error', path: '' });
});
