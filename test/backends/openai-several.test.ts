/** Several answers of one request (`n`): whether a server gives them, how their tokens are counted, what it may do instead. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Choice } from '../../src/backends/openai/answers.ts';
import { Answers } from '../../src/backends/openai/answers.ts';
import { countTokens } from '../../src/backends/openai/counts.ts';
import type { Learned } from '../../src/backends/openai/learned.ts';
import {
  candidates,
  chatAnswer,
  DONE,
  delta,
  end,
  events,
  linesOf,
  portOver,
  prefixOf,
  requestOf,
  usage,
  usageOf,
} from './openai-port.ts';
import { llamaCpp, openAi, StandIn, vllm } from './openai-stand-in.ts';

const five = requestOf({ prefixes: [prefixOf({ count: 5 })] });
const choice = (index: number | null, content: string, finish_reason = 'stop') => ({
  index,
  message: { content },
  finish_reason,
});
const learning = { n: undefined } as never; // the default of the config: it is tried

test('with `n` one request asks for all candidates of a prefix, in parts of `max_n`', async () => {
  const server = new StandIn(openAi);
  const all = await linesOf(portOver(server.fetch, { config: { n: true, max_n: 2 } }), five);
  expect(server.asked.map(({ body }) => body.n ?? 1)).toEqual([2, 2, 1]);
  expect(new Set(server.asked.map(({ body }) => body.seed)).size).toBe(3);
  expect(candidates(all).map(({ id }) => id)).toEqual(['0.0', '0.1', '0.2', '0.3', '0.4']);
});

test('a server of which nothing is said is tried once, by two short answers', async () => {
  const server = new StandIn(vllm);
  const learned: Learned = {};
  const port = portOver(server.fetch, { config: learning, learned });
  await linesOf(port, five);
  await linesOf(port, five);
  expect(server.asked.map(({ body }) => [body.n, body.max_tokens])).toEqual([
    [2, 8],
    [5, 32],
    [5, 32],
  ]);
  expect(server.asked[0]!.body.messages).not.toEqual(five.prompt);
  expect(learned).toEqual({ several: true });
});

test('one that ignores `n` is asked for each candidate from then on', async () => {
  const server = new StandIn(llamaCpp);
  const learned: Learned = {};
  const all = await linesOf(portOver(server.fetch, { config: learning, learned }), five);
  expect(server.asked.map(({ body }) => body.n ?? 1)).toEqual([2, 1, 1, 1, 1, 1]);
  expect(candidates(all)).toHaveLength(5);
  expect(learned).toEqual({ several: false });
});

test('one candidate needs no trial, and a server that was busy is tried again', async () => {
  const server = new StandIn(vllm);
  await linesOf(portOver(server.fetch, { config: learning }), requestOf());
  expect(server.asked).toHaveLength(1);
  const learned: Learned = {};
  let calls = 0;
  const busy = portOver(
    () => (calls++ === 0 ? new Response('{}', { status: 429, headers: { 'retry-after': '9' } }) : chatAnswer([choice(0, 'one')])),
    { config: learning, learned },
  );
  expect(candidates(await linesOf(busy, five))).toHaveLength(5);
  expect(learned).toEqual({});
});

test.each([
  { name: 'refuses it', answer: () => Response.json({ error: { message: 'n must be 1' } }, { status: 400 }) },
  { name: 'repeats one answer', answer: () => chatAnswer([choice(0, 'one'), choice(1, 'one')]) },
  {
    name: 'counts one of two',
    answer: () =>
      chatAnswer([choice(0, 'one', 'length'), choice(1, 'two', 'length')], { usage: { prompt_tokens: 5, completion_tokens: 8 } }),
  },
  { name: 'does not count', answer: () => chatAnswer([choice(0, 'one'), choice(1, 'two')], { usage: null }) },
])('a server that $name is taken to give one answer', async ({ answer }) => {
  const asked: unknown[] = [];
  const port = portOver(
    (_, init) => {
      asked.push((JSON.parse(String(init.body)) as { n?: number }).n ?? 1);
      return asked.length === 1 ? answer() : chatAnswer([choice(0, 'one')]);
    },
    { config: learning },
  );
  await linesOf(port, five);
  expect(asked).toEqual([2, 1, 1, 1, 1, 1]);
});

test('fewer answers than were asked for: the rest is asked for one by one', async () => {
  const asked: Record<string, unknown>[] = [];
  const learned: Learned = {};
  const port = portOver(
    (_, init) => {
      asked.push(JSON.parse(String(init.body)) as Record<string, unknown>);
      return asked.length === 1
        ? chatAnswer([choice(0, 'one'), choice(1, 'two')])
        : chatAnswer([choice(0, `more ${asked.length}`)]);
    },
    { config: { n: true }, learned },
  );
  const all = await linesOf(port, five);
  expect(candidates(all).map(({ id, text }) => [id, text])).toEqual([
    ['0.0', 'one'],
    ['0.1', 'two'],
    ['0.2', 'more 2'],
    ['0.3', 'more 3'],
    ['0.4', 'more 4'],
  ]);
  expect(asked.map(({ n = 1 }) => n)).toEqual([5, 1, 1, 1]);
  expect(usageOf(all)).toMatchObject({ completion_tokens: 12 });
  expect(learned).toEqual({ several: false });
});

test.each([
  { name: 'out of order', indexes: [2, 0, 1], texts: ['b', 'c', 'a'] },
  { name: 'all of the same number', indexes: [0, 0, 0], texts: ['a', 'b', 'c'] },
  { name: 'without numbers', indexes: [null, null, null], texts: ['a', 'b', 'c'] },
])('choices that are $name', async ({ indexes, texts }) => {
  const answer = () => chatAnswer(['a', 'b', 'c'].map((text, place) => choice(indexes[place]!, text)));
  const all = await linesOf(portOver(answer, { config: { n: true } }), requestOf({ prefixes: [prefixOf({ count: 3 })] }));
  expect(candidates(all).map(({ text }) => text)).toEqual(texts);
});

const streamed = (parts: readonly (string | object)[]) =>
  linesOf(
    portOver(() => events(...parts), { config: { n: true } }),
    requestOf({ prefixes: [prefixOf({ count: 2 })] }),
  );
const at = (index: number, part: { choices: object[] }, more: object = {}) => ({
  ...part,
  choices: part.choices.map((one) => ({ ...one, index })),
  ...more,
});

test('choices of one stream come in turn; the total is theirs together, shared by their pieces', async () => {
  const all = await streamed([
    at(1, delta('a')),
    at(0, delta('x')),
    at(1, delta('b')),
    at(1, delta('c')),
    at(1, end()),
    at(0, end()),
    usage(6),
    DONE,
  ]);
  expect(candidates(all)).toMatchObject([
    { id: '0.0', text: 'x', token_count: 2 },
    { id: '0.1', text: 'abc', token_count: 4 },
  ]);
  expect(usageOf(all)).toMatchObject({ completion_tokens: 6 });
});

test('a usage with each end is of that choice: they add up (llama.cpp)', async () => {
  const all = await streamed([at(0, delta('x')), at(1, delta('a')), at(0, end()), usage(2), at(1, end()), usage(5), DONE]);
  expect(usageOf(all)).toMatchObject({ prompt_tokens: 5, completion_tokens: 7 });
});

test('a usage that grows with every piece is the total of both, though ends carry it too', async () => {
  const so = (tokens: number) => ({ usage: { prompt_tokens: 5, completion_tokens: tokens } });
  const parts = [at(0, delta('x'), so(1)), at(1, delta('a'), so(2)), at(0, end(), so(3)), at(1, end(), so(5)), DONE];
  expect(usageOf(await streamed(parts))).toMatchObject({ completion_tokens: 5 });
});

test('a number that comes again after its end changes nothing', async () => {
  const all = await streamed([
    at(0, delta('x')),
    at(0, end()),
    at(0, delta('again')),
    at(1, delta('a')),
    at(1, end()),
    usage(4),
    DONE,
  ]);
  expect(candidates(all).map(({ text }) => text)).toEqual(['x', 'a']);
});

test('of a stream that is cut, choices that ended are whole and the others are cut', async () => {
  const all = await streamed([at(0, delta('x')), at(0, end()), at(1, delta('a'))]);
  expect(candidates(all)).toMatchObject([
    { text: 'x', finish: 'stop' },
    { text: 'a', finish: 'cancelled' },
  ]);
  expect(usageOf(all)!.unreported_tokens).toBe(2 * 32 - 2);
});

test('choices beside those that were asked for are paid for', async () => {
  const three = [0, 1, 2].map((index) => choice(index, `text ${index}`, 'length'));
  const answer = () => chatAnswer(three, { usage: { prompt_tokens: 5, completion_tokens: 96 } });
  const all = await linesOf(portOver(answer, { config: { n: true } }), requestOf({ prefixes: [prefixOf({ count: 2 })] }));
  expect(candidates(all).map((one) => one.token_count)).toEqual([32, 32]);
  expect(usageOf(all)).toMatchObject({ completion_tokens: 96 });
});

test('shares of a total are whole, none below what is known, and add up to it', () => {
  const one = fc.record({ length: fc.nat(40), full: fc.boolean(), pieces: fc.nat(12) });
  fc.assert(
    fc.property(fc.array(one, { minLength: 2, maxLength: 12 }), fc.nat(400), (given, more) => {
      const job = { ids: given.map((_, place) => `0.${place}`), parent: '0', before: '', resumed: false, maxTokens: 16, seed: 1 };
      const choices = given.map(
        ({ length, full, pieces }): Choice => ({
          text: 'x'.repeat(length),
          finish: full ? 'length' : 'stop',
          matched: undefined,
          logprobs: undefined,
          pieces: Array.from({ length: pieces }, (_, place) => place),
          other: undefined,
        }),
      );
      const least = choices.map(({ text, finish }) => (finish === 'length' ? 16 : text === '' ? 0 : 1));
      const total = least.reduce<number>((sum, tokens) => sum + tokens, 0) + more;
      const answers = new Answers(0);
      answers.add({ choices: [], usage: { prompt_tokens: 1, completion_tokens: total } });
      const counts = countTokens(choices, answers, job);
      const shared = choices.some(({ finish }) => finish !== 'length');
      expect(counts.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(shared ? total : total - more);
      for (const [place, { tokens }] of counts.entries()) expect(tokens).toBeGreaterThanOrEqual(least[place]!);
    }),
  );
});
