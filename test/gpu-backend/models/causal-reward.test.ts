/**
 * Process rewards on a past and without one: tiny causal language models (test/fixtures/tiny-models/make_architectures.py), and
 * the token classifier that ships.
 */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PrefixReader } from '../../../gpu-backend/engine/prefix-reader.ts';
import { loadModel } from '../../../gpu-backend/models/load.ts';
import type { RewardModel } from '../../../gpu-backend/models/reward-model.ts';
import { openLibrary } from '../../../gpu-backend/ort/library.ts';
import { modelConfig } from '../../../schemas/config.ts';
import type { RewardInput } from '../../../src/tokens/reward-row.ts';

const architectures = `${import.meta.dirname}/../../fixtures/tiny-models/architectures/`;
const WINNOW = { kind: 'process', good_token: '+', bad_token: '-', step_separator: '\n', context: 64 };
const library = await openLibrary();
const folder = mkdtempSync(join(tmpdir(), 'winnow-causal-reward-'));
const rewards = new Map<string, RewardModel>();
const CLASSIFIER = 'token classifier';

/** Whose rows a past can be given to together, and those whose attention takes one. */
const TOGETHER = ['gpt2-optimum', 'gpt2-positions-from-past', 'bloom-optimum', 'gemma-optimum'];
const SINGLY = ['qwen3-transformers-js', 'qwen3-genai'];

beforeAll(async () => {
  for (const name of [...TOGETHER, ...SINGLY, 'neox-without-past', 'gpt2-int8-cache', 'gemma-float16']) {
    const path = join(folder, name);
    cpSync(architectures + name, path, { recursive: true });
    const config = join(path, 'config.json');
    const own = existsSync(config) ? JSON.parse(readFileSync(config, 'utf8')) : { head_dim: 16 };
    writeFileSync(config, JSON.stringify({ ...own, winnow: WINNOW }));
    rewards.set(name, (await loadModel(library, name, path, modelConfig.parse({ path }))) as RewardModel);
  }
  const path = `${import.meta.dirname}/../../../gpu-backend/weights/process`;
  rewards.set(CLASSIFIER, (await loadModel(library, CLASSIFIER, path, modelConfig.parse({ path }))) as RewardModel);
});
afterAll(() => {
  for (const reward of rewards.values()) reward.release();
  rmSync(folder, { recursive: true });
});

test('what a graph can do with a past is found out as it is loaded', () => {
  for (const name of [...TOGETHER, CLASSIFIER])
    expect(rewards.get(name)!.past, name).toMatchObject({ rows: Number.POSITIVE_INFINITY });
  for (const name of SINGLY) expect(rewards.get(name)!.past, name).toMatchObject({ rows: 1 });
  expect(rewards.get('neox-without-past')!.past).toBeNull();
});

/** Beginnings, and what may follow each: texts that share parts of any length, in few letters. */
const part = fc.array(fc.integer({ min: 3, max: 8 }), { minLength: 1, maxLength: 9 });
const trees = fc.array(fc.tuple(fc.nat(3), part, fc.boolean()), { minLength: 1, maxLength: 14 }).map((parts) => {
  const texts: RewardInput[] = [];
  for (const [from, ids, same] of parts) {
    const before = texts.length > 0 && !same ? texts[from % texts.length]! : { ids: [], stepEnds: [] };
    if (before.ids.length + ids.length > 60) continue;
    const whole = [...before.ids, ...ids];
    texts.push({ ids: whole, stepEnds: [...before.stepEnds, whole.length - 1] });
  }
  return texts;
});

const differences = (given: readonly number[][], wanted: readonly number[][]): number[] =>
  wanted.flatMap((row, index) => row.map((value, step) => Math.abs(value - given[index]![step]!)));

test.each(
  [...TOGETHER, ...SINGLY]
    .map((name) => ({ name, least: 1e-5 }))
    .concat([
      { name: 'gemma-float16', least: 1e-4 },
      { name: 'gpt2-int8-cache', least: 0.03 },
      { name: CLASSIFIER, least: 1e-5 },
    ]),
)('$name: texts of random trees score as they do when each is read whole and alone', async ({ name, least }) => {
  const model = rewards.get(name)!;
  await fc.assert(
    fc.asyncProperty(trees, fc.integer({ min: 1, max: 6 }), fc.constantFrom(1 << 22, 80_000), async (texts, size, bytes) => {
      const reader = new PrefixReader(model.past!, bytes);
      const alone: number[][] = [];
      for (const text of texts) alone.push(...(await model.read([text])));
      const kept: number[][] = [];
      for (let at = 0; at < texts.length; at += size) kept.push(...(await reader.read(texts.slice(at, at + size))));
      expect(kept.map(({ length }) => length)).toEqual(texts.map(({ stepEnds }) => stepEnds.length));
      expect(Math.max(...differences(kept, alone))).toBeLessThan(least);
    }),
    { numRuns: 25 },
  );
});
