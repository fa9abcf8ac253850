import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { createFeed, type Feed } from '../../../agent/serve/feed.ts';
import { type Serving, startServer } from '../../../agent/serve/server.ts';
import { createToken } from '../../../agent/serve/token.ts';
import { decodeServerMessage, encode, type ServerMessage, subprotocol } from '../../../agent/wire/message.ts';
import { type Delta, emptyDelta } from '../../../agent/wire/state.ts';
import { nanos, tid } from '../../../agent/wire/units.ts';

const token = createToken();
let folder: string;
let open: Serving[] = [];
let logged: string[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'glockscope-page-'));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>page</title>');
  await writeFile(join(folder, 'assets', 'main-abc.js'), 'export {};');
  await writeFile(`${folder}-secret`, 'outside');
  logged = [];
});

afterEach(async () => {
  await Promise.all(open.map((server) => server.close()));
  open = [];
  await rm(folder, { recursive: true });
  await rm(`${folder}-secret`);
});

async function serve(feed: Feed = createFeed({ version: '1', mode: 'live' }), more: object = {}): Promise<Serving> {
  const log = (line: string) => logged.push(line);
  const server = await startServer({ port: 0, token, feed, pageFolder: folder, log, ...more });
  if (server.kind !== 'serving') throw new Error(`${server.cause} ${server.remedy}`);
  open.push(server);
  return server;
}

interface Got {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}
function get(port: number, path: string, options: { host?: string; method?: string } = {}): Promise<Got> {
  const headers = { host: options.host ?? `127.0.0.1:${port}` };
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: '127.0.0.1', port, path, method: options.method ?? 'GET', headers, agent: false },
      (response) => {
        let body = '';
        response.on('data', (chunk) => {
          body += String(chunk);
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
      },
    );
    asked.on('error', reject);
    asked.end();
  });
}

interface Knock {
  readonly path?: string;
  readonly protocols?: string[];
  readonly origin?: string | null;
  readonly host?: string;
}
function knock(port: number, how: Knock = {}): WebSocket {
  const origin = how.origin === undefined ? `http://127.0.0.1:${port}` : how.origin;
  return new WebSocket(`ws://127.0.0.1:${port}${how.path ?? '/ws'}`, how.protocols ?? [subprotocol, `token.${token}`], {
    headers: { host: how.host ?? `127.0.0.1:${port}` },
    ...(origin === null ? {} : { origin }),
  });
}

/** A client that keeps and acknowledges all that it gets. */
function follow(ws: WebSocket, options: { acknowledge: boolean } = { acknowledge: true }) {
  const got: ServerMessage[] = [];
  let wake: () => void = () => undefined;
  let closed: { code: number; reason: string } | null = null;
  ws.on('message', (data) => {
    const message = decodeServerMessage(String(data));
    if (message.kind === 'wire-error') throw new Error(`the server sent nonsense at ${message.path}`);
    got.push(message);
    if ('seq' in message && options.acknowledge) ws.send(encode({ kind: 'seen', seq: message.seq }));
    wake();
  });
  ws.on('close', (code, reason) => {
    closed = { code, reason: String(reason) };
    wake();
  });
  ws.on('error', () => wake());
  return {
    got,
    get closed() {
      return closed;
    },
    async until(condition: () => boolean): Promise<void> {
      while (!condition()) await new Promise<void>((resolve) => (wake = resolve));
    },
    get last(): number {
      return got.reduce((seq, message) => ('seq' in message ? message.seq : seq), -1);
    },
  };
}

function refusal(ws: WebSocket): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    ws.on('open', () => reject(new Error('it was let in')));
    ws.on('error', reject);
    ws.on('unexpected-response', (_request, response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += String(chunk);
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
  });
}

