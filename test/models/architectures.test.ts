/** Tiny models of several architectures and layouts against PyTorch; test/fixtures/tiny-models/make_architectures.py. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Engine } from '../../gpu-backend/engine/engine.ts';
import type { LanguageModel } from '../../gpu-backend/models/language-model.ts';
import { loadModel } from '../../gpu-backend/models/load.ts';
import { openLibrary } from '../../gpu-backend/ort/library.ts';
import { modelConfig } from '../../schemas/config.ts';
import { branch, generation, write } from '../gpu-backend/generation.ts';

interface Said {
  readonly ids: readonly number[];
  /** Of each position, [length, vocabulary]. */
  readonly logits: readonly (readonly number[])[];
  readonly greedy: readonly number[];
  readonly logprobs: readonly number[];
}

const folder = `${import.meta.dirname}/../fixtures/tiny-models/architectures/`;
const expected: Readonly<Record<string, readonly Said[]>> = JSON.parse(readFileSync(`${folder}expected.json`, 'utf8'));
const library = await openLibrary();

/** How each keeps its past, its end tokens, heads of a cache, and how far logits may be from float32. */
const models = [
  { name: 'qwen3-genai', past: undefined, ends: [1, 20], heads: 2, off: 1e-4 },
  { name: 'qwen3-transformers-js', past: undefined, ends: [1], heads: 2, off: 1e-4 },
  { name: 'qwen3-positions-float16', past: undefined, ends: [1], heads: 2, off: 0.5 },
  { name: 'gpt2-optimum', past: 'masked', ends: [1], heads: 2, off: 1e-4 },
  { name: 'gpt2-positions-from-past', past: 'exact', ends: [1], heads: 2, off: 1e-4 },
  { name: 'gpt2-int8-cache', past: 'masked', ends: [1], heads: 2, off: null },
  { name: 'neox-merged', past: 'masked', ends: [1], heads: 4, off: 1e-4 },
  { name: 'neox-without-past', past: 'none', ends: [1], heads: 1, off: 1e-4 },
  { name: 'gemma-optimum', past: 'exact', ends: [1, 20], heads: 1, off: 1e-4 },
  { name: 'gemma-float16', past: 'exact', ends: [1], heads: 1, off: 0.5 },
  { name: 'bloom-optimum', past: 'masked', ends: [1], heads: 4, off: 1e-4 },
] as const;

const load = async (name: string): Promise<LanguageModel & { past?: string }> => {
  const model = await loadModel(library, name, folder + name, modelConfig.parse({ path: name }));
  if (model.kind !== 'policy') throw new Error(`${name} is no policy.`);
  return model;
};

describe.each(models)('$name', ({ name, past, ends, heads, off }) => {
  let model: LanguageModel & { past?: string };
  beforeAll(async () => {
    model = await load(name);
  });
  afterAll(() => model.release());

  const buffer = (maxRows = 3, capacity = 64) => ({
    capacity,
    maxRows,
    arrays: model.caches.map(({ heads, bytes }) => new Uint8Array(maxRows * heads * capacity * bytes)),
  });

  test('heads, context, ends and the way of its past are read from files and graph', () => {
    expect(model).toMatchObject({ context: 64, vocabulary: 37, endTokens: new Set(ends) });
    expect(model.past).toBe(past);
    expect(new Set(model.caches.map(({ heads }) => heads))).toEqual(new Set([heads]));
  });

  test('logits of every position are those of PyTorch, read at once or in two parts', async () => {
    const rows = model.rows(buffer());
    for (const { ids, logits } of expected[name]!) {
      for (const cut of [0, 1, Math.ceil(ids.length / 2)]) {
        if (cut >= ids.length) continue;
        if (cut > 0) await rows.read({ row: 1, tokens: ids.slice(0, cut), past: 0, temperature: 1, wanted: 'last' });
        const { logits: given } = await rows.read({ row: 1, tokens: ids.slice(cut), past: cut, temperature: 1, wanted: 'each' });
        expect(given.length).toBe((ids.length - cut) * 37);
        if (off !== null) expect(largest(given, logits.slice(cut).flat())).toBeLessThan(off);
      }
    }
    rows.release();
  });

  test('rows of different lengths that decode together say what each says alone', async () => {
    const rows = model.rows(buffer());
    const texts = expected[name]!.map(({ ids }) => [...ids, 5]);
    const alone: Float32Array[] = [];
    for (const text of texts)
      alone.push((await rows.read({ row: 0, tokens: text, past: 0, temperature: 1, wanted: 'last' })).logits.slice());
    for (const [row, text] of texts.entries()) {
      if (text.length > 1) await rows.read({ row, tokens: text.slice(0, -1), past: 0, temperature: 1, wanted: 'last' });
    }
    const { logits, probabilities } = await rows.decode({
      tokens: texts.map((text) => text.at(-1)!),
      lengths: texts.map((text) => text.length - 1),
      temperatures: [1, 0.5, 2],
    });
    for (const [row, wanted] of alone.entries()) {
      const given = logits.subarray(row * 37, (row + 1) * 37);
      expect(largest(given, Array.from(wanted))).toBeLessThan(off === null ? 1 : off);
      if (!probabilities) continue;
      const temperature = [1, 0.5, 2][row]!;
      const weights = Array.from(given, (logit) => Math.exp((logit - Math.max(...given)) / temperature));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      expect(
        largest(
          probabilities.subarray(row * 37, (row + 1) * 37),
          weights.map((weight) => weight / total),
        ),
      ).toBeLessThan(1e-5);
    }
    rows.release();
  });

  test('an engine over it writes greedily what PyTorch writes, to the end of the context', async () => {
    if (off !== 1e-4) return; // a rounded cache may take another way
    const engine = new Engine(model, { slots: 6, maxWaiting: 0, maxKvBytes: 1 << 24 });
    const sampling = { ...generation().sampling, temperature: 0 };
    const ask = ({ ids }: Said) =>
      generation({ prompt: [...ids], sampling, topLogprobs: 0, branches: [branch({ count: 2, maxTokens: 100 })] });
    const written = await Promise.all(expected[name]!.map((said) => write(engine, ask(said))));
    for (const [index, { lines, ended }] of written.entries()) {
      expect(ended.filter(({ ok }) => !ok)).toEqual([]);
      const { greedy, logprobs } = expected[name]![index]!;
      for (const id of ['0.0', '0.1']) {
        expect(lines[id]).toMatchObject({ tokens: greedy, finish: ends.includes(greedy.at(-1) as never) ? 'stop' : 'length' });
        const given = lines[id]!.logprobs!.map(({ logprob }) => logprob);
        expect(largest(given, logprobs.slice(0, given.length))).toBeLessThan(1e-3);
      }
    }
    await engine.close();
  });
});

function largest(given: ArrayLike<number>, wanted: readonly number[]): number {
  expect(given.length).toBe(wanted.length);
  return wanted.reduce((most, value, index) => Math.max(most, Math.abs(value - given[index]!)), 0);
}
