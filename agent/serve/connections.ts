/** WebSockets of the pages: who may open one, what flows through it, and when it is given up. */
import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { encode, subprotocol } from '../wire/message.ts';
import { type Refusal, refuseUpgrade } from './access.ts';
import type { Feed } from './feed.ts';
import { pathOf } from './page.ts';

export interface ConnectionOptions {
  readonly port: number;
  readonly token: string;
  readonly feed: Feed;
  readonly log: (line: string) => void;
  readonly heartbeatMs: number;
}

export interface Connections {
  close(reason: string): Promise<void>;
}

// A client says "seen" and "resync", nothing longer.
const maxClientMessageBytes = 64 * 1024;
const closeGraceMs = 500;
// RFC 6455, 7.4.1.
const goingAway = 1001;
const statusText: Readonly<Record<Refusal['status'], string>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  421: 'Misdirected Request',
};

/** Takes the server's upgrades over. Closing tells every page the reason and waits until all are gone. */
export function connectFeed(server: Server, options: ConnectionOptions): Connections {
  const { port, token, feed, log } = options;
  const upgrader = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: maxClientMessageBytes,
    perMessageDeflate: false,
    handleProtocols: () => subprotocol,
  });
  // Each with whether it answered since the last heartbeat.
  const alive = new Map<WebSocket, boolean>();

  server.on('upgrade', (request, socket, head) => {
    socket.on('error', (error) => log(`a connection broke while it was opened: ${error.message}`));
    const refusal = refuseUpgrade(
      {
        path: pathOf(request),
        host: request.headers.host,
        origin: request.headers.origin,
        protocols: request.headers['sec-websocket-protocol'],
      },
      port,
      token,
    );
    if (refusal === null) {
      upgrader.handleUpgrade(request, socket, head, follow);
      return;
    }
    log(`a connection was refused: ${refusal.reason}`);
    refuseSocket(socket, refusal);
  });

  const follow = (ws: WebSocket): void => {
    ws.on('error', (error) => log(`a page's connection failed: ${error.message}`));
    const attached = feed.attachClient({
      send: (text) => ws.send(text),
      bufferedBytes: () => ws.bufferedAmount,
      close: (code, reason) => {
        log(`a page was refused: ${reason}`);
        ws.close(code, reason);
      },
    });
    if (attached === null) return;
    alive.set(ws, true);
    ws.on('pong', () => alive.set(ws, true));
    ws.on('message', (data, isBinary) => attached.received(isBinary ? '' : data.toString()));
    ws.on('close', () => {
      alive.delete(ws);
      attached.gone();
    });
  };

  const heartbeat = setInterval(() => {
    for (const [ws, answered] of alive) {
      if (!answered) {
        log('a page stopped answering and was let go');
        ws.terminate();
        continue;
      }
      alive.set(ws, false);
      ws.ping();
    }
  }, options.heartbeatMs);
  heartbeat.unref();

  return {
    async close(reason: string): Promise<void> {
      clearInterval(heartbeat);
      const goodbyes = [...alive.keys()].map(async (ws) => {
        const closed = new Promise<void>((resolve) => ws.once('close', () => resolve()));
        const impatience = setTimeout(() => ws.terminate(), closeGraceMs);
        ws.send(encode({ kind: 'bye', reason }));
        ws.close(goingAway, 'glockscope was stopped');
        await closed;
        clearTimeout(impatience);
      });
      await Promise.all(goodbyes);
    },
  };
}

function refuseSocket(socket: Duplex, { status, reason }: Refusal): void {
  const body = `${reason}\n`;
  socket.end(
    [
      `HTTP/1.1 ${status} ${statusText[status]}`,
      'Connection: close',
      'Content-Type: text/plain; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n'),
  );
}
