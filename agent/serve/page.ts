/** The built page over HTTP: its files are read once, so that what is not in the map cannot be asked for. */
import { readdir, readFile } from 'node:fs/promises';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { extname, join, relative, sep } from 'node:path';
import { refuseHost } from './access.ts';

export interface PageFile {
  readonly body: Buffer;
  readonly type: string;
  readonly cacheControl: string;
}
/** By URL path, `/` for index.html. */
export type Page = ReadonlyMap<string, PageFile>;

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};

/** Reads the folder; null when it holds no index.html, that is when the page was never built. */
export async function readPage(folder: string): Promise<Page | null> {
  const files = new Map<string, PageFile>();
  for (const path of await listFiles(folder)) {
    const name = relative(folder, path).split(sep).join('/');
    files.set(name === 'index.html' ? '/' : `/${name}`, {
      body: await readFile(path),
      type: types[extname(name)] ?? 'application/octet-stream',
      // Vite puts a hash of the content into the name of all under assets/.
      cacheControl: name.startsWith('assets/') ? 'private, max-age=31536000, immutable' : 'no-cache',
    });
  }
  return files.has('/') ? files : null;
}

async function listFiles(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** Answers for the page on `port`, every answer under the same strict headers. */
export function answerWith(page: Page, port: number): RequestListener {
  const headers = securityHeaders(port);
  return (request, response) => {
    const refusal = refuseHost(request.headers.host, port);
    const file = page.get(pathOf(request));
    if (refusal !== null) sendText(response, refusal.status, headers, refusal.reason);
    else if (request.method !== 'GET' && request.method !== 'HEAD')
      sendText(response, 405, { ...headers, Allow: 'GET, HEAD' }, 'Only GET and HEAD.');
    else if (file === undefined) sendText(response, 404, headers, 'There is no such file in the page.');
    else {
      response.writeHead(200, {
        ...headers,
        'Content-Type': file.type,
        'Content-Length': file.body.length,
        'Cache-Control': file.cacheControl,
      });
      response.end(request.method === 'HEAD' ? undefined : file.body);
    }
  };
}

/** The request's path without its query. */
export const pathOf = (request: IncomingMessage): string => (request.url ?? '').split('?', 1)[0] ?? '';

type Headers = Readonly<Record<string, string>>;

function sendText(response: ServerResponse, status: number, headers: Headers, text: string): void {
  response.writeHead(status, {
    ...headers,
    'Content-Type': 'text/plain; charset=utf-8',
    'Cache-Control': 'no-store',
  });
  response.end(`${text}\n`);
}

const securityHeaders = (port: number): Headers => ({
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    `connect-src 'self' ws://127.0.0.1:${port} ws://localhost:${port}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
});
