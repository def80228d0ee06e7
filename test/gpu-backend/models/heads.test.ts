/** Tiny rewards, embedders and a plain graph against PyTorch; test/fixtures/tiny-models/make_heads.py. */
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { embed } from '../../../gpu-backend/embedding.ts';
import { loadModel, type Model } from '../../../gpu-backend/models/load.ts';
import { Models } from '../../../gpu-backend/models.ts';
import { openLibrary } from '../../../gpu-backend/ort/library.ts';
import { score } from '../../../gpu-backend/scoring.ts';
import type { Prompt, Truncate } from '../../../schemas/backend.ts';
import { modelConfig } from '../../../schemas/config.ts';

interface Expected {
  readonly texts: readonly string[];
  readonly queries: readonly string[];
  readonly character_texts: readonly string[];
  /** Softmax over bad, fair, good. */
  readonly 'outcome-many': readonly (readonly number[])[];
  readonly 'cross-encoder': readonly (readonly number[])[];
  readonly embedder: readonly (readonly number[])[];
  readonly 'embedder-last': readonly (readonly number[])[];
  readonly 'outcome-decoder': readonly number[];
}

const tiny = `${import.meta.dirname}/../../fixtures/tiny-models/`;
const expected = JSON.parse(readFileSync(`${tiny}heads/expected.json`, 'utf8')) as Expected;
const library = await openLibrary();
const models = new Models();
const loaded = new Map<string, Model>();

async function add(name: string, folder: string): Promise<void> {
  const model = await loadModel(library, name, folder, modelConfig.parse({ path: name }));
  loaded.set(name, model);
  models.add(model, { slots: 1, maxWaiting: 1, maxKvBytes: 1 << 24 });
}

/** A copy of a folder with another `winnow` in its config.json. */
function configured(folder: string, winnow: object): string {
  const copy = mkdtempSync(join(tmpdir(), 'winnow-head-'));
  cpSync(tiny + folder, copy, { recursive: true });
  const path = join(copy, 'config.json');
  const config = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, JSON.stringify({ ...config, winnow }));
  return copy;
}

beforeAll(async () => {
  for (const name of ['outcome-many', 'cross-encoder', 'embedder', 'embedder-last', 'outcome-decoder'])
    await add(name, `${tiny}heads/${name}`);
  for (const label of [0, 1, 2]) await add(`logit-${label}`, configured('heads/outcome-many', { label, activation: 'none' }));
  const marks = { kind: 'process', good_token: '+', bad_token: '-', step_separator: '\n' };
  await add('two-token', configured('architectures/gpt2-optimum', marks));
  await add('two-token-grouped', configured('architectures/qwen3-transformers-js', marks));
});
afterAll(() => models.close());

const signal = new AbortController().signal;
async function scored(model: string, prompt: Prompt, texts: readonly (string | string[])[], truncate?: Truncate) {
  const candidates = texts.map((text, index) =>
    typeof text === 'string' ? { id: `${index}`, text } : { id: `${index}`, text: text.join(''), steps: text },
  );
  const request = { key: 'k', model, prompt, candidates, deadline_ms: 20_000, ...(truncate ? { truncate } : {}) };
  return (await score(models, request, signal)).scores;
}
const value = (result: Awaited<ReturnType<typeof scored>>[number]) => {
  if (!result.ok) throw new Error(result.reason);
  return result.value;
};
const embedded = (model: string, texts: readonly string[], truncate: Truncate = 'refuse') =>
  embed(models, { key: 'k', model, texts: [...texts], truncate, deadline_ms: 20_000 }, signal);

const largest = (given: readonly number[], wanted: readonly number[]): number => {
  expect(given.length).toBe(wanted.length);
  return wanted.reduce((most, number, index) => Math.max(most, Math.abs(number - given[index]!)), 0);
};

test('of many logits the one that the configuration names is the score, as its share or as it is', async () => {
  const shares = (await scored('outcome-many', { text: expected.queries[0]! }, expected.texts)).map(value);
  expect(
    largest(
      shares,
      expected['outcome-many'].map((all) => all[2]!),
    ),
  ).toBeLessThan(1e-4);
  const logits: number[][] = [];
  for (const label of [0, 1, 2])
    logits.push((await scored(`logit-${label}`, { text: expected.queries[0]! }, expected.texts)).map(value));
  for (const [index, share] of shares.entries()) {
    const weights = logits.map((values) => Math.exp(values[index]!));
    expect(share).toBeCloseTo(weights[2]! / weights.reduce((sum, weight) => sum + weight, 0), 5);
  }
});

