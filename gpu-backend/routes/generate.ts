import type { Handler } from 'hono';
import { type GenerateLine, generateRequest } from '../../schemas/backend.ts';
import type { BackendPort } from '../../src/backends/port.ts';
import type { Recordings } from '../recordings.ts';
import { body } from './body.ts';

/** POST /generate: headers at once, then a line for each candidate as it ends, scores as they come, `done` last. */
export const generate =
  (port: BackendPort, recordings: Recordings, maxBodyBytes: number): Handler =>
  async (c) => {
    const request = await body(c, generateRequest, maxBodyBytes);
    const { key, deadline_ms: _, ...asked } = request; // a retry may have less time left
    const client = new AbortController();
    const lines = recordings.follow(
      `generate ${key}`,
      JSON.stringify(asked),
      (signal) => asText(port.generate(request, signal)),
      client.signal,
    );
    return new Response(stream(lines, client), {
      headers: { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' },
    });
  };

async function* asText(lines: AsyncIterable<GenerateLine>): AsyncGenerator<string> {
  for await (const line of lines) yield `${JSON.stringify(line)}\n`;
}

/** The lines as a response's body; a client that goes away aborts. */
function stream(lines: AsyncIterable<string>, client: AbortController): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const iterator = lines[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    cancel: () => client.abort(),
  });
}
