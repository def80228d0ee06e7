/** A backend that misbehaves as it is told; what it is told nothing about goes on to the real one. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Seen {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: { readonly key?: string; readonly [member: string]: unknown } | undefined;
  /** Resolves when the caller has gone before it was answered, or the answer is out. */
  readonly ended: Promise<'left' | 'answered'>;
}

/** Answers a request; `real` asks the real backend the same and gives its whole answer. */
export type Fault = (response: ServerResponse, real: () => Promise<Real>, seen: Seen) => unknown;

export interface Real {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  /** The lines of the text, each with its end. */
  readonly lines: readonly string[];
}

export interface StandIn {
  readonly url: string;
  /** Requests since the last `behave`, in order. */
  readonly seen: readonly Seen[];
  /** From now on the requests of a path are answered so: the first by the first fault, the last fault again and again. */
  behave(faults: Readonly<Record<string, readonly Fault[]>>): void;
  close(): Promise<void>;
}

export async function standIn(realUrl: string): Promise<StandIn> {
  let queues = new Map<string, Fault[]>();
  let seen: Seen[] = [];

  const server = createServer(async (request, response) => {
    const path = request.url ?? '';
    const text = await textOf(request);
    const ended = new Promise<'left' | 'answered'>((resolve) => {
      response.once('close', () => resolve(response.writableFinished ? 'answered' : 'left'));
    });
    const note: Seen = {
      path,
      authorization: request.headers.authorization,
      body: text === '' ? undefined : JSON.parse(text),
      ended,
    };
    seen.push(note);
    const real = () => ask(`${realUrl}${path}`, request.method ?? 'GET', text);
    const queue = queues.get(path) ?? [];
    const fault = queue.length > 1 ? queue.shift()! : (queue[0] ?? passOn);
    await fault(response, real, note);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get seen() {
      return seen;
    },
    behave(faults) {
      queues = new Map(Object.entries(faults).map(([path, list]) => [path, [...list]]));
      seen = [];
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return text;
}

async function ask(url: string, method: string, body: string): Promise<Real> {
  const init = method === 'GET' ? {} : { method, body, headers: { 'content-type': 'application/json' } };
  const response = await fetch(url, init);
  const text = await response.text();
  const type = response.headers.get('content-type') ?? '';
  return { status: response.status, type, text, lines: text.split(/(?<=\n)/) };
}

/** As the real one. */
export const passOn: Fault = async (response, real) => {
  const { status, type, text } = await real();
  response.writeHead(status, { 'content-type': type }).end(text);
};

const head = (response: ServerResponse) => response.writeHead(200, { 'content-type': 'application/x-ndjson' });

/** The real lines as `change` leaves them, and an orderly end. */
export const withLines =
  (change: (lines: readonly string[]) => readonly string[]): Fault =>
  async (response, real) => {
    head(response).end(change((await real()).lines).join(''));
  };

/** The first `count` lines, then the connection breaks. */
export const cutAfter =
  (count: number): Fault =>
  async (response, real) => {
    const { lines } = await real();
    head(response).flushHeaders();
    const sent = lines.slice(0, count).join('');
    if (sent !== '') await new Promise((resolve) => response.write(sent, resolve));
    await new Promise((resolve) => setTimeout(resolve, 50)); // what is written leaves before the reset overtakes it
    response.destroy();
  };

/** The first `count` lines, then nothing for as long as the caller waits. */
export const stallAfter =
  (count: number): Fault =>
  async (response, real) => {
    const { lines } = await real();
    head(response).flushHeaders();
    response.write(lines.slice(0, count).join(''));
  };

/** Never a byte. */
export const silence: Fault = () => {};

export const status =
  (code: number, body: unknown = '', headers: Readonly<Record<string, string>> = {}): Fault =>
  (response) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    response
      .writeHead(code, { 'content-type': typeof body === 'string' ? 'text/html' : 'application/json', ...headers })
      .end(text);
  };

/** A whole answer with status 200. */
export const text =
  (content: string): Fault =>
  (response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(content);
  };

/** Of the score answer, the JSON text of each value replaced by `value`. */
export const scoresOf =
  (value: string): Fault =>
  async (response, real) => {
    const { text: whole } = await real();
    response.writeHead(200, { 'content-type': 'application/json' }).end(whole.replace(/"value":[^,}]+/g, `"value":${value}`));
  };

/** A generation as of a backend that scores nothing that it writes: scores are asked for in a call of their own. */
export const unscored: Fault = withLines((lines) =>
  lines.flatMap((line) => {
    const { scored: _, ...read } = JSON.parse(line) as { readonly type: string; readonly scored?: unknown };
    return read.type === 'score' ? [] : [`${JSON.stringify(read)}\n`];
  }),
);

/** Of the lines of a generation, each score as `change` leaves it: undefined is one that does not come. */
export const scoreLines = (change: (score: { readonly id: string }, place: number) => object | undefined): Fault =>
  withLines((lines) => {
    let place = 0;
    return lines.flatMap((line) => {
      const { type, ...score } = JSON.parse(line) as { readonly type: string; readonly id: string };
      if (type !== 'score') return [line];
      const changed = change(score, place++);
      return changed ? [`${JSON.stringify({ ...changed, type })}\n`] : [];
    });
  });