const tick = (second: number): Delta => ({
  ...emptyDelta(),
  rates: [{ node: 'n1', second, acquisitions: 1, faults: 0, mkwrites: 0, ioCalls: 0, retries: 0, efaults: 0, lost: 0 }],
});
/** About a megabyte, and always the same tasks: the state does not grow. */
const heavyTick = (): Delta => ({
  ...emptyDelta(),
  tasks: Array.from({ length: 256 }, (_, n) => ({
    node: 'n1',
    tid: tid(n + 1),
    tgid: n + 1,
    comm: 'x'.repeat(4096),
    frames: [],
    unsure: false,
    lastNs: nanos(0),
  })),
});

test('the page is served with its types and under headers that let it load nothing from elsewhere', async () => {
  const { port, url } = await serve();
  expect(url).toBe(`http://127.0.0.1:${port}/#token=${token}`);
  const page = await get(port, '/?x=1');
  expect(page).toMatchObject({ status: 200, body: '<!doctype html><title>page</title>' });
  expect(page.headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-cache',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cross-origin-opener-policy': 'same-origin',
    'content-security-policy':
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
      `connect-src 'self' ws://127.0.0.1:${port} ws://localhost:${port}; base-uri 'none'; form-action 'none'; ` +
      "frame-ancestors 'none'",
  });
  const script = await get(port, '/assets/main-abc.js', { host: `localhost:${port}` });
  expect(script.status).toBe(200);
  expect(script.headers['content-type']).toBe('text/javascript; charset=utf-8');
  expect(script.headers['cache-control']).toMatch(/immutable/);
});

test.each([
  '/../secret',
  '/..%2fsecret',
  '/assets/../../secret',
  '//etc/passwd',
  '/assets',
  '/none',
  '/%00',
  '/index.html/..',
])('the path %s leads nowhere', async (path) => {
  const { port } = await serve();
  const answer = await get(port, path.replace('secret', `${folder.split('/').at(-1)}-secret`));
  expect(answer.status).toBe(404);
  expect(answer.body).not.toContain('outside');
  expect(answer.headers['x-content-type-options']).toBe('nosniff');
});

test('only GET and HEAD are answered', async () => {
  const { port } = await serve();
  expect((await get(port, '/', { method: 'POST' })).status).toBe(405);
  const head = await get(port, '/', { method: 'HEAD' });
  expect(head).toMatchObject({ status: 200, body: '' });
});

test.each([
  'evil.example',
  'evil.example:PORT',
  '127.0.0.1',
  '127.0.0.1:1',
  'localhost.evil.example:PORT',
  '[::1]:PORT',
])('a page that reaches us under the name %s is turned away, over HTTP and WebSocket', async (name) => {
  const { port } = await serve();
  const host = name.replace('PORT', String(port));
  expect((await get(port, '/', { host })).status).toBe(421);
  expect(await refusal(knock(port, { host }))).toMatchObject({ status: 421, body: expect.stringContaining('ssh -L') });
});

test.each<readonly [what: string, how: Knock, status: number, body: RegExp]>([
  ['with the Origin of another site', { origin: 'http://evil.example' }, 403, /Origin/],
  ['with our name but another port as Origin', { origin: 'http://127.0.0.1:1' }, 403, /Origin/],
  ['with the Origin null', { origin: 'null' }, 403, /Origin/],
  ['without an Origin', { origin: null }, 403, /Origin/],
  ['without our subprotocol', { protocols: [`token.${token}`] }, 403, /subprotocol/],
  ['without a token', { protocols: [subprotocol] }, 401, /No token/],
  ['with an empty token', { protocols: [subprotocol, 'token.'] }, 401, /another run/],
  ['with the token of another run', { protocols: [subprotocol, `token.${createToken()}`] }, 401, /another run/],
  ['with a part of the token', { protocols: [subprotocol, `token.${token.slice(1)}`] }, 401, /another run/],
  ['at another path', { path: '/' }, 404, /\/ws/],
])('a WebSocket %s is refused in words', async (_what, how, status, body) => {
  const feed = createFeed({ version: '1', mode: 'live' });
  const { port } = await serve(feed);
  expect(await refusal(knock(port, how))).toEqual({ status, body: expect.stringMatching(body) });
  expect(feed.counts.clients).toBe(0);
});

