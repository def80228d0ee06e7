/** The outcome reward model inside the Worker: the adapter alone, then the whole app with no backend anywhere. */
import { exports } from 'cloudflare:workers';
import runtime from 'onnxruntime-web/ort-wasm-simd-threaded.wasm';
import { expect, inject, test } from 'vitest';
import { edgeOnnx } from '#edge-onnx';
import weights from '../../gpu-backend/weights/outcome/model.onnx';
import tokenizer from '../../gpu-backend/weights/outcome/tokenizer.json';
import processWeights from '../../gpu-backend/weights/process/model.onnx';
import type { RawScore, ScoreRequest } from '../../schemas/backend.ts';
import { jinaAnswer } from '../../schemas/rerank.ts';
import { scoreAnswer } from '../../schemas/score.ts';
import type { BundledModel } from '../../src/backends/edge-onnx/models.ts';
import { OrtRuntime } from '../../src/backends/edge-onnx/runtime.ts';
import { edgeOnnx as edgeOnnxOf } from '../../src/backends/edge-onnx.ts';
import { unsureProcess } from '../unsure-process.ts';

const port = edgeOnnx();
const native = inject('native');
const [puzzle] = native;
const never = new AbortController().signal;

const request = (texts: readonly string[], more: Partial<ScoreRequest> = {}): ScoreRequest => ({
  key: 'edge',
  model: 'puzzle-outcome',
  prompt: puzzle!.prompt,
  candidates: texts.map((text, index) => ({ id: String(index), text })),
  deadline_ms: 60_000,
  ...more,
});
const scored = async (texts: readonly string[], more: Partial<ScoreRequest> = {}, signal = never) =>
  (await port.score(request(texts, more), signal)).scores;
const value = (score: RawScore | undefined): number => {
  if (!score?.ok) throw new Error(`It was not scored: ${score?.reason}`);
  return score.value;
};

/** 64 texts of 2 to 128 tokens: several batches. */
const many = Array.from({ length: 64 }, (_, index) => '2012347689'.repeat(13).slice(0, 2 * (index + 1)));

/** What may differ between two orders of adding the same float32 numbers. */
const TOLERANCE = 1e-4;

test('model and first batch take one turn of the event loop: a request that is cut off leaves no promise open to others', async () => {
  let turns = 0;
  const turn = setTimeout(() => turns++, 0);
  expect(value((await scored(['1', '2']))[0])).toBeTypeOf('number'); // the first test: nothing was loaded before
  expect(turns).toBe(0);
  clearTimeout(turn);
});

test.each(native)('$prompt: scores are those of the backend', async ({ prompt, texts, scores }) => {
  const here = await scored(texts, { prompt });
  expect(here.map(({ id }) => id)).toEqual(scores.map(({ id }) => id));
  for (const [place, score] of here.entries()) {
    expect(Math.abs(value(score) - value(scores[place]))).toBeLessThanOrEqual(TOLERANCE);
    expect(score).toMatchObject({ tokens: (scores[place] as { tokens: number }).tokens });
  }
});

test.each(inject('others'))('$name: model $model says what it says in the backend', async ({ name: _, scores, ...asked }) => {
  const here = (await port.score(request([], asked), never)).scores;
  expect(here).toHaveLength(scores.length);
  expect(scores.some(({ ok }) => ok)).toBe(true);
  for (const [place, there] of scores.entries()) {
    const score = here[place]!;
    if (!there.ok) {
      expect(score).toEqual(there);
      continue;
    }
    const numbers = ({ value, steps = [] }: typeof there) => [value, ...steps];
    if (!score.ok) throw new Error(`It was not scored: ${score.reason}`);
    const [given, wanted] = [numbers(score), numbers(there)];
    expect(given).toHaveLength(wanted.length);
    for (const [step, number] of given.entries()) expect(Math.abs(number - wanted[step]!)).toBeLessThanOrEqual(TOLERANCE);
    expect([score.tokens, score.truncated]).toEqual([there.tokens, there.truncated]);
  }
});

test('64 candidates at once have the scores that each has alone, in their order', async () => {
  const together = await scored(many);
  for (const place of [0, 1, 17, 40, 63]) {
    const [alone] = await scored([many[place]!]);
    expect(together[place]!.id).toBe(String(place));
    expect(Math.abs(value(together[place]) - value(alone))).toBeLessThanOrEqual(TOLERANCE);
  }
});

test('requests at the same time, of this model over one memory, do not disturb each other', async () => {
  const alone = await Promise.all([scored(puzzle!.texts), scored(many)].map((scores) => scores.then((list) => list.map(value))));
  const beside = await Promise.all([scored(many), scored(puzzle!.texts), scored(many)]);
  expect(beside.map((scores) => scores.map(value))).toEqual([alone[1], alone[0], alone[1]]);
});

