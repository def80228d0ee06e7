import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Backend } from '../../../gpu-backend/backend.ts';
import { type CandidateLine, type GenerateLine, generateLine } from '../../../schemas/backend.ts';
import { errorOf, generateBody, lines, newKey, post, shipped, startShipped, until } from '../served.ts';

let backend: Backend;
let url: string;
beforeAll(async () => {
  backend = await startShipped();
  url = `${backend.url}/generate`;
});
afterAll(() => backend.close());

const whole = (count: number, changes = {}) =>
  generateBody({ prefixes: [{ id: '0', text: '', count, first_child: 0, max_tokens: 112 }], ...changes });
const byId = (all: readonly GenerateLine[]): Record<string, CandidateLine> =>
  Object.fromEntries(all.flatMap((line) => (line.type === 'candidate' ? [[line.id, line as CandidateLine]] : [])));
const load = () => backend.models.engine('puzzle-policy').stats;

test('a line for each candidate, a score for each, done last, and the account adds up', async () => {
  const all = await lines(await post(url, whole(16, { reward: 'puzzle-outcome' })));
  for (const line of all) generateLine.parse(line);
  const candidates = all.filter((line) => line.type === 'candidate');
  const scores = all.filter((line) => line.type === 'score');
  expect(new Set(candidates.map(({ id }) => id)).size).toBe(16);
  expect(new Set(scores.map(({ id }) => id))).toEqual(new Set(candidates.map(({ id }) => id)));
  expect(scores.every(({ ok }) => ok)).toBe(true);
  const tokens = candidates.reduce((sum, line) => sum + line.token_count, 0);
  const processed = 15 + tokens - 16;
  expect(all.at(-1)).toEqual({
    type: 'done',
    fingerprint: expect.stringMatching(/^[0-9a-f]{12}$/),
    scored: {
      candidates: new Set(candidates.map(({ text }) => text)).size,
      tokens: expect.any(Number),
      fingerprint: expect.stringMatching(/^[0-9a-f]{12}$/),
    },
    usage: { prompt_tokens: 15, completion_tokens: tokens, processed, cached: 0, unique: processed },
  });
});

test('a seeded request repeats whatever runs beside it', async () => {
  const alone = byId(await lines(await post(url, whole(8, { seed: 5 }))));
  const beside = [11, 12, 13].map((seed) => post(url, whole(20, { seed })).then(lines));
  const loaded = byId(await lines(await post(url, whole(8, { seed: 5 }))));
  await Promise.all(beside);
  expect(loaded).toEqual(alone);
});

test('candidates together are what each is alone, greedy and seeded', async () => {
  for (const temperature of [0, 1]) {
    const sampling = { ...generateBody().sampling, temperature };
    const together = byId(await lines(await post(url, whole(6, { sampling }))));
    for (let child = 0; child < 6; child++) {
      const prefixes = [{ id: '0', text: '', count: 1, first_child: child, max_tokens: 112 }];
      const alone = byId(await lines(await post(url, generateBody({ prefixes, sampling }))));
      expect(alone[`0.${child}`]).toEqual(together[`0.${child}`]);
    }
  }
});

test('prefixes with tokens, until the next step, with log-probabilities', async () => {
  const first = byId(await lines(await post(url, whole(2, { until: 'step' }))));
  const prefixes = Object.values(first).map(({ id, text, tokens }) => ({
    id,
    text,
    tokens,
    count: 3,
    first_child: 0,
    max_tokens: 32,
  }));
  const second = byId(await lines(await post(url, generateBody({ prefixes, until: 'step', top_logprobs: 2 }))));
  expect(Object.keys(second).sort()).toEqual(['0.0.0', '0.0.1', '0.0.2', '0.1.0', '0.1.1', '0.1.2']);
  for (const line of Object.values(second)) {
    expect(line.logprobs).toHaveLength(line.token_count);
    expect(line.logprob).toBeCloseTo(
      line.logprobs!.reduce((sum: number, { logprob }: { logprob: number }) => sum + logprob, 0),
      8,
    );
    expect(line.parent).toBe(line.id.slice(0, 3));
  }
});

test('the same key is answered with the stored lines, also while they are being written', async () => {
  const key = newKey();
  const asked = whole(8, { key });
  const [first, second] = await Promise.all([post(url, asked), post(url, { ...asked, deadline_ms: 9_999 })]);
  const text = await first.text();
  expect(await second.text()).toBe(text);
  expect(await (await post(url, asked)).text()).toBe(text);
  const other = await post(url, whole(8, { key, seed: 2 }));
  expect([other.status, (await errorOf(other)).param]).toEqual([400, 'key']);
});

test('a client that leaves frees its slots within a second, and its key is not kept', async () => {
  const asked = whole(256, { key: newKey(), sampling: { ...generateBody().sampling, temperature: 2 } });
  const client = new AbortController();
  const response = await post(url, asked, { signal: client.signal });
  expect(response.status).toBe(200);
  await until(() => load().running > 0, 1000);
  client.abort();
  await until(() => load().running === 0 && load().waiting === 0, 1000);
  const ids = (await lines(await post(url, asked))).filter(({ type }) => type === 'candidate');
  expect(ids).toHaveLength(256);
});