test.each([0, 1])(
  'a cross-encoder reads query %i and each text as a pair, whatever lies beside it in the batch',
  async (query) => {
    const prompt = { text: expected.queries[query]! };
    const together = (await scored('cross-encoder', prompt, expected.texts)).map(value);
    expect(largest(together, expected['cross-encoder'][query]!)).toBeLessThan(1e-4);
    for (const [index, text] of expected.texts.entries()) {
      const [alone] = await scored('cross-encoder', prompt, [text]);
      expect(Math.abs(value(alone!) - together[index]!)).toBeLessThan(1e-4);
    }
  },
);

test.each([
  { name: 'on the side that the graph cannot read', winnow: { padding_side: 'left' } },
  { name: 'by a token that the model has not', winnow: {}, pad: null },
])('padded $name: the graph is tried at load, and scores stay those of each text alone', async ({ winnow, pad }) => {
  const folder = configured('heads/cross-encoder', winnow);
  if (pad === null) {
    const path = join(folder, 'config.json');
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), pad_token_id: null }));
  }
  const name = `padded ${JSON.stringify(winnow)}`;
  await add(name, folder);
  const together = (await scored(name, { text: expected.queries[0]! }, expected.texts)).map(value);
  expect(largest(together, expected['cross-encoder'][0]!)).toBeLessThan(1e-4);
});

test('a decoder reward reads the conversation by its template, and the end token behind it', async () => {
  const prompt: Prompt = { messages: [{ role: 'user', content: '1 + 2' }] };
  const values = (await scored('outcome-decoder', prompt, expected.character_texts)).map(value);
  expect(largest(values, expected['outcome-decoder'])).toBeLessThan(1e-4);
});

test.each(['embedder', 'embedder-last'] as const)(
  '%s: vectors are those of PyTorch, alone and in ragged batches',
  async (name) => {
    const texts = name === 'embedder' ? expected.texts : expected.character_texts;
    const { vectors } = await embedded(name, texts);
    for (const [index, result] of vectors.entries()) {
      if (!result.ok) throw new Error(result.reason);
      expect(largest(result.vector, expected[name][index]!)).toBeLessThan(1e-4);
      expect(Math.hypot(...result.vector)).toBeCloseTo(1, 5);
      const [alone] = (await embedded(name, [texts[index]!])).vectors;
      if (!alone?.ok) throw new Error('It was not read alone.');
      expect(largest(alone.vector, result.vector)).toBeLessThan(1e-4);
    }
  },
);

test('equal texts are read once; a text without tokens fails alone', async () => {
  const { vectors, usage } = await embedded('embedder-last', ['ab', '', 'ab']);
  expect(vectors.map(({ ok }) => ok)).toEqual([true, false, true]);
  expect(vectors[0]).toEqual(vectors[2]);
  expect(usage).toEqual({ texts: 1, tokens: 2 });
});

test.each(['two-token', 'two-token-grouped'])('%s: a causal model is read at each separator: "+" against "-"', async (name) => {
  const folder = name === 'two-token' ? 'gpt2-optimum' : 'qwen3-transformers-js';
  const said = JSON.parse(readFileSync(`${tiny}architectures/expected.json`, 'utf8'))[folder];
  const { prompt, logits } = said[2] as { prompt: string; logits: number[][] };
  const [plus, minus] = [3 + '0123456789+'.indexOf('+'), 3 + '0123456789+-'.indexOf('-')];
  // '12 * 3 - 4 / 5 = 6.\nabc': its newline is the separator that is put behind the first step
  const at = prompt.indexOf('\n');
  const wanted = 1 / (1 + Math.exp(logits[at]![minus]! - logits[at]![plus]!));
  const first = prompt.slice(0, 4);
  const texts = [[prompt.slice(4, at)], [prompt.slice(4, at), prompt.slice(at + 1)], ['9', '8', '7']];
  const [one, two] = await scored(name, { text: first }, texts);
  expect(value(one!)).toBeCloseTo(wanted, 4);
  if (!two?.ok) throw new Error('It was not scored.');
  expect(two.steps).toHaveLength(2);
  expect(two.steps![0]).toBeCloseTo(wanted, 4);
});

test('what a causal reward keeps of a text is in no account: asked again, it costs the same tokens and scores the same', async () => {
  const candidates = [['1 + 1', '= 2'], ['9']].map((steps, index) => ({ id: `${index}`, text: steps.join(''), steps }));
  const request = { key: 'k', model: 'two-token', prompt: { text: '1 + 1 = ' }, candidates, deadline_ms: 20_000 };
  const first = await score(models, request, signal);
  expect(first.usage).toEqual({ calls: 1, candidates: 2, tokens: 8 + 6 + 4 + 8 + 2 });
  expect(Object.fromEntries(models.kept())['two-token']).toBeGreaterThanOrEqual(20);
  expect(await score(models, request, signal)).toEqual(first);
});