test('the runtime does one thing after another, also after one that failed', async () => {
  const runtime = new OrtRuntime({} as WebAssembly.Module);
  const said: string[] = [];
  const work = async (name: string) => {
    said.push(`${name} begins`);
    await null;
    said.push(`${name} ends`);
    if (name === 'b') throw new Error('b failed');
  };
  const ends = await Promise.allSettled(['a', 'b', 'c'].map((name) => runtime.inTurn(() => work(name))));
  expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(said).toEqual(['a', 'b', 'c'].flatMap((name) => [`${name} begins`, `${name} ends`]));
});

test('equal texts are read once', async () => {
  const { scores, usage } = await port.score(request(['1', '1', '2', '1']), never);
  expect(usage).toMatchObject({ calls: 1, candidates: 2 });
  expect(value(scores[0])).toBe(value(scores[3]));
});

test('an empty text is the prompt alone', async () => {
  const [score] = await scored(['']);
  expect(score).toMatchObject({ ok: true });
});

test('a text that cannot be read fails alone, and says why', async () => {
  const scores = await scored(['1', 'größer', '1'.repeat(300), '2']);
  expect(scores.map(({ ok }) => ok)).toEqual([true, false, false, true]);
  expect(scores[1]).toMatchObject({ reason: expect.stringContaining('The character "g" at position 0') });
  expect(scores[2]).toMatchObject({ reason: expect.stringContaining('this model reads 256') });
});

test.each([
  { name: 'a prompt that is too long', prompt: { text: '1'.repeat(300) }, code: 'context_length_exceeded' },
  { name: 'a prompt of unknown characters', prompt: { text: 'größer' }, code: 'prompt_unsupported' },
  { name: 'an unknown model', model: 'another', code: 'model_not_found' },
])('$name is $code', async ({ name: _, code, ...change }) => {
  await expect(scored(['1'], change)).rejects.toMatchObject({ code });
});

test('a caller who leaves between two batches is not worked for', async () => {
  const leaving = new AbortController();
  const scores = scored(many, {}, leaving.signal);
  setTimeout(() => leaving.abort(), 0);
  const reasons = (await scores).map((score) => (score.ok ? 'read' : score.reason));
  expect(new Set(reasons)).toEqual(new Set(['read', 'The caller left.']));
});

test('a text that was not read in time says so', async () => {
  const scores = await scored(many, { deadline_ms: 1 });
  expect(scores.at(-1)).toMatchObject({ ok: false, reason: expect.stringContaining('time') });
});

test('it writes nothing', () => {
  expect(() => port.generate({} as never, never)).toThrow(expect.objectContaining({ code: 'capability_missing' }));
});

test('it lists its models and is ready', async () => {
  const models = await port.models(never);
  expect(models.map(({ name, kind, context }) => [name, kind, context])).toEqual([
    ['puzzle-outcome', 'outcome', 256],
    ['puzzle-process', 'process', 256],
    ['cross-encoder', 'outcome', 64],
    ['many-labels', 'outcome', 64],
    ['conversation', 'outcome', 64],
  ]);
  for (const { fingerprint } of models) expect(fingerprint).toMatch(/^[0-9a-f]{12}$/);
  expect((await port.score(request(['1']), never)).fingerprint).toBe(models[0]!.fingerprint);
  expect(await port.ready(never)).toBe(true);
});

