/** The WebSocket as actions for the store: it connects, follows the numbers, acknowledges, and comes back by itself. */
import {
  type ClientMessage,
  decodeServerMessage,
  encode,
  protocol,
  type ServerMessage,
  subprotocol,
} from '../agent/wire/message.ts';
import type { Action } from './store.ts';

/** What to do with a message, given the number of the last one applied (null: waiting for a snapshot). */
export function follow(seq: number | null, message: ServerMessage): 'apply' | 'ignore' | 'resync' {
  if (message.kind !== 'update') return 'apply';
  if (seq === null) return 'ignore';
  return message.seq === seq + 1 ? 'apply' : 'resync';
}

/** Milliseconds before the n-th try, from 0 on, after a connection broke. */
export const backoffMs = (tries: number): number => Math.min(5000, 300 * 2 ** Math.min(tries, 10));

/** Keeps the page connected from now on; every outcome is told through `dispatch`. */
export function connectSocket(token: string, dispatch: (action: Action) => void): void {
  let tries = 0;
  let refusals = 0;

  const connect = (): void => {
    const socket = new WebSocket(`ws://${location.host}/ws`, [subprotocol, `token.${token}`]);
    let seq: number | null = null;
    let opened = false;
    let farewell: string | null = null;

    const say = (message: ClientMessage): void => {
      if (socket.readyState === WebSocket.OPEN) socket.send(encode(message));
    };

    socket.addEventListener('open', () => {
      opened = true;
      tries = 0;
      refusals = 0;
      dispatch({ kind: 'connection', connection: { kind: 'open' } });
    });

    socket.addEventListener('message', (event) => {
      const message = decodeServerMessage(String(event.data));
      if (message.kind === 'wire-error') {
        farewell = `the agent sent what this page does not understand (${message.path}: ${message.expected})`;
        socket.close();
        return;
      }
      if (message.kind === 'hello' && message.protocol !== protocol) {
        farewell = `the agent speaks protocol ${message.protocol}, this page ${protocol}: reload the page`;
        socket.close();
        return;
      }
      switch (follow(seq, message)) {
        case 'ignore':
          break;
        case 'resync':
          seq = null;
          say({ kind: 'resync' });
          break;
        case 'apply':
          if (message.kind === 'bye') farewell = message.reason;
          dispatch({ kind: 'message', message, atMs: performance.now() });
          if (message.kind === 'snapshot' || message.kind === 'update') {
            seq = message.seq;
            say({ kind: 'seen', seq });
          }
          break;
      }
    });

    // An error event says nothing and is always followed by close.
    socket.addEventListener('close', async (event) => {
      const reason = farewell ?? event.reason;
      dispatch({ kind: 'connection', connection: { kind: 'broken', reason: reason || 'the agent cannot be reached' } });
      // A browser does not tell a refused handshake from a server that is gone; whether the page itself is served does.
      if (!opened && (await pageIsServed())) refusals++;
      // Two in a row: the first may be an agent that came up between the two questions.
      if (refusals >= 2) {
        const refused = 'the agent runs, but not with the token that this page has';
        dispatch({ kind: 'connection', connection: { kind: 'refused', reason: refused } });
        return;
      }
      setTimeout(connect, backoffMs(tries++));
    });
  };
  connect();
}

async function pageIsServed(): Promise<boolean> {
  try {
    return (await fetch(location.pathname, { method: 'HEAD', cache: 'no-store' })).ok;
  } catch {
    // Nobody answers: that is the answer.
    return false;
  }
}
