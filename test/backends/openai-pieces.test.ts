/** Answers of a server of others, told as they are written. */
import { expect, test } from 'vitest';
import type { CandidateLine, GenerateLine, PieceLine } from '../../schemas/backend.ts';
import { linesOf, never, portOver, prefixOf, requestOf } from './openai-port.ts';
import { llamaCpp, StandIn, vllm } from './openai-stand-in.ts';

const piecesOf = (lines: readonly GenerateLine[], id: string): PieceLine[] =>
  lines.flatMap((line) => (line.type === 'piece' && line.id === id ? [line as PieceLine] : []));
const isCandidate = (line: GenerateLine): line is CandidateLine => line.type === 'candidate';

test.each([
  { name: 'one request a candidate', dialect: llamaCpp, n: false },
  { name: 'several answers in one', dialect: vllm, n: true },
])('pieces join to the answer of each candidate, and come before its line: $name', async ({ dialect, n }) => {
  for (let seed = 0; seed < 20; seed++) {
    const port = portOver(new StandIn(dialect).fetch, { config: { n, accepts: ['seed', 'logprobs'] } });
    const request = requestOf({ seed, prefixes: [prefixOf({ count: 4 })], ...(seed % 2 ? { top_logprobs: 1 } : {}) });
    const plain = await linesOf(port, request);
    const lines = await linesOf(port, { ...request, pieces: true });
    const sorted = (all: readonly GenerateLine[]) => all.filter(isCandidate).sort((a, b) => a.id.localeCompare(b.id));
    expect(sorted(lines)).toEqual(sorted(plain));
    expect(lines.at(-1)).toEqual(plain.at(-1));
    expect(plain.some(({ type }) => type === 'piece')).toBe(false);
    for (const { id, text, logprobs = [] } of lines.filter(isCandidate)) {
      const pieces = piecesOf(lines, id);
      expect(pieces.map((piece) => piece.text).join('')).toBe(text);
      const told = pieces.flatMap((piece) => piece.logprobs ?? []);
      expect(told).toEqual(logprobs.slice(0, told.length));
      expect(pieces.map(({ at }) => at)).toEqual(
        pieces.map((_, place) => pieces.slice(0, place).reduce((sum, piece) => sum + piece.token_count, 0)),
      );
      const end = lines.findIndex((line) => isCandidate(line) && line.id === id);
      expect(lines.slice(end).some((line) => line.type === 'piece' && line.id === id)).toBe(false);
    }
  }
});

test('a server that is not asked to stream tells none', async () => {
  const port = portOver(new StandIn(llamaCpp).fetch, { config: { stream: false } });
  const lines = await linesOf(port, requestOf({ pieces: true }));
  expect(lines.map(({ type }) => type)).toEqual(['candidate', 'done']);
});

/** A server that writes one word, and no more until it is told to or left. */
function slow() {
  const opened: AbortSignal[] = [];
  let more = () => {};
  const chunk = (delta: object, finish: string | null = null) =>
    new TextEncoder().encode(`data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`);
  const fetch = (_: string, { signal }: RequestInit) => {
    opened.push(signal!);
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(chunk({ content: 'one ' }));
        signal!.addEventListener('abort', () => controller.error(signal!.reason));
        more = () => {
          controller.enqueue(chunk({ content: 'two' }, 'stop'));
          controller.close();
        };
      },
    });
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  };
  return { fetch, opened, more: () => more() };
}

test('the first piece comes while the server still writes', async () => {
  const server = slow();
  const lines = portOver(server.fetch)
    .generate(requestOf({ pieces: true }), never)
    [Symbol.asyncIterator]();
  expect((await lines.next()).value).toEqual({ type: 'piece', id: '0.0', at: 0, token_count: 1, text: 'one ' });
  server.more();
  expect((await lines.next()).value).toMatchObject({ type: 'piece', at: 1, text: 'two' });
  expect((await lines.next()).value).toMatchObject({ type: 'candidate', text: 'one two' });
});

test('a consumer that has enough in the middle ends the requests, and no other one begins', async () => {
  const server = slow();
  const port = portOver(server.fetch, { config: { concurrency: 2 } });
  const request = requestOf({ pieces: true, prefixes: [prefixOf({ count: 5 })] });
  for await (const { type } of { [Symbol.asyncIterator]: () => port.generate(request, never)[Symbol.asyncIterator]() })
    if (type === 'piece') break;
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(server.opened.map(({ aborted }) => aborted)).toEqual([true, true]);
});