test('of two clients of one key, one that leaves does not stop the other', async () => {
  const asked = whole(256, { key: newKey() });
  const client = new AbortController();
  await post(url, asked, { signal: client.signal });
  const staying = post(url, asked);
  await staying;
  client.abort();
  expect((await lines(await staying)).at(-1)!.type).toBe('done');
});

test('at the deadline open candidates end with finish budget', async () => {
  const all = await lines(
    await post(url, whole(256, { deadline_ms: 20, sampling: { ...generateBody().sampling, temperature: 2 } })),
  );
  const finishes = all.flatMap((line) => (line.type === 'candidate' ? [line.finish] : []));
  expect(finishes).toHaveLength(256);
  expect(finishes).toContain('budget');
  expect(all.at(-1)!.type).toBe('done');
  expect(load()).toMatchObject({ running: 0, waiting: 0 });
});

test.each([
  { name: 'an unknown model', change: { model: 'nobody' }, status: 404, code: 'model_not_found', param: 'model' },
  { name: 'a reward as a policy', change: { model: 'puzzle-outcome' }, status: 404, code: 'model_not_found', param: 'model' },
  { name: 'an unknown reward', change: { reward: 'nobody' }, status: 404, code: 'model_not_found', param: 'reward' },
  {
    name: 'a character outside of the vocabulary',
    change: { prompt: { text: 'Use 3 ☃' } },
    status: 422,
    code: 'prompt_unsupported',
    param: 'prompt.text',
  },
  {
    name: 'a prompt that fills the context',
    change: { prompt: { text: '1'.repeat(256) } },
    status: 400,
    code: 'context_length_exceeded',
    param: 'prompt.text',
  },
  {
    name: 'a prompt of a million characters',
    change: { prompt: { text: '1'.repeat(1_000_000) } },
    status: 400,
    code: 'context_length_exceeded',
    param: 'prompt.text',
  },
  {
    name: 'a role that the template refuses',
    change: { prompt: { messages: [{ role: 'tool', content: '1' }] } },
    status: 400,
    code: 'invalid_value',
    param: 'prompt.messages',
  },
  { name: 'no messages', change: { prompt: { messages: [] } }, status: 400, code: 'invalid_value', param: 'prompt.messages' },
  { name: 'no prefixes', change: { prefixes: [] }, status: 400, code: 'invalid_value', param: 'prefixes' },
  {
    name: 'no candidates',
    change: { prefixes: [{ id: '0', text: '', count: 0, first_child: 0, max_tokens: 1 }] },
    status: 400,
    code: 'invalid_value',
    param: 'prefixes[0].count',
  },
  {
    name: 'an id that is not of this model',
    change: { prefixes: [{ id: '0', text: '1', tokens: [99], count: 1, first_child: 0, max_tokens: 1 }] },
    status: 400,
    code: 'invalid_value',
    param: 'prefixes[0].tokens',
  },
  {
    name: 'a prefix that is longer than the context',
    change: { prefixes: [{ id: '0', text: '1'.repeat(1_000_000), count: 1, first_child: 0, max_tokens: 1 }] },
    status: 400,
    code: 'context_length_exceeded',
    param: 'prefixes[0]',
  },
  {
    name: 'two candidates of one id',
    change: { prefixes: [0, 1].map((first) => ({ id: '0', text: '', count: 2, first_child: first, max_tokens: 1 })) },
    status: 400,
    code: 'invalid_value',
    param: 'prefixes[1]',
  },
  {
    name: 'a temperature of 3',
    change: { sampling: { ...generateBody().sampling, temperature: 3 } },
    status: 400,
    code: 'invalid_value',
    param: 'sampling.temperature',
  },
  {
    name: 'a top_p of 0',
    change: { sampling: { ...generateBody().sampling, top_p: 0 } },
    status: 400,
    code: 'invalid_value',
    param: 'sampling.top_p',
  },
  { name: 'a field that is not known', change: { extra: 1 }, status: 400, code: 'unknown_parameter', param: 'extra' },
  {
    name: 'a prompt that is missing',
    change: { prompt: undefined },
    status: 400,
    code: 'missing_required_parameter',
    param: 'prompt',
  },
  { name: 'a seed that is missing', change: { seed: undefined }, status: 400, code: 'missing_required_parameter', param: 'seed' },
])('$name is $status $code', async ({ change, status, code, param }) => {
  const response = await post(url, { ...generateBody(), ...change });
  expect([response.status, await errorOf(response)]).toMatchObject([
    status,
    { code, param, message: expect.any(String), type: expect.any(String) },
  ]);
});

