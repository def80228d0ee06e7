import { describe, expect, test } from 'vitest';
import { failureOf } from './collect.ts';
import {
  candidates,
  chatAnswer,
  DONE,
  delta,
  end,
  events,
  linesOf,
  never,
  portOver,
  prefixOf,
  requestOf,
  usage,
  usageOf,
} from './openai-port.ts';

const encoder = new TextEncoder();
const choice = (content: string) => ({ index: 0, message: { content }, finish_reason: 'stop' });
const four = requestOf({ prefixes: [prefixOf({ count: 4 })] });

/** A stream that gives parts and then does what `then` says; a fetch that is aborted errors it. */
function stream(
  parts: readonly object[],
  init: RequestInit,
  then: (controller: ReadableStreamDefaultController<Uint8Array>) => void = () => {},
): Response {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const part of parts) controller.enqueue(encoder.encode(`data: ${JSON.stringify(part)}\n\n`));
      init.signal?.addEventListener('abort', () => controller.error(init.signal!.reason));
      then(controller);
    },
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
}

/** Answers the requests by their number. */
const inTurn = (answer: (number: number, init: RequestInit) => Response | Promise<Response>) => {
  let number = 0;
  return (_: string, init: RequestInit) => answer(number++, init);
};

test('one that fails leaves the others, with what they spent', async () => {
  const port = portOver(
    inTurn((number) => (number === 1 ? Response.json({ error: 'no' }, { status: 400 }) : chatAnswer([choice(`text ${number}`)]))),
  );
  const all = await linesOf(port, four);
  expect(candidates(all).map(({ id, text }) => [id, text])).toEqual([
    ['0.0', 'text 0'],
    ['0.2', 'text 2'],
    ['0.3', 'text 3'],
  ]);
  expect(all.filter(({ type }) => type === 'error')).toMatchObject([{ id: '0.1', code: 'backend_error' }]);
  expect(usageOf(all)).toMatchObject({ completion_tokens: 9 });
  expect(usageOf(all)).not.toHaveProperty('unreported_tokens'); // a refusal comes before any work
});

test('where all fail, the most frequent failure is theirs', async () => {
  const port = portOver(inTurn((number) => new Response('{}', { status: number === 0 ? 400 : 401 })));
  const failure = await failureOf(linesOf(port, four));
  expect(failure).toMatchObject({ code: 'backend_error', mayHaveSpent: false });
  expect(failure.message).toContain('key');
});

test('where all are rate limited, so is the generation, with the time to wait', async () => {
  const port = portOver(() => new Response('{}', { status: 429, headers: { 'retry-after': '30' } }));
  await expect(linesOf(port, four)).rejects.toMatchObject({ code: 'rate_limit_exceeded', retryAfter: 30 });
});

test('a stream that is cut keeps what came; what it may have sampled beside is told as unreported', async () => {
  const port = portOver((_, init) =>
    stream([delta('on'), delta('e')], init, (controller) => controller.error(new Error('reset'))),
  );
  // an errored stream drops what is queued, so the cut comes after the reading
  const cut = portOver((_, init) =>
    stream([delta('on'), delta('e')], init, (controller) => setTimeout(() => controller.error(new Error('reset')), 20)),
  );
  const all = await linesOf(cut, requestOf());
  expect(candidates(all)).toMatchObject([{ text: 'one', finish: 'cancelled', token_count: 2 }]);
  expect(usageOf(all)).toMatchObject({ completion_tokens: 2, unreported_tokens: 30 });
  await expect(linesOf(port, requestOf())).rejects.toMatchObject({ code: 'backend_error', mayHaveSpent: true });
});

test('a stream that ends without its end is cut', async () => {
  const all = await linesOf(
    portOver(() => events(delta('one'))),
    requestOf(),
  );
  expect(candidates(all)).toMatchObject([{ text: 'one', finish: 'cancelled' }]);
});

test('a stream without [DONE] whose choices ended is whole', async () => {
  const all = await linesOf(
    portOver(() => events(delta('one'), end(), usage(2))),
    requestOf(),
  );
  expect(candidates(all)).toMatchObject([{ text: 'one', finish: 'stop', token_count: 2 }]);
  expect(usageOf(all)).not.toHaveProperty('unreported_tokens');
});

test('what has come when the time is up is kept as cut by the budget; what has not begun is a failure', async () => {
  const port = portOver(inTurn((number, init) => stream(number === 0 ? [delta('one')] : [], init)));
  const all = await linesOf(port, requestOf({ prefixes: [prefixOf({ count: 2 })], deadline_ms: 60 }));
  expect(candidates(all)).toMatchObject([{ id: '0.0', text: 'one', finish: 'budget' }]);
  expect(all.filter(({ type }) => type === 'error')).toMatchObject([{ id: '0.1', code: 'deadline_exceeded' }]);
  expect(usageOf(all)).toMatchObject({ completion_tokens: 1, unreported_tokens: 31 + 32 });
});

