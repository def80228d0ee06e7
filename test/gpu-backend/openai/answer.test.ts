/** What becomes of a request whose answers fail: an engine that says what it is told to. */
import { expect, test, vi } from 'vitest';
import type { Ended, Generation } from '../../../gpu-backend/engine/call.ts';
import type { Engine } from '../../../gpu-backend/engine/engine.ts';
import { streamedAnswer, wholeAnswer } from '../../../gpu-backend/openai/answer.ts';
import type { Asked } from '../../../gpu-backend/openai/asked.ts';
import { generate } from '../../../gpu-backend/openai/generate.ts';
import { chatVoice } from '../../../gpu-backend/openai/voice.ts';
import { errorBody } from '../../../gpu-backend/routes/failure.ts';
import type { CandidateLine } from '../../../schemas/backend.ts';
import { WinnowError } from '../../../schemas/errors.ts';
import { generation } from '../generation.ts';

const usage = { prompt_tokens: 3, completion_tokens: 5, processed: 7, cached: 1, unique: 8 };

function engine(answer: (generation: Generation) => readonly Ended[], stats = { running: 0, waiting: 0 }) {
  const signals: AbortSignal[] = [];
  const run = async (given: Generation, emit: (ended: Ended) => void) => {
    const ends = answer(given);
    await Promise.resolve();
    for (const end of ends) emit(end);
    return usage;
  };
  const fake = {
    model: { name: 'm', fingerprint: 'f', endTokens: new Set<number>() },
    stats,
    generate: (given: Generation, emit: (ended: Ended) => void) => {
      signals.push(given.signal);
      const refused = answer(given).find((end) => !end.ok && end.message === 'REFUSE');
      if (refused) throw new WinnowError('rate_limit_exceeded', 'Later.', { retryAfter: 1 });
      return run(given, emit);
    },
  };
  return { engine: fake as unknown as Engine, signals };
}

const line = (id: string, changes: Partial<CandidateLine> = {}): Ended => ({
  ok: true,
  line: {
    type: 'candidate',
    id,
    parent: '0',
    text: 'x',
    step: 1,
    step_ends: [],
    tokens: [1],
    token_count: 1,
    finish: 'stop',
    ...changes,
  },
});
const failed = (id: string, message = 'It broke.'): Ended => ({ ok: false, id, message });
const asked = (changes: Partial<Asked> = {}): Asked => ({
  prompts: [[1, 2, 3]],
  echoes: [],
  n: 2,
  maxTokens: 4,
  sampling: generation().sampling,
  topLogprobs: undefined,
  seed: 1,
  priority: 0,
  keepStop: false,
  ignoreEnd: false,
  tellTokenIds: false,
  stream: false,
  includeUsage: false,
  warnings: [],
  ...changes,
});
const limits = { signal: new AbortController().signal, maxTimeMs: 1000 };
const answering = (ends: readonly Ended[], changes: Partial<Asked> = {}) => {
  const given = asked(changes);
  return { engine: engine(() => ends).engine, asked: given, voice: chatVoice(given), errorBody, ...limits };
};

test('an answer that fails is left out, the others keep their index, and a warning says so', async () => {
  const body = (await (await wholeAnswer(answering([failed('0.0'), line('0.1')]))).json()) as Record<string, unknown>;
  expect(body).toMatchObject({ choices: [{ index: 1, message: { content: 'x' } }], usage: { completion_tokens: 5 } });
  expect(body.winnow).toEqual({ warnings: ['1 of 2 answers failed: It broke.'] });
});

test('where all fail it is 502 with the reason; in a stream, its last event, and no [DONE]', async () => {
  await expect(wholeAnswer(answering([failed('0.0'), failed('0.1')]))).rejects.toMatchObject({
    code: 'no_candidates',
    message: 'It broke.',
  });
  const text = await streamedAnswer(answering([failed('0.0'), failed('0.1')], { stream: true })).text();
  expect(JSON.parse(text.slice('data: '.length))).toEqual({
    error: { message: 'It broke.', type: 'server_error', param: null, code: 'no_candidates' },
  });
});

