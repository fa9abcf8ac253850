/** All that the page knows: messages and the connection's fate in, one immutable view out; nothing else holds state. */
import type { ServerMessage } from '../agent/wire/message.ts';
import { applyUpdate, emptyState, fromSnapshot, type State } from '../agent/wire/state.ts';
import type { HostView } from '../agent/wire/view.ts';
import type { HostClock } from './clock.ts';
import { followSnapshot, followUpdate, type Roster, withoutLeft } from './roster.ts';

export type Connection =
  | { readonly kind: 'no-token' }
  | { readonly kind: 'connecting' }
  | { readonly kind: 'open' }
  /** It broke, or was never there; the page tries again by itself. */
  | { readonly kind: 'broken'; readonly reason: string }
  /** Trying again would not help. */
  | { readonly kind: 'refused'; readonly reason: string };

export interface View {
  readonly connection: Connection;
  /** Null until a first snapshot came. */
  readonly seq: number | null;
  readonly version: string;
  readonly mode: 'live' | 'replay';
  readonly state: State;
  readonly clocks: ReadonlyMap<string, HostClock>;
  readonly roster: Roster;
}

/** `atMs` is the page's monotonic clock: the reducer reads none itself. */
export type Action =
  | { readonly kind: 'connection'; readonly connection: Connection }
  | { readonly kind: 'message'; readonly message: ServerMessage; readonly atMs: number }
  | { readonly kind: 'tick'; readonly atMs: number };

export const emptyView = (): View => ({
  connection: { kind: 'connecting' },
  seq: null,
  version: '',
  mode: 'live',
  state: emptyState(),
  clocks: new Map(),
  roster: [],
});

export function reduce(view: View, action: Action): View {
  switch (action.kind) {
    case 'connection':
      return { ...view, connection: action.connection };
    case 'tick': {
      const roster = withoutLeft(view.roster, action.atMs);
      return roster === view.roster ? view : { ...view, roster };
    }
    case 'message':
      return reduceMessage(view, action.message, action.atMs);
    default:
      return action satisfies never;
  }
}

export interface Store {
  readonly view: View;
  dispatch(action: Action): void;
  /** Calls back after each change; the result ends that. */
  subscribe(changed: () => void): () => void;
}

export function createStore(): Store {
  const subscribers = new Set<() => void>();
  let view = emptyView();
  return {
    get view() {
      return view;
    },
    dispatch(action) {
      const next = reduce(view, action);
      if (next === view) return;
      view = next;
      for (const changed of subscribers) changed();
    },
    subscribe(changed) {
      subscribers.add(changed);
      return () => subscribers.delete(changed);
    },
  };
}

function reduceMessage(view: View, message: ServerMessage, atMs: number): View {
  switch (message.kind) {
    case 'hello':
      return { ...view, version: message.version, mode: message.mode };
    case 'snapshot': {
      const state = fromSnapshot(message);
      const roster = followSnapshot(view.roster, state, atMs);
      return { ...view, seq: message.seq, state, roster, clocks: hear(new Map(), message.hosts, atMs) };
    }
    case 'update': {
      const state = applyUpdate(view.state, message);
      const roster = followUpdate(view.roster, message, atMs);
      return { ...view, seq: message.seq, state, roster, clocks: hear(view.clocks, message.hosts, atMs) };
    }
    case 'bye':
      return { ...view, connection: { kind: 'broken', reason: message.reason } };
    default:
      return message satisfies never;
  }
}

function hear(clocks: View['clocks'], hosts: readonly HostView[], atMs: number): View['clocks'] {
  if (hosts.length === 0) return clocks;
  const next = new Map(clocks);
  for (const host of hosts) next.set(host.node, { nowNs: host.nowNs, heardAtMs: atMs });
  return next;
}