test('the token is in no log line and in no response', async () => {
  const { port } = await serve();
  const page = await get(port, '/');
  await refusal(knock(port, { origin: 'http://evil.example' }));
  await refusal(knock(port, { protocols: [subprotocol, `token.${token}x`] }));
  expect(logged.length).toBeGreaterThan(0);
  expect(`${logged.join()}${JSON.stringify(page)}`).not.toContain(token);
});

test('a page gets hello, a snapshot and then every update without a gap', async () => {
  const feed = createFeed({ version: '4.5.6', mode: 'replay' });
  feed.publish(tick(1));
  const { port } = await serve(feed);
  const page = follow(knock(port));
  await page.until(() => page.last === 1);
  for (let second = 2; second <= 40; second++) feed.publish(tick(second));
  await page.until(() => page.last === 40);
  expect(page.got[0]).toEqual({ kind: 'hello', protocol: 1, version: '4.5.6', mode: 'replay' });
  expect(page.got.slice(1).map((message) => `${message.kind} ${'seq' in message ? message.seq : ''}`)).toEqual([
    'snapshot 1',
    ...Array.from({ length: 39 }, (_, n) => `update ${n + 2}`),
  ]);
});

test('a stalled page is cut off and resynchronised while another gets everything, and memory stays bounded', async () => {
  const limits = { bufferedBytes: 256 * 1024, unseenUpdates: 1000 };
  const feed = createFeed({ version: '1', mode: 'live', limits });
  const buffers: (() => number)[] = [];
  const watched: Feed = {
    ...feed,
    attachClient: (client) => {
      buffers.push(client.bufferedBytes);
      return feed.attachClient(client);
    },
  };
  const { port } = await serve(watched);
  const quick = follow(knock(port));
  await quick.until(() => quick.last === 0);
  const stalledSocket = knock(port);
  const stalled = follow(stalledSocket);
  await stalled.until(() => stalled.last === 0);

  stalledSocket.pause();
  const most = 48;
  for (let n = 1; n <= most; n++) {
    feed.publish(heavyTick());
    await quick.until(() => quick.last === n);
    // What left the limit open, plus the one message that passed it.
    for (const buffered of buffers) expect(buffered()).toBeLessThan(limits.bufferedBytes + 1.5 * 1024 * 1024);
  }
  expect(feed.counts.stalls).toBe(1);
  expect(quick.got.filter((message) => message.kind === 'update')).toHaveLength(most);

  stalledSocket.resume();
  await stalled.until(() => stalled.last === most);
  const seqs = stalled.got.flatMap((message) => (message.kind === 'update' ? [message.seq] : []));
  expect(seqs).toEqual(seqs.map((_, n) => n + 1));
  expect(seqs.length).toBeLessThan(most);
  expect(stalled.got.at(-1)).toMatchObject({ kind: 'snapshot', seq: most });
  feed.publish(tick(1));
  await stalled.until(() => stalled.last === most + 1);
  expect(stalled.got.at(-1)?.kind).toBe('update');
});

test('a message that is none, or far too long, closes the connection and no other', async () => {
  const feed = createFeed({ version: '1', mode: 'live' });
  const { port } = await serve(feed);
  const sane = follow(knock(port));
  const [binarySocket, hugeSocket] = [knock(port), knock(port)];
  const [binary, huge] = [follow(binarySocket), follow(hugeSocket)];
  for (const each of [sane, binary, huge]) await each.until(() => each.last === 0);
  const garbledSocket = knock(port);
  const refused = follow(garbledSocket);
  await refused.until(() => refused.last === 0);
  garbledSocket.send('{"kind":"seen"}');
  binarySocket.send(Buffer.from(encode({ kind: 'resync' })));
  hugeSocket.send('x'.repeat(64 * 1024 + 1));
  for (const each of [refused, binary, huge]) await each.until(() => each.closed !== null);
  expect(refused.closed).toMatchObject({ code: 1008, reason: expect.stringContaining('seq') });
  expect(binary.closed).toMatchObject({ code: 1008 });
  expect(huge.closed).toMatchObject({ code: 1009 });
  feed.publish(tick(1));
  await sane.until(() => sane.last === 1);
  expect(sane.closed).toBeNull();
});