const long = 'fox '.repeat(100);
test('a text that is too long is refused alone with its length, and cut only where that is asked', async () => {
  const [refused, fine] = await scored('cross-encoder', { text: 'fox' }, [long, 'dog']);
  expect(refused).toMatchObject({ ok: false, reason: expect.stringMatching(/ 64\. /) });
  expect(fine).toMatchObject({ ok: true });
  const [cut, whole] = await scored('cross-encoder', { text: 'fox' }, [long, 'fox'], 'end');
  expect(cut).toMatchObject({ ok: true, tokens: 64, truncated: expect.any(Number) });
  expect(whole).not.toHaveProperty('truncated');
  // what is left is the beginning: as if that alone had been sent
  const kept = 100 - (cut as { truncated: number }).truncated;
  const [same] = await scored('cross-encoder', { text: 'fox' }, ['fox '.repeat(kept)]);
  expect(value(same!)).toBeCloseTo(value(cut!), 5);
});

test('a prompt that fills the model by itself leaves nothing to cut', async () => {
  const [result] = await scored('cross-encoder', { text: long }, ['dog'], 'end');
  expect(result).toMatchObject({ ok: false, reason: expect.stringContaining('Nothing of the text') });
});

test('an embedder cuts at the end or at the start, and keeps what its tokenizer puts around', async () => {
  const text = `dog ${'fox '.repeat(100)}dog`;
  for (const [truncate, like] of [
    ['end', `dog ${'fox '.repeat(61)}`],
    ['start', `${'fox '.repeat(61)}dog`],
  ] as const) {
    const [cut, same] = (await embedded('embedder', [text, like], truncate)).vectors;
    if (!cut?.ok || !same?.ok) throw new Error('They were not read.');
    expect(cut).toMatchObject({ tokens: 64, truncated: 40 });
    expect(largest(cut.vector, same.vector)).toBeLessThan(1e-5);
  }
  const [refused] = (await embedded('embedder', [text])).vectors;
  expect(refused).toMatchObject({ ok: false, reason: expect.stringContaining('64') });
});

test('a step is never cut off: that text fails with the reason', async () => {
  const steps = Array.from({ length: 40 }, () => '12');
  const [end] = await scored('two-token', { text: '1' }, [steps], 'end');
  expect(end).toMatchObject({ ok: false, reason: expect.stringContaining('A step would be left out') });
  // the beginning of the prompt is no step
  const [start] = await scored('two-token', { text: '1'.repeat(60) }, [['1', '2']], 'start');
  expect(start).toMatchObject({ ok: true, tokens: 64 });
});

test("a special token in somebody's text is refused, not read as one", async () => {
  const [result] = await scored('cross-encoder', { text: 'fox' }, ['a [SEP] b']);
  expect(result).toMatchObject({ ok: false, reason: expect.stringContaining('[SEP]') });
  await expect(scored('cross-encoder', { text: 'a [CLS]' }, ['b'])).rejects.toMatchObject({ code: 'prompt_unsupported' });
});

test('what a model can do is listed', () => {
  const listed = Object.fromEntries(models.list().map((model) => [model.name, model]));
  expect(listed.embedder).toMatchObject({ kind: 'embedding', dimensions: 32, pooling: 'mean', normalized: true, context: 64 });
  expect(listed['embedder-last']).toMatchObject({ pooling: 'last' });
  expect(listed['cross-encoder']).toMatchObject({ kind: 'outcome' });
  expect(listed['two-token']).toMatchObject({ kind: 'process' });
});

test.each([
  {
    name: 'many labels and no choice',
    folder: 'heads/outcome-many',
    winnow: {},
    says: ['3 logits', '0 (bad), 1 (fair), 2 (good)'],
  },
  { name: 'a label that there is not', folder: 'heads/outcome-many', winnow: { label: 'best' }, says: ['"best"', '2 (good)'] },
  {
    name: 'a causal model without marks',
    folder: 'architectures/gpt2-optimum',
    winnow: { kind: 'process' },
    says: ['good_token'],
  },
  {
    name: 'a mark of two tokens',
    folder: 'architectures/gpt2-optimum',
    winnow: { kind: 'process', good_token: '++', bad_token: '-' },
    says: ['"++" is 2 tokens'],
  },
  { name: 'an embedder as an outcome reward', folder: 'heads/embedder', winnow: { kind: 'outcome' }, says: ['"logits"'] },
])('$name: the message says so', async ({ folder, winnow, says }) => {
  const failure = await loadModel(library, 'm', configured(folder, winnow), modelConfig.parse({ path: 'm' })).then(
    () => 'It was loaded.',
    (error: Error) => error.message,
  );
  for (const words of says) expect(failure).toContain(words);
});
