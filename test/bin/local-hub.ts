/** A hub on loopback that speaks as the real one does: its API, redirects to a CDN of another origin, ranges, and its faults. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HubFile {
  readonly content: Buffer;
  /** Large files are Git LFS: they have a SHA-256, and come from the CDN. */
  readonly lfs?: boolean;
  /** What is really sent; `content` is what the list says. */
  readonly sent?: Buffer;
}

export interface Faults {
  /** The first so many answers of each CDN file end after this many bytes. */
  cutAfter?: number;
  cuts?: number;
  /** The first so many requests to the API are answered 429. */
  rateLimited?: number;
  /** Seconds or a date, with those. */
  retryAfter?: string;
  /** Answers 200 and everything, whatever the range. */
  ignoresRange?: boolean;
  /** Sends headers, then nothing. */
  silent?: boolean;
  /** Answers every API request with this status. */
  status?: number;
  /** Body of the API in place of the real one. */
  body?: string;
  /** Only who sends it may read. */
  token?: string;
  /** Entries that the list has besides. */
  extra?: readonly object[];
  /** Entries on one page of the list. */
  pageSize?: number;
}

export interface Seen {
  readonly where: 'hub' | 'cdn';
  readonly url: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

export const COMMIT = 'c0ffee00'.repeat(5);
const REPOSITORY = 'tiny/model';

export interface LocalHub {
  readonly endpoint: string;
  readonly seen: Seen[];
  readonly files: Map<string, HubFile>;
  faults: Faults;
  stop(): Promise<void>;
}

export async function startHub(files: Readonly<Record<string, HubFile | string>>): Promise<LocalHub> {
  const cdn = createServer();
  const server = createServer();
  const cdnOrigin = await listen(cdn);
  const endpoint = await listen(server);
  const hub: LocalHub = {
    endpoint,
    seen: [],
    files: new Map(
      Object.entries(files).map(([path, file]) => [path, typeof file === 'string' ? { content: Buffer.from(file) } : file]),
    ),
    faults: {},
    stop: async () => {
      for (const each of [server, cdn]) {
        each.closeAllConnections();
        await new Promise((resolve) => each.close(resolve));
      }
    },
  };
  const cuts = new Map<string, number>();
  server.on('request', (request, response) => {
    hub.seen.push(seen('hub', request));
    answer(hub, cdnOrigin, request, response);
  });
  cdn.on('request', (request, response) => {
    hub.seen.push(seen('cdn', request));
    const path = decodeURIComponent(request.url!.slice(1));
    const file = hub.files.get(path)!;
    const cut = cuts.get(path) ?? 0;
    cuts.set(path, cut + 1);
    send(file, request, response, hub.faults, cut < (hub.faults.cuts ?? 0) ? hub.faults.cutAfter : undefined);
  });
  return hub;
}

function answer(hub: LocalHub, cdnOrigin: string, request: IncomingMessage, response: ServerResponse): unknown {
  const { faults } = hub;
  const url = new URL(request.url!, hub.endpoint);
  const refuse = (status: number, code: string, error: string, headers = {}) =>
    response
      .writeHead(status, { 'content-type': 'application/json', 'x-error-code': code, ...headers })
      .end(JSON.stringify({ error }));
  if ((faults.rateLimited ?? 0) > 0) {
    faults.rateLimited!--;
    return refuse(
      429,
      'TooManyRequests',
      'We had to rate limit you',
      faults.retryAfter ? { 'retry-after': faults.retryAfter } : {},
    );
  }
  if (faults.status) return response.writeHead(faults.status).end(faults.body ?? '');
  if (faults.body !== undefined) return response.writeHead(200, { 'content-type': 'text/html' }).end(faults.body);
  if (faults.token && request.headers.authorization !== `Bearer ${faults.token}`) {
    return refuse(401, 'RepoNotFound', `Invalid username or password: ${request.headers.authorization ?? 'none'}`);
  }
  const known = ['main', 'refs/pr/1', COMMIT];
  const [, kind, revision = ''] = new RegExp(`^/api/models/${REPOSITORY}/(revision|tree)/([^/]+)$`).exec(url.pathname) ?? [];
  if (kind && !known.includes(decodeURIComponent(revision)))
    return refuse(404, 'RevisionNotFound', `Invalid rev id: ${revision}`);
  if (kind === 'revision') {
    const found = {
      _id: '1',
      id: REPOSITORY,
      sha: COMMIT,
      private: false,
      gated: false,
      downloads: 1,
      likes: 0,
      lastModified: '2025-01-01',
    };
    return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(found));
  }
  if (kind === 'tree') return list(hub, url, response);
  const prefix = `/${REPOSITORY}/resolve/${COMMIT}/`;
  if (!url.pathname.startsWith(prefix)) return refuse(404, 'RepoNotFound', 'Repository not found');
  const path = decodeURIComponent(url.pathname.slice(prefix.length));
  const file = hub.files.get(path);
  if (!file) return refuse(404, 'EntryNotFound', 'Entry not found');
  if (!file.lfs) return send(file, request, response, faults);
  return response
    .writeHead(302, { location: `${cdnOrigin}/${encodeURIComponent(path)}`, 'x-linked-size': file.content.length })
    .end();
}

/** The tree, in pages as the Link header leads on. */
function list({ files, faults, endpoint }: LocalHub, url: URL, response: ServerResponse): void {
  const entries = [
    { type: 'directory', oid: '0'.repeat(40), size: 0, path: 'onnx' },
    ...[...files].map(([path, { content, lfs }]) => ({
      type: 'file',
      oid: gitOid(content),
      size: content.length,
      path,
      ...(lfs
        ? { lfs: { oid: createHash('sha256').update(content).digest('hex'), size: content.length, pointerSize: 134 } }
        : {}),
    })),
    ...(faults.extra ?? []),
  ];
  const size = faults.pageSize ?? 1000;
  const from = Number(url.searchParams.get('cursor') ?? 0);
  const next = new URL(url);
  next.searchParams.set('cursor', String(from + size));
  const link = from + size < entries.length ? { link: `<${endpoint}${next.pathname}${next.search}>; rel="next"` } : {};
  response.writeHead(200, { 'content-type': 'application/json', ...link }).end(JSON.stringify(entries.slice(from, from + size)));
}

export const gitOid = (content: Buffer): string =>
  createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');

/** A file's bytes, as asked for by Range, cut where a fault says so. */
function send(
  { content, sent = content }: HubFile,
  request: IncomingMessage,
  response: ServerResponse,
  faults: Faults,
  cut?: number,
): unknown {
  const [, start] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
  const offset = start && !faults.ignoresRange ? Number(start) : 0;
  const body = sent.subarray(offset);
  const range = start && !faults.ignoresRange ? { 'content-range': `bytes ${offset}-${sent.length - 1}/${sent.length}` } : {};
  response.writeHead('content-range' in range ? 206 : 200, { etag: '"1"', 'content-length': body.length, ...range });
  if (faults.silent) return response.flushHeaders();
  if (cut === undefined) return response.end(body);
  return response.write(body.subarray(0, cut), () => response.destroy());
}

const seen = (where: Seen['where'], { url, headers }: IncomingMessage): Seen => ({
  where,
  url: url!,
  range: headers.range,
  authorization: headers.authorization,
});

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
