import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Engine } from '../../../gpu-backend/engine/engine.ts';
import { loadModel, type Model } from '../../../gpu-backend/models/load.ts';
import { Models } from '../../../gpu-backend/models.ts';
import { openLibrary } from '../../../gpu-backend/ort/library.ts';
import { score } from '../../../gpu-backend/scoring.ts';
import { modelConfig } from '../../../schemas/config.ts';
import { branch, generation, write } from '../generation.ts';

interface Expected {
  readonly prompts: readonly string[];
  /** After each prompt, [vocabulary]. */
  readonly logits: readonly (readonly number[])[];
  /** Most probable tokens until the end token or the end of the context. */
  readonly greedy: readonly (readonly number[])[];
  /** After the first prompt. */
  readonly scores: readonly { text: string; steps: string[]; outcome: number; process: number[] }[];
}

const folder = `${import.meta.dirname}/../../fixtures/tiny-models/`;
const expected = JSON.parse(readFileSync(`${folder}expected.json`, 'utf8')) as Expected;
const models = new Models();
let policy: Extract<Model, { kind: 'policy' }>;

beforeAll(async () => {
  const library = await openLibrary();
  for (const name of ['policy', 'outcome', 'process']) {
    const model = await loadModel(library, name, folder + name, modelConfig.parse({ path: name }));
    if (model.kind === 'policy') policy = model;
    else models.add(model, { slots: 1, maxWaiting: 1, maxKvBytes: 1 << 24 });
  }
});
afterAll(() => models.close());

const read = { row: 1, past: 0, temperature: 2, wanted: 'last' } as const;

const buffer = () => {
  const [capacity, maxRows] = [policy.context, 2];
  return {
    capacity,
    maxRows,
    arrays: policy.caches.map(({ heads, bytes }) => new Uint8Array(maxRows * heads * capacity * bytes)),
  };
};

test('logits after a prompt are those of PyTorch', async () => {
  const rows = policy.rows(buffer());
  for (const [index, prompt] of expected.prompts.entries()) {
    const { logits } = await rows.read({ ...read, tokens: policy.tokenizer.encode(prompt) });
    for (const [token, logit] of expected.logits[index]!.entries()) expect(logits[token]).toBeCloseTo(logit, 4);
  }
  rows.release();
});

test('a prompt read in two chunks, wherever it is cut, gives the logits of PyTorch', async () => {
  const rows = policy.rows(buffer());
  const [prompt, logits] = [policy.tokenizer.encode(expected.prompts[2]!), expected.logits[2]!];
  for (let cut = 1; cut < prompt.length; cut++) {
    await rows.read({ ...read, tokens: prompt.slice(0, cut) });
    const after = await rows.read({ ...read, tokens: prompt.slice(cut), past: cut });
    for (const [token, logit] of logits.entries()) expect(after.logits[token]).toBeCloseTo(logit, 4);
    const weights = logits.map((logit) => Math.exp(logit / 2));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (const [token, weight] of weights.entries()) expect(after.probabilities![token]).toBeCloseTo(weight / total, 5);
  }
  rows.release();
});

test('prompts of different lengths, decoded together to the end of the context, are greedily what PyTorch says of each', async () => {
  const engine = new Engine(policy, { slots: 6, maxWaiting: 0, maxKvBytes: 1 << 24 });
  const sampling = { ...generation().sampling, temperature: 0 };
  const ask = (prompt: string) =>
    generation({ prompt: policy.tokenizer.encode(prompt), sampling, branches: [branch({ count: 2, maxTokens: 100 })] });
  const written = await Promise.all(expected.prompts.map((prompt) => write(engine, ask(prompt))));
  for (const [index, { lines, ended }] of written.entries()) {
    expect(ended.filter(({ ok }) => !ok)).toEqual([]);
    const greedy = expected.greedy[index]!;
    const finish = greedy.at(-1) === 1 ? 'stop' : 'length';
    for (const id of ['0.0', '0.1']) expect(lines[id]).toMatchObject({ tokens: greedy, finish });
  }
  await engine.close();
});

test.each(['outcome', 'process'] as const)('%s scores of ragged texts are those of PyTorch', async (kind) => {
  const candidates = expected.scores.map(({ text, steps }, index) => ({ id: `${index}`, text, steps }));
  const request = { key: 'k', model: kind, prompt: { text: expected.prompts[0]! }, candidates, deadline_ms: 1000 };
  const { scores } = await score(models, request, new AbortController().signal);
  for (const [index, result] of scores.entries()) {
    if (!result.ok) throw new Error(result.reason);
    const wanted = expected.scores[index]!;
    expect(result.value).toBeCloseTo(kind === 'outcome' ? wanted.outcome : wanted.process.at(-1)!, 4);
    if (kind === 'process')
      for (const [step, value] of wanted.process.entries()) expect(result.steps![step]).toBeCloseTo(value, 4);
  }
});
