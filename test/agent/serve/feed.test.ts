import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createFeed, type Feed } from '../../../agent/serve/feed.ts';
import { decodeServerMessage, encode, type ServerMessage } from '../../../agent/wire/message.ts';
import {
  applyUpdate,
  type Delta,
  emptyDelta,
  emptyState,
  fromSnapshot,
  isEmptyDelta,
  type State,
  toSnapshot,
} from '../../../agent/wire/state.ts';
import { delta } from '../wire/arbitrary.ts';

const feedOf = (limits: { clients?: number; unseenUpdates?: number; bufferedBytes?: number } = {}): Feed =>
  createFeed({ version: '1.2.3', mode: 'live', limits });
const tick = (second: number): Delta => ({
  ...emptyDelta(),
  rates: [{ node: 'n1', second, acquisitions: 1, faults: 0, mkwrites: 0, ioCalls: 0, retries: 0, efaults: 0, lost: 0 }],
});

/** A page without a network between: what it got, how it was closed, and a buffer that the test fills. */
function page(feed: Feed) {
  const got: ServerMessage[] = [];
  const told: { buffered: number; closed: { code: number; reason: string } | null } = { buffered: 0, closed: null };
  const attached = feed.attachClient({
    send: (text) => {
      const message = decodeServerMessage(text);
      if (message.kind === 'wire-error') throw new Error(`the feed sent nonsense: ${message.path}`);
      got.push(message);
    },
    bufferedBytes: () => told.buffered,
    close: (code, reason) => {
      told.closed = { code, reason };
    },
  });
  return {
    got,
    told,
    says: (text: string) => attached?.received(text),
    sees: (seq: number) => attached?.received(encode({ kind: 'seen', seq })),
    leaves: () => attached?.gone(),
    /** E.g. `hello snapshot:0 update:1 update:2`. */
    get story() {
      return got.map((message) => ('seq' in message ? `${message.kind}:${message.seq}` : message.kind)).join(' ');
    },
  };
}

test('a page gets hello, a snapshot, then every update under the next number', () => {
  const feed = feedOf();
  feed.publish(tick(1));
  const one = page(feed);
  feed.publish(tick(2));
  feed.publish(tick(3));
  expect(one.story).toBe('hello snapshot:1 update:2 update:3');
});

test('an empty delta is not sent and takes no number', () => {
  const feed = feedOf();
  const one = page(feed);
  feed.publish(emptyDelta());
  feed.publish(tick(1));
  expect(one.story).toBe('hello snapshot:0 update:1');
});

test('a page that acknowledges nothing is cut off at the limit, others are not, and one snapshot brings it back', () => {
  const feed = feedOf({ unseenUpdates: 3 });
  const slow = page(feed);
  const quick = page(feed);
  for (let second = 1; second <= 6; second++) {
    feed.publish(tick(second));
    quick.sees(feed.seq);
  }
  expect(slow.story).toBe('hello snapshot:0 update:1 update:2');
  expect(quick.story).toBe('hello snapshot:0 update:1 update:2 update:3 update:4 update:5 update:6');
  slow.sees(1);
  expect(slow.story).toBe('hello snapshot:0 update:1 update:2');
  slow.sees(2);
  expect(slow.story).toBe('hello snapshot:0 update:1 update:2 snapshot:6');
  slow.sees(6);
  feed.publish(tick(7));
  expect(slow.story).toBe('hello snapshot:0 update:1 update:2 snapshot:6 update:7');
  expect(feed.counts.stalls).toBe(1);
});

test('a page whose bytes pile up is cut off, and gets a snapshot once they have left', () => {
  const feed = feedOf({ bufferedBytes: 1000 });
  const one = page(feed);
  one.told.buffered = 1001;
  feed.publish(tick(1));
  feed.publish(tick(2));
  one.sees(0);
  expect(one.story).toBe('hello snapshot:0');
  one.told.buffered = 0;
  feed.publish(tick(3));
  expect(one.story).toBe('hello snapshot:0 snapshot:3');
});

