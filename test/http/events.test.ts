/** `stream: true` on the native routes. */
import { expect, test } from 'vitest';
import type { z } from 'zod';
import { candidateEvent, nodeEvent, pruneEvent, roundEvent, scoreEvent } from '../../schemas/events.ts';
import { type RunAnswer, runAnswer } from '../../schemas/run.ts';
import { allEvents, asked, bestOfN, events, expectRefusal, read, repeatable, run, type SentEvent, send } from './winnow.ts';

const schemas = {
  candidate: candidateEvent,
  score: scoreEvent,
  round: roundEvent,
  prune: pruneEvent,
  node: nodeEvent,
  result: runAnswer,
};
type Name = keyof typeof schemas;

async function streamed(path: string, body: object): Promise<SentEvent[]> {
  const response = await send(path, { ...asked, ...body, stream: true });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  expect(response.headers.get('cache-control')).toMatch(/no-cache/);
  return (await allEvents(response)).filter(({ comment }) => comment === undefined);
}

const dataOf = <Of extends Name>(all: readonly SentEvent[], name: Of): z.output<(typeof schemas)[Of]>[] =>
  all
    .filter(({ event }) => event === name)
    .map(({ data }) => schemas[name].parse(JSON.parse(data)) as z.output<(typeof schemas)[Of]>);
const resultOf = (all: readonly SentEvent[]): RunAnswer => dataOf(all, 'result')[0]!;

const families = [
  { path: '/v1/best-of-n', body: { n: 6 } },
  { path: '/v1/search', body: { options: { keep: 2, branch: 3 } } },
  { path: '/v1/critique-refine', body: { options: { max_rounds: 3 }, sampling: { temperature: 1.4 } } },
];

test.each(families)('$path: ids count from 1, every event is of the schema, one result ends it', async ({ path, body }) => {
  const all = await streamed(path, body);
  expect(all.map(({ id }) => id)).toEqual(all.map((_, place) => String(place + 1)));
  for (const { event, data } of all) schemas[event as Name].parse(JSON.parse(data));
  expect(all.filter(({ event }) => event === 'result')).toHaveLength(1);
  expect(all.at(-1)?.event).toBe('result');
  expect(all.map(({ data }) => data)).not.toContain('[DONE]');
});

test.each(families)('$path: the result is what the same request answers without a stream', async ({ path, body }) => {
  const seeded = { ...body, sampling: { ...(body as { sampling?: object }).sampling, seed: 77 } };
  const result = resultOf(await streamed(path, seeded));
  expect(repeatable(result)).toEqual(repeatable(await run(path, seeded)));
});

test.each(families)('$path: every candidate and every final score of the result was told before it', async ({ path, body }) => {
  const all = await streamed(path, body);
  const { candidates = [] } = resultOf(all);
  const told = dataOf(all, 'candidate');
  for (const { id, index, tokens, finish_reason, scores } of candidates) {
    expect(told).toContainEqual({ id, index, tokens, finish_reason });
    for (const [reward, score] of Object.entries(scores)) expect(dataOf(all, 'score')).toContainEqual({ id, reward, ...score });
  }
});

test('candidates come before their scores', async () => {
  const all = await streamed('/v1/best-of-n', { n: 6 });
  const place = (name: string, id: string) => all.findIndex(({ event, data }) => event === name && JSON.parse(data).id === id);
  for (const { id } of dataOf(all, 'candidate')) expect(place('score', id)).toBeGreaterThan(place('candidate', id));
});

test('progress comes as it is made, not at the end', async () => {
  const response = await send('/v1/search', { ...asked, options: { keep: 8, branch: 8, min_completed: 64 }, stream: true });
  const began = performance.now();
  let first = 0;
  for await (const _ of events(response)) first ||= performance.now() - began;
  const whole = performance.now() - began;
  expect(first).toBeLessThan(whole / 2);
});