test('one page more than the limit is told why', async () => {
  const feed = createFeed({ version: '1', mode: 'live', limits: { clients: 1 } });
  const { port } = await serve(feed);
  const first = follow(knock(port));
  await first.until(() => first.last === 0);
  const second = follow(knock(port));
  await second.until(() => second.closed !== null);
  expect(second.closed).toEqual({ code: 1013, reason: '1 pages are open already: close one of them' });
});

test('a page that answers no ping is let go, one that does stays', async () => {
  const feed = createFeed({ version: '1', mode: 'live' });
  const { port } = await serve(feed, { heartbeatMs: 150 });
  const living = knock(port);
  let pings = 0;
  living.on('ping', () => {
    pings++;
  });
  const alive = follow(living);
  await alive.until(() => alive.last === 0);
  // A raw socket shakes hands and then says nothing more, not even a pong.
  const dead = connect(port, '127.0.0.1');
  dead.write(
    [
      'GET /ws HTTP/1.1',
      `Host: 127.0.0.1:${port}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      `Origin: http://127.0.0.1:${port}`,
      `Sec-WebSocket-Protocol: ${subprotocol}, token.${token}`,
      '',
      '',
    ].join('\r\n'),
  );
  dead.resume();
  await new Promise<void>((resolve) => dead.on('close', () => resolve()));
  expect(logged).toContain('a page stopped answering and was let go');
  expect(pings).toBeGreaterThan(0);
  expect(alive.closed).toBeNull();
  await expect.poll(() => feed.counts.clients).toBe(1);
});

test('closing tells every page why and frees the port, even while one does not listen', async () => {
  const server = await serve();
  const deafSocket = knock(server.port);
  const deaf = follow(deafSocket);
  const page = follow(knock(server.port));
  await deaf.until(() => deaf.last === 0);
  await page.until(() => page.last === 0);
  deafSocket.pause();
  await server.close('the recording ended');
  await page.until(() => page.closed !== null);
  expect(page.got.at(-1)).toEqual({ kind: 'bye', reason: 'the recording ended' });
  expect(page.closed).toMatchObject({ code: 1001 });
  deafSocket.resume();
  await serve(undefined, { port: server.port });
});

test('a port in use is named, with the way out', async () => {
  const { port } = await serve();
  const feed = createFeed({ version: '1', mode: 'live' });
  const second = await startServer({ port, token, feed, pageFolder: folder, log: (line) => logged.push(line) });
  expect(second).toEqual({
    kind: 'failed',
    cause: `Port ${port} on 127.0.0.1 is in use`,
    remedy: expect.stringContaining('--port 0'),
  });
});

test('a page that was never built is said to be so, with the way out', async () => {
  const feed = createFeed({ version: '1', mode: 'live' });
  const pageFolder = join(folder, 'none');
  const failed = await startServer({ port: 0, token, feed, pageFolder, log: (line) => logged.push(line) });
  expect(failed).toMatchObject({ kind: 'failed', remedy: expect.stringContaining('npm run build') });
});

test('a token is 64 hex digits and never the same twice', () => {
  const tokens = Array.from({ length: 20 }, createToken);
  for (const each of tokens) expect(each).toMatch(/^[0-9a-f]{64}$/);
  expect(new Set(tokens).size).toBe(20);
});