test('where nothing has come when the time is up, it is `deadline_exceeded`', async () => {
  const port = portOver((_, init) => stream([], init));
  await expect(linesOf(port, requestOf({ deadline_ms: 40 }))).rejects.toMatchObject({
    code: 'deadline_exceeded',
    mayHaveSpent: true,
  });
});

test('a stream that falls silent is given up, and ended at the server', async () => {
  let aborted = false;
  const port = portOver(
    (_, init) => {
      init.signal!.addEventListener('abort', () => {
        aborted = true;
      });
      return stream([delta('one')], init);
    },
    { config: { idle_ms: 100 } },
  );
  expect(candidates(await linesOf(port, requestOf()))).toMatchObject([{ text: 'one', finish: 'cancelled' }]);
  expect(aborted).toBe(true);
});

test('comments keep a stream alive', async () => {
  const slow = (_: string, init: RequestInit) =>
    stream([], init, (controller) => {
      let beats = 0;
      const beat = setInterval(() => {
        controller.enqueue(encoder.encode(': ping\n\n'));
        if (++beats < 8) return;
        clearInterval(beat);
        controller.enqueue(encoder.encode(`data: ${JSON.stringify(delta('one', { finish_reason: 'stop' }))}\n\n${DONE}`));
        controller.close();
      }, 40);
    });
  const port = portOver(slow, { config: { idle_ms: 160 } });
  expect(candidates(await linesOf(port, requestOf()))).toMatchObject([{ text: 'one', finish: 'stop' }]);
});

describe('a caller that leaves', () => {
  const open = () => {
    const signals: AbortSignal[] = [];
    const port = portOver((_, init) => {
      signals.push(init.signal!);
      return stream([delta('one')], init);
    });
    return { port, signals };
  };

  test('ends every request at the server', async () => {
    const { port, signals } = open();
    const leaving = new AbortController();
    const working = linesOf(port, four, leaving.signal);
    await new Promise((resolve) => setTimeout(resolve, 30));
    leaving.abort();
    await expect(working).rejects.toMatchObject({ code: 'deadline_exceeded' });
    expect(signals).toHaveLength(4);
    expect(signals.every(({ aborted }) => aborted)).toBe(true);
  });

  test('by reading no further ends the requests that are open, and no more begin', async () => {
    let asked = 0;
    const signals: AbortSignal[] = [];
    const port = portOver(
      (_, init) => {
        asked += 1;
        signals.push(init.signal!);
        return asked === 1 ? chatAnswer([choice('one')]) : stream([delta('two')], init);
      },
      { config: { concurrency: 2 } },
    );
    for await (const line of port.generate(requestOf({ prefixes: [prefixOf({ count: 9 })] }), never)) {
      expect(line).toMatchObject({ id: '0.0' });
      break;
    }
    expect(asked).toBeLessThanOrEqual(3);
    expect(signals.slice(1).every(({ aborted }) => aborted)).toBe(true);
  });
});

test.each([
  {
    name: 'refuses connections',
    error: Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } }),
    stream: false,
    code: 'backend_unreachable',
    mayHaveSpent: false,
  },
  {
    name: 'cannot be reached, before a stream',
    error: new TypeError('fetch failed'),
    stream: true,
    code: 'backend_unreachable',
    mayHaveSpent: false,
  },
  {
    name: 'drops the connection of an answer that is not streamed',
    error: new TypeError('fetch failed'),
    stream: false,
    code: 'backend_error',
    mayHaveSpent: true,
  },
])('a server that $name: $code', async ({ error, stream, code, mayHaveSpent }) => {
  let calls = 0;
  const port = portOver(
    () => {
      calls += 1;
      throw error;
    },
    { config: { stream } },
  );
  expect(await failureOf(linesOf(port, requestOf()))).toMatchObject({ code, mayHaveSpent });
  expect(calls).toBe(mayHaveSpent ? 1 : 3);
});

test('models are those that it lists, with the context where it says one', async () => {
  const port = portOver(() =>
    Response.json({ data: [{ id: 'a', max_model_len: 512 }, { id: 'b', meta: { n_ctx: 2048 } }, { id: 'c' }] }),
  );
  expect((await port.models(never)).map(({ name, kind, context }) => [name, kind, context])).toEqual([
    ['a', 'policy', 512],
    ['b', 'policy', 2048],
    ['c', 'policy', 0],
  ]);
  await expect(portOver(() => Response.json([])).models(never)).rejects.toMatchObject({ code: 'backend_error' });
});

test.each([
  { name: 'answers', answer: () => Response.json({ data: [] }), ready: true },
  { name: 'has no list of models', answer: () => new Response('{}', { status: 404 }), ready: true },
  { name: 'refuses the key', answer: () => new Response('{}', { status: 401 }), ready: false },
  { name: 'is loading', answer: () => new Response('{}', { status: 503 }), ready: false },
  { name: 'is not there', answer: () => Promise.reject(new TypeError('fetch failed')), ready: false },
])('a server that $name is ready: $ready', async ({ answer, ready }) => {
  expect(await portOver(answer).ready(never)).toBe(ready);
});
