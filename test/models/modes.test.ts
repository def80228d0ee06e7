/**
 * Greedy tokens are the same however they come about: alone, in a batch of rows of different lengths, in chunks, from what
 * is kept, forked, given way and gone on with. Two logits close to each other may change places: a text may differ from
 * there on, and such places are counted. Close is 1e-3 for float32. Where activations are quantised on the way (the int8
 * export does, in blocks), a difference in the seventh digit may move one by a whole step.
 */
import { existsSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { Engine, type EngineLimits } from '../../gpu-backend/engine/engine.ts';
import type { LanguageModel } from '../../gpu-backend/models/language-model.ts';
import { loadModel } from '../../gpu-backend/models/load.ts';
import { openLibrary } from '../../gpu-backend/ort/library.ts';
import { modelConfig } from '../../schemas/config.ts';
import { branch, generation, write } from '../gpu-backend/generation.ts';

const root = `${import.meta.dirname}/../../`;
const folders = [
  { name: 'the tiny policy', folder: 'test/fixtures/tiny-models/policy', tokens: 40, close: 1e-3 },
  { name: 'SmolLM2, float32', folder: 'bench/models/.cache/smollm2/fp32', tokens: 32, close: 1e-3 },
  { name: 'SmolLM2, int8 weights', folder: 'bench/models/.cache/smollm2/int8', tokens: 32, close: 0.3 },
];
const engines: Engine[] = [];
afterAll(async () => {
  for (const engine of engines) await engine.close();
});

const open = (model: LanguageModel, limits: Partial<EngineLimits> = {}): Engine => {
  const engine = new Engine(model, { slots: 8, maxWaiting: 1000, maxKvBytes: 1 << 29, ...limits });
  engines.push(engine);
  return engine;
};

for (const { name, folder, tokens: count, close } of folders) {
  const here = existsSync(`${root}${folder}/model.onnx`);
  test.skipIf(!here)(
    `${name}: greedy tokens are the same in every way of running${here ? '' : ' (not here: bench/models/smollm2.sh makes it)'}`,
    async () => {
      const model = await loadModel(await openLibrary(), 'policy', root + folder, modelConfig.parse({ path: folder }));
      if (model.kind !== 'policy') throw new Error('It is no policy.');
      const prompts = promptsFor(model, count);
      const judge = open(model);
      let ties = 0;
      const compare = async (way: string, all: readonly (readonly number[])[], expected: readonly (readonly number[])[]) => {
        for (const [index, tokens] of all.entries()) {
          const at = tokens.findIndex((token, place) => token !== expected[index]![place]);
          if (at < 0) continue;
          const gap = await gapAt(judge, prompts[index]!, expected[index]!.slice(0, at));
          expect(gap, `${way}, prompt ${index}, token ${at}`).toBeLessThan(close);
          ties++;
        }
      };

      const alone: number[][] = [];
      for (const prompt of prompts) alone.push(await greedy(open(model), prompt, count));
      const batched = open(model);
      const together = (engine: Engine) => Promise.all(prompts.map((prompt) => greedy(engine, prompt, count)));
      await compare('together', await together(batched), alone);
      await compare('from what is kept', await together(batched), alone);
      await compare('in little memory', await together(open(model, littleMemory(model, prompts, count))), alone);
      const forked = open(model);
      await compare('in steps, forked', await Promise.all(prompts.map((prompt) => inSteps(forked, prompt, count))), alone);
      console.log(`${name}: ${ties} of ${4 * prompts.length} texts part at two logits within ${close}.`);
    },
    600_000,
  );
}

const settings = { temperature: 0, top_p: 1, top_k: 0, min_p: 0, max_tokens: 1000, stop: [] };

async function greedy(engine: Engine, prompt: readonly number[], maxTokens: number): Promise<number[]> {
  const asked = generation({ prompt, sampling: settings, ignoreEnd: true, branches: [branch({ maxTokens, tokens: [] })] });
  return (await write(engine, asked)).lines['0.0']!.tokens!;
}

/** Each third of the way the text is forked into three, and one of them goes on. */
async function inSteps(engine: Engine, prompt: readonly number[], maxTokens: number): Promise<number[]> {
  const tokens: number[] = [];
  const step = Math.ceil(maxTokens / 3);
  while (tokens.length < maxTokens) {
    const branches = [branch({ tokens: [...tokens], count: 3, maxTokens: Math.min(step, maxTokens - tokens.length) })];
    const { lines } = await write(engine, generation({ prompt, sampling: settings, ignoreEnd: true, branches }));
    tokens.push(...lines['0.1']!.tokens!);
  }
  return tokens;
}

/** Prompts of very different lengths, some with a common beginning, some longer than a chunk. */
function promptsFor({ tokenizer, context, vocabulary }: LanguageModel, count: number): number[][] {
  const text = 'Once upon a time there was a number, and it was large: 1234567890. It met another one, and they were added up. ';
  const longest = Math.min(context - count - 1, 300);
  const ids =
    vocabulary > 1000 ? tokenizer.encode(text.repeat(20)) : Array.from({ length: 400 }, (_, place) => 3 + ((place * 7) % 20));
  return [1, 2, 5, 17, 63, 64, 65, 130, 131, 300].map((length) => ids.slice(0, Math.min(length, longest)));
}

/** Room for two texts of the longest kind: most give way at some time. */
function littleMemory({ caches }: LanguageModel, prompts: readonly (readonly number[])[], count: number): Partial<EngineLimits> {
  const position = caches.reduce((sum, { heads, bytes }) => sum + heads * bytes, 0);
  const longest = Math.max(...prompts.map(({ length }) => length)) + count;
  return { maxKvBytes: 3 * Math.ceil(longest / 256) * 256 * position };
}

/** Between the two best logits after these tokens. */
async function gapAt(engine: Engine, prompt: readonly number[], tokens: readonly number[]): Promise<number> {
  const sampling = { ...settings, temperature: 1 };
  const branches = [branch({ tokens, maxTokens: 1 })];
  const { lines } = await write(engine, generation({ prompt, sampling, topLogprobs: 2, ignoreEnd: true, branches }));
  const [best, second] = lines['0.0']!.logprobs![0]!.top!;
  return best!.logprob - second!.logprob;
}