test('an open step longer than the text is refused, and one of the whole text is not', async () => {
  const opened = (open: number) => ({
    id: '0',
    text: '20 - 3',
    count: 1,
    first_child: 0,
    max_tokens: 4,
    steps: { ended: 0, open, open_tokens: 0 },
  });
  const refused = await post(url, generateBody({ prefixes: [opened(6), { ...opened(7), id: '0.0' }] }));
  expect([refused.status, await errorOf(refused)]).toMatchObject([
    400,
    {
      code: 'invalid_value',
      param: 'prefixes[1].steps.open',
      message: 'steps.open is 7, and the text has 6 UTF-16 code units. Give 0 to 6.',
    },
  ]);
  expect((await lines(await post(url, generateBody({ prefixes: [opened(6)] })))).at(-1)!.type).toBe('done');
});

test('an open step of more tokens than the text is refused, and one of all its tokens is not', async () => {
  const opened = (tokens: number) => ({
    id: '0',
    text: 'ab',
    tokens: [5, 6],
    count: 1,
    first_child: 0,
    max_tokens: 4,
    steps: { ended: 0, open: 2, open_tokens: tokens },
  });
  const refused = await post(url, generateBody({ prefixes: [opened(3)] }));
  expect([refused.status, await errorOf(refused)]).toMatchObject([
    400,
    { code: 'invalid_value', param: 'prefixes[0].steps.open_tokens', message: expect.stringContaining('Give 0 to 2.') },
  ]);
  expect((await lines(await post(url, generateBody({ prefixes: [opened(2)] })))).at(-1)!.type).toBe('done');
});

test.each([
  { ends: [3, 3], at: 1 },
  { ends: [4, 2], at: 1 },
  { ends: [2, 6], at: 1 }, // within the open step
  { ends: [7, 8], at: 0 },
])('ends of steps $ends in a text of 6 with 2 open are refused at place $at', async ({ ends, at }) => {
  const steps = { ended: 2, open: 2, open_tokens: 0, text_ends: ends };
  const prefix = { id: '0', text: '20 - 3', count: 1, first_child: 0, max_tokens: 4, steps };
  const refused = await post(url, generateBody({ prefixes: [prefix] }));
  expect([refused.status, await errorOf(refused)]).toMatchObject([
    400,
    { code: 'invalid_value', param: `prefixes[0].steps.text_ends[${at}]`, message: expect.stringContaining('up to 4') },
  ]);
});

test('so many ends as have ended', async () => {
  const steps = { ended: 2, open: 2, open_tokens: 0, text_ends: [4] };
  const prefix = { id: '0', text: '20 - 3', count: 1, first_child: 0, max_tokens: 4, steps };
  const refused = await post(url, generateBody({ prefixes: [prefix] }));
  expect([refused.status, await errorOf(refused)]).toMatchObject([400, { param: 'prefixes[0].steps.text_ends' }]);
});

test('a body that is not JSON, of another type, or too large', async () => {
  expect(await refusal(await post(url, '{"key": '))).toEqual([400, 'invalid_json']);
  expect(await refusal(await post(url, 'a=b', { headers: { 'content-type': 'application/x-www-form-urlencoded' } }))).toEqual([
    415,
    'unsupported_media_type',
  ]);
  expect(await refusal(await post(url, ' '.repeat(4 * shipped.caps.max_body_bytes + 1)))).toEqual([413, 'request_too_large']);
});

test('a body that comes in pieces, its length not declared, is served, and cut off where it is too large', async () => {
  const pieces = (text: string) =>
    new ReadableStream({
      start(controller) {
        for (const piece of [text.slice(0, 40), text.slice(40)]) controller.enqueue(new TextEncoder().encode(piece));
        controller.close();
      },
    });
  const send = (text: string) =>
    fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: pieces(text),
      duplex: 'half',
    } as unknown as RequestInit);
  expect((await lines(await send(JSON.stringify(generateBody())))).at(-1)!.type).toBe('done');
  expect(await refusal(await send(' '.repeat(4 * shipped.caps.max_body_bytes + 1)))).toEqual([413, 'request_too_large']);
});

test('more candidates than may wait are 400 in one call, 429 with Retry-After in several', async () => {
  const many = (prefixes: number) =>
    generateBody({
      prefixes: Array.from({ length: prefixes }, (_, index) => ({
        id: `0.${index}`,
        text: '',
        count: 256,
        first_child: 0,
        max_tokens: 100,
      })),
    });
  expect(await refusal(await post(url, many(17)))).toEqual([400, 'invalid_value']);
  const client = new AbortController();
  await post(url, many(16), { signal: client.signal });
  const refused = await post(url, many(2));
  expect(refused.headers.get('retry-after')).toBe('1');
  expect(await refusal(refused)).toEqual([429, 'rate_limit_exceeded']);
  client.abort();
  await until(() => load().running === 0 && load().waiting === 0, 1000);
});

test('unknown paths and methods', async () => {
  expect(await refusal(await fetch(`${backend.url}/nothing`))).toEqual([404, 'unknown_url']);
  expect(await refusal(await fetch(url))).toEqual([405, 'method_not_allowed']);
});

async function refusal(response: Response): Promise<[number, string]> {
  return [response.status, (await errorOf(response)).code];
}
