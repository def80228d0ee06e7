import { setImmediate as nextTurn } from 'node:timers/promises';

/** Lines as a response: headers at once, then the lines as they come; a client that goes away aborts. */
export function ndjson(lines: AsyncIterable<string>, client: AbortController): Response {
  const encoder = new TextEncoder();
  const iterator = lines[Symbol.asyncIterator]();
  let next = iterator.next();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const first = await next;
      if (first.done) return controller.close();
      // lines of one turn of the event loop go out together: each piece costs whoever writes and reads it more than its line
      const turn = nextTurn(null);
      let text = '';
      for (let line: IteratorResult<string> | null = first; line && !line.done; ) {
        text += line.value;
        next = iterator.next();
        const failed = next.catch(() => null); // thrown when these are told
        line = await Promise.race([failed, turn]);
      }
      controller.enqueue(encoder.encode(text));
    },
    cancel: () => client.abort(),
  });
  return new Response(body, { headers: { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' } });
}

export async function* asText(lines: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const line of lines) yield `${JSON.stringify(line)}\n`;
}
