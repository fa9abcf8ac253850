/** A request's headers in, the reason why it may not talk to us out: the only gate of the server (pure). */
import { subprotocol } from '../wire/message.ts';
import { sameToken } from './token.ts';

export interface Refusal {
  readonly status: 401 | 403 | 404 | 421;
  readonly reason: string;
}

/** The parts of a request that decide; `undefined` where the client did not send one. */
export interface Asked {
  readonly path: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** Sec-WebSocket-Protocol. */
  readonly protocols: string | undefined;
}

export const socketPath = '/ws';
const hostNames = ['127.0.0.1', 'localhost'] as const;

/** A page of another site that resolves its own name to this machine (DNS rebinding) still sends that name as Host. */
export function refuseHost(host: string | undefined, port: number): Refusal | null {
  if (hostNames.some((name) => host === `${name}:${port}`)) return null;
  return {
    status: 421,
    reason: `This server answers to 127.0.0.1:${port} and localhost:${port} only. A forwarded port must keep its number: ssh -L ${port}:127.0.0.1:${port}`,
  };
}

/** Null when the upgrade may go ahead. */
export function refuseUpgrade(asked: Asked, port: number, token: string): Refusal | null {
  const host = refuseHost(asked.host, port);
  if (host !== null) return host;
  if (asked.path !== socketPath) return { status: 404, reason: `WebSockets are at ${socketPath} only.` };
  if (!hostNames.some((name) => asked.origin === `http://${name}:${port}`))
    return { status: 403, reason: "Only glockscope's own page may connect: the Origin is another." };
  const offered = (asked.protocols ?? '').split(',').map((each) => each.trim());
  if (!offered.includes(subprotocol))
    return { status: 403, reason: `The subprotocol ${subprotocol} is missing: reload the page.` };
  const shown = offered.find((each) => each.startsWith('token.'));
  if (shown === undefined)
    return { status: 401, reason: 'No token: open the address that glockscope printed at its start.' };
  if (!sameToken(shown.slice('token.'.length), token))
    return { status: 401, reason: 'The token is of another run: open the address that glockscope printed last.' };
  return null;
}
