import { expect, test } from 'vitest';
import type { RunAnswer } from '../../schemas/run.ts';
import { asked, bestOfN, critiqueRefine, expectRefusal, post, repeatable, search, send } from './winnow.ts';

const families = [
  { name: 'best_of_n', go: bestOfN, body: { n: 8 } },
  { name: 'beam_search', go: search, body: { options: { keep: 3, branch: 3 } } },
  { name: 'first_wrong_step', go: critiqueRefine, body: { options: { max_rounds: 3 } } },
];
const whole = { return: { candidates: 'all' } };

/** Byte for byte, order of members included. */
const bytes = (run: RunAnswer) => JSON.stringify(repeatable(run));

test.each(families)('$name: a seeded request repeats byte for byte, but for ids and times', async ({ go, body }) => {
  const request = { ...body, ...whole, sampling: { seed: 123, logprobs: 1 } };
  expect(bytes(await go(request))).toBe(bytes(await go(request)));
});

test.each(families)('$name: another seed gives another run', async ({ go, body }) => {
  const texts = new Set<string>();
  for (const seed of [1, 2, 3, 4])
    texts.add(JSON.stringify((await go({ ...body, ...whole, sampling: { seed, temperature: 1.5 } })).candidates));
  expect(texts.size).toBeGreaterThan(1);
});

test.each(families)('$name: a drawn seed is told, and repeats the run', async ({ go, body }) => {
  const drawn = await go({ ...body, ...whole });
  expect(bytes(await go({ ...body, ...whole, sampling: { seed: drawn.seed } }))).toBe(bytes(drawn));
});

test('drawn seeds differ', async () => {
  const runs = await Promise.all(Array.from({ length: 6 }, () => bestOfN({ n: 1, sampling: { max_tokens: 2 } })));
  expect(new Set(runs.map(({ seed }) => seed)).size).toBe(6);
});

test('the same seed gives the same texts beside other load', async () => {
  const request = { n: 8, ...whole, sampling: { seed: 55 } };
  const alone = await bestOfN(request);
  const load = Array.from({ length: 6 }, (_, place) => bestOfN({ n: 12, sampling: { seed: place, temperature: 1.7 } }));
  const beside = await Promise.all([bestOfN(request), bestOfN(request), ...load]);
  const texts = ({ candidates = [] }: RunAnswer) => candidates.map(({ text }) => text);
  expect(texts(beside[0]!)).toEqual(texts(alone));
  expect(texts(beside[1]!)).toEqual(texts(alone));
});

test('each candidate has its own stream: the first ones are the same whatever n is', async () => {
  const few = await bestOfN({ n: 3, ...whole, sampling: { seed: 31 } });
  const many = await bestOfN({ n: 9, ...whole, sampling: { seed: 31 } });
  expect(many.candidates!.slice(0, 3).map(({ text }) => text)).toEqual(few.candidates!.map(({ text }) => text));
});

test('a budget that cuts in waves does not change what an uncut candidate says', async () => {
  const request = { n: 6, ...whole, sampling: { seed: 13 } };
  const free = await bestOfN(request);
  const tight = await bestOfN({ ...request, budget: { max_tokens: 150 } });
  for (const { id, text, finish_reason } of tight.candidates!) {
    const same = free.candidates!.find((candidate) => candidate.id === id)!;
    if (finish_reason === 'stop') expect(text).toBe(same.text);
    else expect(same.text!.startsWith(text!)).toBe(true);
  }
});

test.each([0, -1, -9_007_199_254_740_991, 9_007_199_254_740_991])('the seed %i is a seed like others', async (seed) => {
  const request = { n: 2, ...whole, sampling: { seed } };
  const run = await bestOfN(request);
  expect(run.seed).toBe(seed);
  expect(bytes(await bestOfN(request))).toBe(bytes(run));
});

test.each([1.5, '1', 2 ** 53, -(2 ** 60), null, true])('the seed %j is refused', async (seed) => {
  expectRefusal(await post('/v1/best-of-n', { ...asked, sampling: { seed } }), {
    status: 400,
    code: 'invalid_value',
    param: 'sampling.seed',
  });
});

test('chat tells the drawn seed: in a header where it is plain, in `winnow` where it scales', async () => {
  const plain = await post('/v1/chat/completions', asked);
  const seed = Number(plain.headers.get('x-winnow-seed'));
  expect(Number.isSafeInteger(seed)).toBe(true);
  const again = await post('/v1/chat/completions', { ...asked, seed });
  expect((again.json as { choices: unknown }).choices).toEqual((plain.json as { choices: unknown }).choices);
  const streamed = await send('/v1/chat/completions', { ...asked, seed: 17, stream: true });
  expect(streamed.headers.get('x-winnow-seed')).toBe('17');
  await streamed.text();
  const scaled = await post('/v1/chat/completions', { ...asked, winnow: {} });
  expect(scaled.json).toMatchObject({ winnow: { seed: expect.any(Number) } });
  expect(scaled.headers.get('x-winnow-seed')).toBeNull();
});

test('plain chat, best-of-N and scaled chat of one seed draw the same texts', async () => {
  const seed = 2024;
  const native = await bestOfN({ n: 4, ...whole, sampling: { seed } });
  const plain = (await post('/v1/chat/completions', { ...asked, seed, n: 4 })).json as {
    choices: { message: { content: string } }[];
  };
  expect(plain.choices.map(({ message }) => message.content)).toEqual(native.candidates!.map(({ text }) => text));
  const scaled = (await post('/v1/chat/completions', { ...asked, seed, winnow: { options: { n: 4 } } })).json as typeof plain;
  expect(scaled.choices[0]?.message.content).toBe(native.choice.message.content);
});
