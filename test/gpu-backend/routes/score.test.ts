import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Backend } from '../../../gpu-backend/backend.ts';
import { type RawScore, type ScoreResponse, scoreResponse } from '../../../schemas/backend.ts';
import { newKey, post, puzzle, startShipped } from '../served.ts';

let backend: Backend;
beforeAll(async () => {
  backend = await startShipped();
});
afterAll(() => backend.close());

const steps = ['20 - 12 = 8 | 3 7 8\n', '8 - 3 = 5 | 5 7\n', '5 * 7 = 35 | 35'];
const text = steps.join('');

async function score(model: string, candidates: readonly object[], changes = {}) {
  const body = { key: newKey(), model, prompt: puzzle, candidates, deadline_ms: 10_000, ...changes };
  const response = await post(`${backend.url}/score`, body);
  return { status: response.status, body: (await response.json()) as ScoreResponse };
}
const scored = async (model: string, candidates: readonly object[]): Promise<RawScore[]> =>
  scoreResponse.parse((await score(model, candidates)).body).scores;

test.each(['puzzle-outcome', 'puzzle-process'])(
  '%s: a text scores the same in a batch of ragged lengths as alone',
  async (model) => {
    const texts = Array.from({ length: 40 }, (_, index) => ({
      id: `${index}`,
      text: [...Array(index % 5).fill(text), index].join('\n'),
    }));
    const together = await scored(model, texts);
    for (const [index, candidate] of texts.entries()) {
      const [alone] = await scored(model, [candidate]);
      if (!alone?.ok) throw new Error('It was not scored.');
      // the width of a batch changes the order of sums in attention: some 1e-7
      expect(together[index]).toMatchObject({ id: candidate.id, ok: true, tokens: alone.tokens });
      expect((together[index] as typeof alone).value).toBeCloseTo(alone.value, 5);
    }
  },
);

test('a process model gives one probability a step, each as if the text ended there', async () => {
  const [whole] = await scored('puzzle-process', [{ id: 'a', text, steps }]);
  if (!whole?.ok) throw new Error('It was not scored.');
  expect(whole.steps).toHaveLength(3);
  expect(whole.value).toBe(whole.steps!.at(-1));
  for (const [index, value] of whole.steps!.entries()) {
    const part = steps.slice(0, index + 1);
    const [prefix] = await scored('puzzle-process', [{ id: 'a', text: part.join(''), steps: part }]);
    expect(value).toBeGreaterThan(0);
    expect(value).toBeLessThan(1);
    expect((prefix as typeof whole).value).toBeCloseTo(value, 5);
  }
});

test('without steps the whole text is one', async () => {
  const [whole] = await scored('puzzle-process', [{ id: 'a', text }]);
  expect(whole).toMatchObject({ ok: true, steps: [expect.any(Number)] });
});

test('equal texts are scored once, and all told', async () => {
  const { body } = await score(
    'puzzle-outcome',
    ['a', 'b', 'c'].map((id) => ({ id, text: id === 'b' ? '1' : text })),
  );
  const [a, b, c] = body.scores;
  if (!a?.ok || !b?.ok || !c?.ok) throw new Error('They were not scored.');
  expect([a.id, b.id, c.id]).toEqual(['a', 'b', 'c']);
  expect(a.value).toBe(c.value);
  expect(body.usage).toEqual({ calls: 1, candidates: 2, tokens: a.tokens + b.tokens });
});

test('a text that cannot be read fails alone, with its reason', async () => {
  const scores = await scored('puzzle-process', [
    { id: 'long', text: '1'.repeat(300) },
    { id: 'strange', text: 'hello' },
    { id: 'empty', text: '', steps: [] },
    { id: 'fine', text },
  ]);
  expect(scores.map(({ ok }) => ok)).toEqual([false, false, false, true]);
  expect(scores.slice(0, 3).map((failed) => !failed.ok && failed.reason)).toEqual([
    expect.stringContaining('256'),
    expect.stringContaining('"h" at position 0'),
    expect.stringContaining('no step'),
  ]);
});

test('an empty text has an outcome: that of the prompt alone', async () => {
  expect(await scored('puzzle-outcome', [{ id: 'a', text: '' }])).toMatchObject([{ ok: true, tokens: 15 }]);
});

test('1,000 texts come back in order', async () => {
  const candidates = Array.from({ length: 1000 }, (_, index) => ({ id: `${index}`, text: `${index}` }));
  expect((await scored('puzzle-outcome', candidates)).map(({ id }) => id)).toEqual(candidates.map(({ id }) => id));
});

test('the same key is answered with the stored scores; another request under it is refused', async () => {
  const key = newKey();
  const first = await score('puzzle-outcome', [{ id: 'a', text }], { key });
  expect(await score('puzzle-outcome', [{ id: 'a', text }], { key, deadline_ms: 5 })).toEqual(first);
  expect(await score('puzzle-outcome', [{ id: 'b', text }], { key })).toMatchObject({
    status: 400,
    body: { error: { param: 'key' } },
  });
});

test.each([
  { name: 'a policy as a reward', model: 'puzzle-policy', candidates: [{ id: 'a', text }], status: 404, code: 'model_not_found' },
  { name: 'no candidates', model: 'puzzle-outcome', candidates: [], status: 400, code: 'invalid_value' },
  {
    name: 'steps that are not the text',
    model: 'puzzle-process',
    candidates: [{ id: 'a', text, steps: ['1'] }],
    status: 400,
    code: 'invalid_value',
  },
])('$name is $status $code', async ({ model, candidates, status, code }) => {
  expect(await score(model, candidates)).toMatchObject({ status, body: { error: { code } } });
});

test('a prompt outside of the vocabulary is 422 before anything is scored', async () => {
  expect(await score('puzzle-outcome', [{ id: 'a', text }], { prompt: { text: 'é' } })).toMatchObject({
    status: 422,
    body: { error: { code: 'prompt_unsupported', param: 'prompt.text' } },
  });
});