test('rounds count from 0, spend more and more, and keep no more than `keep`', async () => {
  const all = await streamed('/v1/search', { options: { keep: 3, branch: 2 } });
  const rounds = dataOf(all, 'round');
  expect(rounds.map(({ round }) => round)).toEqual(rounds.map((_, place) => place));
  const spent = rounds.map(({ spent: { tokens } }) => tokens);
  expect(spent).toEqual(spent.toSorted((a, b) => a - b));
  for (const { kept } of rounds) expect(kept.length).toBeLessThanOrEqual(3);
  const kept = new Set(rounds.flatMap((round) => round.kept));
  for (const { id, reason } of dataOf(all, 'prune')) {
    expect(kept.has(id)).toBe(false);
    expect(reason).not.toBe('');
  }
});

test('texts are in candidate events only where the whole of candidates is asked for', async () => {
  const without = dataOf(await streamed('/v1/best-of-n', { n: 2 }), 'candidate');
  for (const candidate of without) expect(candidate).not.toHaveProperty('text');
  const all = await streamed('/v1/best-of-n', { n: 2, return: { candidates: 'all' } });
  for (const { index, text } of dataOf(all, 'candidate')) expect(text).toBe(resultOf(all).candidates![index]!.text);
});

test('what is refused at once has its status, not a stream', async () => {
  const answer = await read(await send('/v1/best-of-n', { ...asked, n: 0, stream: true }));
  expectRefusal(answer, { status: 400, code: 'invalid_value', param: 'n' });
  const unread = await read(await send('/v1/best-of-n', { prompt: 'Ω', stream: true }));
  expectRefusal(unread, { status: 422, code: 'prompt_unsupported', param: 'prompt' });
});

test('eight streams at once tell each its own run', async () => {
  const seeds = Array.from({ length: 8 }, (_, place) => 100 + place);
  const together = await Promise.all(seeds.map((seed) => streamed('/v1/best-of-n', { n: 4, sampling: { seed } })));
  for (const [place, seed] of seeds.entries()) {
    const result = resultOf(together[place]!);
    expect(result.seed).toBe(seed);
    expect(dataOf(together[place]!, 'candidate')).toHaveLength(4);
    const { choice, usage } = await bestOfN({ n: 4, sampling: { seed } });
    expect({ choice: result.choice, usage: result.usage }).toEqual({ choice, usage });
  }
});

test('chat, scaled: progress is comments, which clients skip; then the chunks, then [DONE]', async () => {
  const all = await allEvents(await send('/v1/chat/completions', { ...asked, winnow: { options: { n: 4 } }, stream: true }));
  const firstChunk = all.findIndex(({ data }) => data !== '');
  const told = all.slice(0, firstChunk);
  expect(told.filter(({ comment }) => comment?.startsWith('candidate {'))).toHaveLength(4);
  for (const { comment, event, id } of told)
    expect({ comment: typeof comment, event, id }).toEqual({ comment: 'string', event: undefined, id: undefined });
  expect(all.slice(firstChunk).every(({ comment }) => comment === undefined)).toBe(true);
  expect(all.at(-1)?.data).toBe('[DONE]');
  for (const { data } of all.slice(firstChunk, -1)) expect(JSON.parse(data).object).toBe('chat.completion.chunk');
});

test('chat, plain: chunks from the first token on, then [DONE]; nothing else but comments', async () => {
  const all = await allEvents(await send('/v1/chat/completions', { ...asked, n: 2, stream: true }));
  const chunks = all.filter(({ comment }) => comment === undefined);
  for (const { event, id } of chunks) expect({ event, id }).toEqual({ event: undefined, id: undefined });
  expect(chunks.at(-1)?.data).toBe('[DONE]');
  for (const { data } of chunks.slice(0, -1)) expect(JSON.parse(data).object).toBe('chat.completion.chunk');
});

test('no native stream tells pieces', async () => {
  const all = await streamed('/v1/best-of-n', { n: 4 });
  expect(new Set(all.map(({ event }) => event))).not.toContain('piece');
});