test('where one of a stream fails the others are told, and a comment says so', async () => {
  const text = await streamedAnswer(answering([failed('0.0'), line('0.1')], { stream: true })).text();
  expect(text).toContain(': 1 of 2 answers failed: It broke.\n\n');
  expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
});

test('time that was up before anything was begun is 504; what was begun is an answer', async () => {
  const late = { finish: 'budget' as const, tokens: [], token_count: 0, text: '' };
  await expect(wholeAnswer(answering([line('0.0', late), line('0.1', late)]))).rejects.toMatchObject({
    code: 'deadline_exceeded',
  });
  const body = await (await wholeAnswer(answering([line('0.0', late), line('0.1', { finish: 'budget' })]))).json();
  expect(body).toMatchObject({
    choices: [{ finish_reason: 'length' }, { finish_reason: 'length' }],
    winnow: { warnings: ['2 of 2 answers were cut after 1000 ms, the most that caps.max_time_ms allows.'] },
  });
});

test('a bug of ours in the middle of a stream is logged, and told without its words', async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {});
  const broken = answering([], { stream: true });
  const bad = { ...broken.engine, generate: () => Promise.reject(new Error('a secret place')) } as unknown as Engine;
  const text = await streamedAnswer({ ...broken, engine: bad }).text();
  expect([text.includes('secret'), text.includes('internal_error'), log.mock.calls.length]).toEqual([false, true, 1]);
  log.mockRestore();
});

test('of several prompts, one that is refused takes back those before it', () => {
  const { engine: busy, signals } = engine(({ prompt }) => (prompt[0] === 9 ? [failed('0', 'REFUSE')] : []), {
    running: 1,
    waiting: 0,
  });
  const listener = { delta: () => {}, ended: () => {} };
  const refusal = () => generate(busy, asked({ prompts: [[1], [9], [2]] }), listener, limits);
  expect(refusal).toThrow(expect.objectContaining({ code: 'rate_limit_exceeded', retryAfter: 1 }));
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
});

test('what an idle engine has no room for is 400: to come again would not help', () => {
  const { engine: idle } = engine(() => [failed('0', 'REFUSE')]);
  const listener = { delta: () => {}, ended: () => {} };
  expect(() => generate(idle, asked(), listener, limits)).toThrow(expect.objectContaining({ code: 'invalid_value', param: 'n' }));
  expect(() => generate(idle, asked({ n: 1 }), listener, limits)).toThrow(expect.objectContaining({ param: 'prompt' }));
});

test('warnings of a stream are in its first chunk alone', async () => {
  const text = await streamedAnswer(answering([line('0.0'), line('0.1')], { stream: true, warnings: ['w'] })).text();
  const chunks = text.split('\n\n').filter((event) => event.startsWith('data: {'));
  expect(chunks.map((chunk) => chunk.includes('"winnow":{"warnings":["w"]}'))).toEqual(chunks.map((_, place) => place === 0));
  for (const chunk of chunks) expect(JSON.parse(chunk.slice('data: '.length))).toMatchObject({ object: 'chat.completion.chunk' });
});

test('the engine is told when the time is up, who goes first, and what a length is measured by', async () => {
  const told: Generation[] = [];
  const { engine: listening } = engine((given) => {
    told.push(given);
    return [line('0.0'), line('0.1')];
  });
  const listener = { delta: () => {}, ended: () => {} };
  const before = performance.now();
  await generate(listening, asked({ priority: -2, ignoreEnd: true, seed: 7, maxTokens: 0 }), listener, limits);
  expect(told[0]).toMatchObject({
    priority: -2,
    ignoreEnd: true,
    seed: 7,
    branches: [{ count: 2, firstChild: 0, maxTokens: 0 }],
  });
  expect(told[0]!.deadline - before).toBeGreaterThanOrEqual(1000);
  expect(told[0]!.deadline - before).toBeLessThan(5000);
});
