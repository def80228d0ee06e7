/**
 * SmolLM2-135M-Instruct in float32, served over HTTP, against Python's transformers (test/fixtures/smollm2/make.py). Where
 * the two best logits lie within 1e-3, another order of sums may choose the other one: from there on a text is not compared,
 * and such places are counted.
 */
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Backend, startBackend } from '../../gpu-backend/backend.ts';
import type { CandidateLine, Prompt } from '../../schemas/backend.ts';
import { config } from '../../schemas/config.ts';
import { Tokenizer } from '../../src/tokens/tokenizer.ts';
import { generateBody, lines, post } from '../gpu-backend/served.ts';

type Said = ({ text: string } | { message: string }) & {
  readonly ids: readonly number[];
  readonly tokens: readonly number[];
  readonly logprobs: readonly number[];
  /** Distance of the two best logits, by place, where it is below 1e-3. */
  readonly close?: Readonly<Record<string, number>>;
};

const root = `${import.meta.dirname}/../../`;
const cache = 'bench/models/.cache/smollm2/fp32';
const here = existsSync(`${root}${cache}/model.onnx`);
const fixtures = `${root}test/fixtures/`;
const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
const { prompts, hard }: { prompts: readonly Said[]; hard: readonly (readonly number[])[] } = read(
  `${fixtures}smollm2/expected.json`,
);

describe.skipIf(!here)(`SmolLM2 in float32${here ? '' : ' (not here: bench/models/smollm2.sh makes it)'}`, () => {
  let backend: Backend;
  beforeAll(async () => {
    const models = { smollm2: { path: cache, max_kv_bytes: 1 << 30 } };
    backend = await startBackend({
      config: config.parse({ default_policy: 'none', models }),
      configFolder: root,
      host: '127.0.0.1',
      port: 0,
    });
  }, 120_000);
  afterAll(() => backend?.close());

  const write = async (said: Said): Promise<CandidateLine> => {
    const prompt: Prompt = 'text' in said ? { text: said.text } : { messages: [{ role: 'user', content: said.message }] };
    const body = generateBody({
      model: 'smollm2',
      prompt,
      prefixes: [{ id: '0', text: '', count: 1, first_child: 0, max_tokens: 64 }],
      sampling: { temperature: 0, top_p: 1, top_k: 0, min_p: 0, max_tokens: 64, stop: [] },
      top_logprobs: 0,
      deadline_ms: 600_000,
    });
    const all = await lines(await post(`${backend.url}/generate`, body));
    const candidate = all.find((line): line is CandidateLine => line.type === 'candidate');
    if (!candidate) throw new Error(JSON.stringify(all));
    return candidate;
  };

  test('50 prompts of different lengths, written together, are greedily those of Python, with its log-probabilities', async () => {
    const written = await Promise.all(prompts.map(write));
    let ties = 0;
    let compared = 0;
    for (const [index, candidate] of written.entries()) {
      const { tokens, logprobs, close = {} } = prompts[index]!;
      const differs = tokens.findIndex((token, place) => candidate.tokens![place] !== token);
      const until = differs < 0 ? tokens.length : differs;
      if (differs >= 0) {
        expect(close, `prompt ${index}, token ${differs}`).toHaveProperty(String(differs));
        ties++;
      }
      for (let place = 0; place < until; place++) {
        const off = Math.abs(candidate.logprobs![place]!.logprob - logprobs[place]!);
        expect(off, `prompt ${index}, token ${place}`).toBeLessThan(1e-3);
        compared++;
      }
    }
    console.log(`SmolLM2: ${compared} greedy tokens of 50 prompts equal Python's; ${ties} texts part at a tie.`);
    expect(compared).toBeGreaterThan(2000);
  }, 900_000);

  test('its tokenizer reads hard texts and prompts as Python does', () => {
    const tokenizer = new Tokenizer(read(`${root}${cache}/tokenizer.json`), read(`${root}${cache}/tokenizer_config.json`));
    const { texts } = read(`${fixtures}tokens/expected.json`) as { texts: readonly string[] };
    const wrong = texts.filter((text, index) => {
      const wanted = hard[index]!;
      return tokenizer.encodeWhole(text).join() !== wanted.join();
    });
    expect(wrong).toEqual([]);
    for (const said of prompts) if ('text' in said) expect(tokenizer.encodeWhole(said.text)).toEqual(said.ids);
  });
});