const post = async (path: string, body: unknown): Promise<[status: number, body: unknown]> => {
  const headers = { 'content-type': 'application/json' };
  const request = new Request(`http://winnow${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  const response = await exports.default.fetch(request);
  return [response.status, await response.json()];
};
const prompt = 'Use 3, 7, 12, 20 to make 45.';

test('/v1/score without any backend', async () => {
  const [status, body] = await post('/v1/score', { prompt, candidates: [...puzzle!.texts, 'größer'] });
  expect(status).toBe(200);
  const outcomes = scoreAnswer.parse(body).data.map(({ scores }) => scores.outcome);
  expect(outcomes.pop()).toMatchObject({ ok: false, reason: expect.stringContaining('vocabulary') });
  const values = outcomes.map((outcome) => (outcome?.ok ? outcome.value : Number.NaN));
  for (const [place, score] of puzzle!.scores.entries())
    expect(Math.abs(values[place]! - value(score))).toBeLessThanOrEqual(TOLERANCE);
});

test('/v1/rerank without any backend: the order is that of the scores', async () => {
  const documents = many.slice(0, 16);
  const [status, body] = await post('/v1/rerank', { model: 'outcome', query: prompt, documents });
  expect(status).toBe(200);
  const scores = (await scored(documents, { prompt: { messages: [{ role: 'user', content: prompt }] } })).map(value);
  const order = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b);
  expect(jinaAnswer.parse(body).results.map(({ index }) => index)).toEqual(order);
});

test('/v1/score with a process reward and without any backend: one number a step, reduced', async () => {
  const [text] = puzzle!.texts;
  const [status, body] = await post('/v1/score', { prompt, candidates: [text], rewards: ['steps'] });
  expect(status).toBe(200);
  const score = scoreAnswer.parse(body).data[0]!.scores.steps!;
  if (!score.ok) throw new Error(score.reason);
  expect(score.steps).toHaveLength(3);
  expect(score.value).toBe(Math.min(...(score.steps as number[]))); // the reduction of the config
});

test('4,096 documents to rerank: each has a place, and others are served meanwhile', async () => {
  // 64 different ones: what is equal is read once
  const documents = Array.from({ length: 4096 }, (_, index) => many[(index * 37) % 64]!);
  const body = { model: 'outcome', query: prompt, documents, return_documents: false };
  const [[status, answer], [besides]] = await Promise.all([
    post('/v1/rerank', body),
    post('/v1/score', { prompt, candidates: ['1'], rewards: ['outcome'] }),
  ]);
  expect([status, besides]).toEqual([200, 200]);
  const results = jinaAnswer.parse(answer).results;
  expect(new Set(results.map(({ index }) => index)).size).toBe(4096);
  expect(results.map((each) => each.relevance_score)).toEqual(
    results.map((each) => each.relevance_score).toSorted((a, b) => b - a),
  );
});

test('a candidate of a megabyte fails alone, without being tokenised', async () => {
  const began = performance.now();
  const [wide, spaces, small] = await scored(['7'.repeat(1_048_576), ' '.repeat(1_048_576), '1']);
  expect(wide).toMatchObject({ ok: false, reason: expect.stringContaining('this model reads 256') });
  expect(spaces).toMatchObject({ ok: false, reason: expect.stringContaining('this model reads 256') });
  expect(small).toMatchObject({ ok: true });
  expect(performance.now() - began).toBeLessThan(5000); // two runs of the model are a few ms; a megabyte of spaces took 10 s
});

/** The embedded outcome reward out of its folder, with some of it changed. */
const changed = (change: Partial<BundledModel>) => {
  const model: BundledModel = {
    name: 'puzzle-outcome',
    kind: 'outcome',
    context: 256,
    padding: { id: 0, side: 'right' },
    reading: { input: 'continuation', append: [], separator: [] },
    readout: { label: 0, activation: 'none' },
    fingerprint: '',
    weights,
    tokenizer,
    tokenizerConfig: {},
    template: null,
    special: {},
  };
  return edgeOnnxOf({ runtime, models: [{ ...model, ...change }] });
};

test('numbers that are not finite are failures of those texts', async () => {
  const broken = new Uint8Array(weights.slice(0));
  broken.fill(0xff, 2_000_000, 2_000_400); // in the middle of a matrix: a hundred times NaN
  const nan = changed({ weights: broken.buffer });
  const { scores, usage } = await nan.score(request(['1', '2']), never);
  expect(scores).toEqual(['0', '1'].map((id) => ({ id, ok: false, reason: 'The reward model gave NaN.' })));
  expect(usage).toEqual({ calls: 1, candidates: 0, tokens: 0 });
});

test('a process reward that has no number for some steps tells the others of the failed text', async () => {
  const steps = ['12 - 7 = 5 | 3 5 20\n', '20 - 5 = 11 | 3 11\n', '11 * 3 = 45 | 45'];
  const asked = { ...request([]), candidates: [{ id: '0', text: steps.join(''), steps }] };
  const process = { kind: 'process' as const, readout: { label: 1, activation: 'softmax' as const } };
  const changes = [processWeights, unsureProcess(new Uint8Array(processWeights)).buffer as ArrayBuffer];
  const [sure, unsure] = await Promise.all(changes.map((weights) => changed({ ...process, weights }).score(asked, never)));
  const [whole] = sure!.scores;
  const known = (whole as { steps: number[] }).steps.map((step) => (step < 0.5 ? null : expect.closeTo(step, 4)));
  expect(known).toContain(null);
  expect(unsure!.scores).toEqual([{ id: '0', ok: false, reason: 'The reward model gave NaN.', steps: known }]);
});

test('weights that were cut off are an error that names the model, each time, and not ready', async () => {
  const cut = changed({ weights: weights.slice(0, 1_000_000) });
  for (let attempt = 0; attempt < 2; attempt++)
    await expect(cut.score(request(['1']), never)).rejects.toMatchObject({
      code: 'backend_error',
      message: 'The reward model "puzzle-outcome" cannot be loaded in this Worker.',
    });
  expect(await cut.ready(never)).toBe(false);
  expect(value((await scored(['1']))[0])).toBeTypeOf('number'); // others go on
});

test('what needs a policy is refused, and told what to do', async () => {
  const [status, body] = await post('/v1/best-of-n', { prompt, n: 2 });
  expect(status).toBe(422);
  expect(body).toMatchObject({ error: { code: 'capability_missing', message: expect.stringContaining('edge_onnx') } });
});

test('/readyz says that the model is loaded', async () => {
  const response = await exports.default.fetch('http://winnow/readyz');
  expect(await response.json()).toEqual({ status: 'ok', backends: { edge: 'ok' } });
});
