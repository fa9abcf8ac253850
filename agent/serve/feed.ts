/** Deltas in, numbered updates out to every page; a page that cannot keep up gets one fresh snapshot once it can. */
import { decodeClientMessage, encode, protocol } from '../wire/message.ts';
import { applyUpdate, type Delta, emptyState, isEmptyDelta, type State, toSnapshot } from '../wire/state.ts';

/** A connection, as far as the feed needs one. Nothing here may wait. */
export interface FeedClient {
  send(text: string): void;
  /** Bytes that were given to `send` and have not left yet. */
  bufferedBytes(): number;
  close(code: number, reason: string): void;
}

/** What the connection tells the feed. */
export interface Attached {
  received(text: string): void;
  gone(): void;
}

export interface FeedOptions {
  /** Of glockscope, shown in the page. */
  readonly version: string;
  readonly mode: 'live' | 'replay';
  readonly limits?: Partial<FeedLimits>;
}

export interface FeedLimits {
  readonly clients: number;
  /** Updates that a client may have unacknowledged; at a tick of 100 ms, 100 of them are 10 s. */
  readonly unseenUpdates: number;
  readonly bufferedBytes: number;
}

export interface FeedCounts {
  clients: number;
  updates: number;
  snapshots: number;
  /** Times that a client fell behind. */
  stalls: number;
  refused: number;
}

export interface Feed {
  readonly state: State;
  /** Of the last update. */
  readonly seq: number;
  readonly counts: Readonly<FeedCounts>;
  publish(delta: Delta): void;
  /** Null when there are too many: the client was closed with the reason. */
  attachClient(client: FeedClient): Attached | null;
}

interface Follower {
  readonly client: FeedClient;
  /** Seq of the last message sent to it. */
  sent: number;
  /** Seq of the last message that it says it applied. */
  seen: number;
  /** It is behind: nothing goes out until it has seen all it was sent, and then a snapshot. */
  stale: boolean;
}

export const defaultLimits: FeedLimits = { clients: 32, unseenUpdates: 100, bufferedBytes: 4 * 1024 * 1024 };

// RFC 6455, 7.4.1.
const policyViolation = 1008;
const tryAgainLater = 1013;
const maxCloseReasonBytes = 123;

export function createFeed(options: FeedOptions): Feed {
  const limits = { ...defaultLimits, ...options.limits };
  const counts: FeedCounts = { clients: 0, updates: 0, snapshots: 0, stalls: 0, refused: 0 };
  const followers = new Set<Follower>();
  const hello = encode({ kind: 'hello', protocol, version: options.version, mode: options.mode });
  let state = emptyState();
  let seq = 0;
  // Many pages may want one at once, after a reconnect for instance: encoded once per update.
  let snapshot: { readonly seq: number; readonly text: string } | null = null;

  const snapshotText = (): string => {
    if (snapshot?.seq !== seq) snapshot = { seq, text: encode(toSnapshot(state, seq)) };
    return snapshot.text;
  };

  const sendSnapshot = (follower: Follower): void => {
    follower.client.send(snapshotText());
    follower.stale = false;
    follower.sent = seq;
    follower.seen = seq - 1;
    counts.snapshots++;
  };

  const isBehind = ({ client, sent, seen }: Follower): boolean =>
    sent - seen >= limits.unseenUpdates || client.bufferedBytes() > limits.bufferedBytes;

  const catchUp = (follower: Follower): void => {
    const { client, sent, seen, stale } = follower;
    if (stale && seen >= sent && client.bufferedBytes() <= limits.bufferedBytes) sendSnapshot(follower);
  };

  const refuse = (follower: Follower, reason: string): void => {
    followers.delete(follower);
    counts.clients = followers.size;
    follower.client.close(policyViolation, closeReason(reason));
  };

  const received = (follower: Follower, text: string): void => {
    if (!followers.has(follower)) return;
    const message = decodeClientMessage(text);
    switch (message.kind) {
      case 'seen':
        if (message.seq > follower.sent) {
          refuse(follower, `seen ${message.seq}, but ${follower.sent} was the last sent`);
          break;
        }
        follower.seen = Math.max(follower.seen, message.seq);
        catchUp(follower);
        break;
      case 'resync':
        // It lost its place and starts over: what it had not seen does not matter any more.
        follower.seen = follower.sent;
        follower.stale = true;
        catchUp(follower);
        break;
      case 'wire-error':
        refuse(follower, `not a client message: ${message.path} ${message.expected}`);
        break;
      default:
        message satisfies never;
    }
  };

  return {
    get state() {
      return state;
    },
    get seq() {
      return seq;
    },
    counts,
    publish(delta) {
      if (isEmptyDelta(delta)) return;
      state = applyUpdate(state, delta);
      seq++;
      counts.updates++;
      if (followers.size === 0) return;
      const text = encode({ ...delta, kind: 'update', seq });
      for (const follower of followers) {
        if (follower.stale) {
          catchUp(follower);
        } else if (isBehind(follower)) {
          follower.stale = true;
          counts.stalls++;
        } else {
          follower.client.send(text);
          follower.sent = seq;
        }
      }
    },
    attachClient(client) {
      if (followers.size >= limits.clients) {
        counts.refused++;
        client.close(tryAgainLater, `${limits.clients} pages are open already: close one of them`);
        return null;
      }
      const follower: Follower = { client, sent: seq, seen: seq, stale: false };
      followers.add(follower);
      counts.clients = followers.size;
      client.send(hello);
      sendSnapshot(follower);
      return {
        received: (text) => received(follower, text),
        gone: () => {
          followers.delete(follower);
          counts.clients = followers.size;
        },
      };
    },
  };
}

/** A close frame has room for 123 bytes of UTF-8. */
function closeReason(reason: string): string {
  const ascii = reason.replace(/[^ -~]/g, '?');
  return ascii.length <= maxCloseReasonBytes ? ascii : `${ascii.slice(0, maxCloseReasonBytes - 3)}...`;
}
