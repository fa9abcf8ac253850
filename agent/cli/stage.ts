/** Puts publishers on a page: the server, its feed, and the tick that turns many records into one update. I/O. */

import { createFeed } from '../serve/feed.ts';
import { type NotServing, startServer } from '../serve/server.ts';
import { createToken } from '../serve/token.ts';
import type { Publisher } from '../session/publish.ts';
import type { Delta } from '../wire/state.ts';
import { pageFolder } from './paths.ts';
import { version } from './version.ts';

/** How often pages are told what is new, ms: well under what a reader notices, far above what a record costs. */
export const tickMs = 100;

export interface Stage {
  readonly kind: 'stage';
  /** Opens the page, token included. */
  readonly url: string;
  close(): Promise<void>;
}

export async function openStage(
  port: number,
  mode: 'live' | 'replay',
  publishers: () => readonly Publisher[],
): Promise<Stage | NotServing> {
  const feed = createFeed({ version, mode });
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  const server = await startServer({ port, token: createToken(), feed, pageFolder, log });
  if (server.kind === 'failed') return server;
  const publish = (): void => feed.publish(joined(publishers().map((publisher) => publisher.take())));
  const ticking = setInterval(publish, tickMs);
  return {
    kind: 'stage',
    url: server.url,
    close: async () => {
      clearInterval(ticking);
      publish();
      await server.close();
    },
  };
}

/** Several hosts' deltas as one; their entries carry their node. */
const joined = (deltas: readonly Delta[]): Delta => ({
  hosts: deltas.flatMap((delta) => delta.hosts),
  rates: deltas.flatMap((delta) => delta.rates),
  tasks: deltas.flatMap((delta) => delta.tasks),
  idle: deltas.flatMap((delta) => delta.idle),
  retries: deltas.flatMap((delta) => delta.retries),
  findings: deltas.flatMap((delta) => delta.findings),
  restarted: deltas.flatMap((delta) => delta.restarted),
});