test('a page that asks to resync gets a snapshot', () => {
  const feed = feedOf();
  const one = page(feed);
  feed.publish(tick(1));
  one.says(encode({ kind: 'resync' }));
  feed.publish(tick(2));
  expect(one.story).toBe('hello snapshot:0 update:1 snapshot:1 update:2');
});

test('a page that asks to resync again and again while its bytes pile up gets none until they have left', () => {
  const feed = feedOf({ bufferedBytes: 1000 });
  const one = page(feed);
  one.told.buffered = 1001;
  for (let n = 0; n < 50; n++) one.says(encode({ kind: 'resync' }));
  expect(one.story).toBe('hello snapshot:0');
});

test.each([
  ['no JSON', 'nonsense', /^not a client message/],
  ['an unknown kind', '{"kind":"attack"}', /^not a client message: kind/],
  ['an acknowledgement of what was never sent', '{"kind":"seen","seq":99}', /^seen 99, but 0 was the last sent$/],
  ['nonsense beyond ASCII and length', `{"kind":"${'é'.repeat(400)}"}`, /^[ -~]{1,123}$/],
])('%s closes the connection with a reason that fits a close frame', (_what, text, reason) => {
  const feed = feedOf();
  const one = page(feed);
  one.says(text);
  expect(one.told.closed).toEqual({ code: 1008, reason: expect.stringMatching(reason) });
  feed.publish(tick(1));
  expect(one.story).toBe('hello snapshot:0');
  expect(feed.counts.clients).toBe(0);
});

test('one page more than the limit is refused with the reason, and has room once another leaves', () => {
  const feed = feedOf({ clients: 2 });
  const first = page(feed);
  page(feed);
  const third = page(feed);
  expect(third.told.closed).toEqual({ code: 1013, reason: '2 pages are open already: close one of them' });
  expect(third.story).toBe('');
  first.leaves();
  expect(page(feed).story).toBe('hello snapshot:0');
});

test('however a page stalls, acknowledges or resyncs, its numbers are gapless and its state ends as the feed’s', () => {
  const act = fc.oneof(
    { weight: 4, arbitrary: delta },
    { weight: 2, arbitrary: fc.constant('acknowledge' as const) },
    fc.constant('resync' as const),
    fc.constant('clog' as const),
    fc.constant('drain' as const),
  );
  fc.assert(
    fc.property(fc.array(act, { maxLength: 30 }), (acts) => {
      const feed = feedOf({ unseenUpdates: 3, bufferedBytes: 10 });
      const one = page(feed);
      const last = () => one.got.reduce((seq, message) => ('seq' in message ? message.seq : seq), 0);
      for (const each of [...acts, 'drain' as const, 'acknowledge' as const, tick(5000), 'acknowledge' as const]) {
        if (each === 'acknowledge') one.sees(last());
        else if (each === 'resync') one.says(encode({ kind: 'resync' }));
        else if (each === 'clog') one.told.buffered = 11;
        else if (each === 'drain') one.told.buffered = 0;
        else feed.publish(each);
      }
      const [state, seq] = follow(one.got);
      expect(seq).toBe(feed.seq);
      expect(toSnapshot(state, 0)).toEqual(toSnapshot(feed.state, 0));
      expect(feed.seq).toBe(acts.filter((each) => typeof each === 'object' && !isEmptyDelta(each)).length + 1);
    }),
  );
});

function follow(messages: readonly ServerMessage[]): readonly [State, number] {
  let state = emptyState();
  let seq = -1;
  for (const message of messages) {
    if (message.kind === 'snapshot') state = fromSnapshot(message);
    if (message.kind === 'update') {
      expect(message.seq).toBe(seq + 1);
      state = applyUpdate(state, message);
    }
    if ('seq' in message) seq = message.seq;
  }
  return [state, seq];
}
