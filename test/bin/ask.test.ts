import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { ask } from '../../bin/ask.ts';

const servers: ReturnType<typeof createServer>[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server that answers as the list says, one entry a request, and again as the last. */
async function serving(...answers: readonly ((request: IncomingMessage, response: ServerResponse) => void)[]) {
  let asked = 0;
  const server = createServer((request, response) => answers[Math.min(asked++, answers.length - 1)]!(request, response));
  servers.push(server);
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked: () => asked };
}

const post = (url: string, signal = new AbortController().signal) =>
  ask(url, { method: 'POST', body: '{"seed": 1}', signal, timeoutMs: 5000 });
const closes = ({ socket }: IncomingMessage) => void socket.destroy();
const busy = (_: IncomingMessage, response: ServerResponse) =>
  void response.writeHead(429, { 'retry-after': '0.01' }).end('busy');
/** Sends back what it was sent. */
const echoes = (request: IncomingMessage, response: ServerResponse) => void request.pipe(response);

test('a connection that is closed, and a server that is busy, are asked again with the same body', async () => {
  const { url, asked } = await serving(closes, busy, closes, echoes);
  expect(await (await post(url)).text()).toBe('{"seed": 1}');
  expect(asked()).toBe(4);
});

test('after five times the last response stands, and the last failure', async () => {
  const first = await serving(busy);
  const response = await post(first.url);
  expect([response.status, await response.text(), first.asked()]).toEqual([429, 'busy', 5]);
  const second = await serving(closes);
  await expect(post(second.url)).rejects.toThrow();
  expect(second.asked()).toBe(5);
});

test('any other status is not asked again, and neither is nobody', async () => {
  const { url, asked } = await serving((_, response) => void response.writeHead(503).end());
  expect((await post(url)).status).toBe(503);
  expect(asked()).toBe(1);
  servers.pop()!.close();
  await expect(post(url)).rejects.toThrow();
});

test('an abort ends it with its reason', async () => {
  const controller = new AbortController();
  const { url } = await serving(() => controller.abort(new Error('Ctrl-C')));
  await expect(post(url, controller.signal)).rejects.toThrow('Ctrl-C');
});
