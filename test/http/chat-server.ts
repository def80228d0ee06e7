/** A server of others that speaks OpenAI's chat, on loopback; what it says is scripted. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly max_tokens: number;
  readonly n?: number;
}

export interface ChatServer {
  /** Its base URL, as a backend of the config has it. */
  readonly url: string;
  /** What was asked for so far, in order. */
  readonly paths: string[];
  close(): void;
}

/** @param answer  the body of the answer to a request */
export async function chatServer(answer: (request: ChatRequest) => object): Promise<ChatServer> {
  const paths: string[] = [];
  const server = createServer(async (request, response) => {
    const { url: path = '' } = request;
    paths.push(path);
    const body = await text(request);
    const said = path.endsWith('/models') ? { object: 'list', data: [{ id: 'judge' }] } : answer(JSON.parse(body));
    response.setHeader('content-type', 'application/json').end(JSON.stringify(said));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return { url: `http://127.0.0.1:${port}/v1`, paths, close: () => void server.close() };
}
