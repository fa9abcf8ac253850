/** The page and its feed on this machine's loopback, for those who hold the token. */
import { createServer, type Server } from 'node:http';
import { connectFeed } from './connections.ts';
import type { Feed } from './feed.ts';
import { answerWith, readPage } from './page.ts';

export interface ServerOptions {
  /** 0 takes any free port. */
  readonly port: number;
  readonly token: string;
  readonly feed: Feed;
  /** Where the built page is. */
  readonly pageFolder: string;
  readonly log: (line: string) => void;
  /** How often a connection must show that it lives; 10 s unless told. */
  readonly heartbeatMs?: number;
}

export interface Serving {
  readonly kind: 'serving';
  /** Opens the page, token included: for the user's eyes, never for a log. */
  readonly url: string;
  readonly port: number;
  /** Tells every page why, then frees the port. */
  close(reason?: string): Promise<void>;
}

export interface NotServing {
  readonly kind: 'failed';
  readonly cause: string;
  readonly remedy: string;
}

const loopback = '127.0.0.1';
const defaultHeartbeatMs = 10_000;

export async function startServer(options: ServerOptions): Promise<Serving | NotServing> {
  const page = await readPage(options.pageFolder);
  if (page === null)
    return {
      kind: 'failed',
      cause: `The page is not built: there is no index.html in ${options.pageFolder}`,
      remedy: 'Run "npm run build", then start again.',
    };

  const server = createServer();
  const error = await listen(server, options.port);
  if (error !== null) return portFailure(error, options.port);
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : options.port;

  server.on('request', answerWith(page, port));
  const connections = connectFeed(server, { ...options, port, heartbeatMs: options.heartbeatMs ?? defaultHeartbeatMs });

  return {
    kind: 'serving',
    url: `http://${loopback}:${port}/#token=${options.token}`,
    port,
    async close(reason = 'glockscope was stopped') {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await connections.close(reason);
      server.closeAllConnections();
      await closed;
    },
  };
}

function listen(server: Server, port: number): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => {
    server.once('error', resolve);
    server.listen({ host: loopback, port }, () => {
      server.off('error', resolve);
      resolve(null);
    });
  });
}

function portFailure(error: NodeJS.ErrnoException, port: number): NotServing {
  const other = 'choose another with --port (--port 0 takes any free one).';
  switch (error.code) {
    case 'EADDRINUSE':
      return {
        kind: 'failed',
        cause: `Port ${port} on ${loopback} is in use`,
        remedy: `Stop what listens there, or ${other}`,
      };
    case 'EACCES':
      return {
        kind: 'failed',
        cause: `This user may not listen on port ${port}`,
        remedy: `Ports below 1024 belong to root: ${other}`,
      };
    default:
      return { kind: 'failed', cause: `Cannot listen on ${loopback}:${port}: ${error.message}`, remedy: `Or ${other}` };
  }
}
