/** Rewards over tiny models with random weights, against PyTorch: test/fixtures/tiny-models/make_rewards.py. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { localPort } from '../../gpu-backend/local-port.ts';
import { loadModel } from '../../gpu-backend/models/load.ts';
import { Models } from '../../gpu-backend/models.ts';
import { openLibrary } from '../../gpu-backend/ort/library.ts';
import { modelConfig } from '../../schemas/config.ts';
import type { Score } from '../../src/operation.ts';
import { type Given, numberOf, readBy, throughPort } from './reading.ts';

interface Expected {
  readonly prompt: string;
  readonly texts: readonly string[];
  readonly references: readonly string[];
  readonly separator: string;
  readonly layout: object;
  readonly alternatives: number;
  readonly window: number;
  readonly beta: number;
  readonly certainty: readonly (Record<'self_certainty' | 'entropy' | 'confidence', readonly number[]> & {
    readonly lowest_group: number;
  })[];
  readonly implicit: readonly { readonly total: number; readonly steps: readonly number[]; readonly end: number }[];
  readonly information_gain: readonly (readonly number[])[];
  readonly separated: readonly (readonly number[])[];
  readonly verifier: {
    readonly question: string;
    readonly reference: string;
    readonly texts: readonly string[];
    readonly scores: readonly number[];
  };
  readonly similarity: readonly (readonly number[])[];
  readonly tensor: { readonly features: readonly (readonly number[])[]; readonly scores: readonly (readonly number[])[] };
}

const tiny = `${import.meta.dirname}/../fixtures/tiny-models/`;
const read = (path: string) => JSON.parse(readFileSync(tiny + path, 'utf8'));
const expected: Expected = read('rewards/expected.json');
const heads: { texts: string[] } = read('heads/expected.json');
const { texts, references } = expected;
const FOLDERS = {
  policy: 'policy',
  qwen3: 'architectures/qwen3-genai',
  outcome: 'outcome',
  verifier: 'heads/outcome-many',
  embedder: 'heads/embedder',
  graph: 'rewards/tensor',
};

const models = new Models();
let tells: NonNullable<Given['tells']>;
beforeAll(async () => {
  const library = await openLibrary();
  for (const [name, folder] of Object.entries(FOLDERS)) {
    const model = await loadModel(library, name, tiny + folder, modelConfig.parse({ path: folder, threads: 1 }));
    models.add(model, { slots: 4, maxWaiting: 4096, maxKvBytes: 1 << 24 });
  }
  tells = throughPort(localPort(models));
}, 60_000);
afterAll(() => models.close());

const scored = async (entry: object, candidates: readonly string[], given: Given = {}): Promise<readonly Score[]> =>
  (await readBy({ backend: 'local', ...entry }, candidates, { prompt: { text: expected.prompt }, tells, ...given })).scores;
const certain = async (more: object, given: Given = {}): Promise<readonly Score[]> => {
  const { alternatives, window } = expected;
  const entry = { kind: 'certainty', alternatives, window, ...more };
  return (await readBy(entry, texts, { prompt: { text: expected.prompt }, tells, ...given })).scores;
};
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const close = (got: readonly number[], wanted: readonly number[], within = 1e-4): void => {
  expect(got).toHaveLength(wanted.length);
  for (const [place, value] of wanted.entries()) expect(Math.abs(got[place]! - value), `number ${place}`).toBeLessThan(within);
};

describe('rewards of real models are those of PyTorch', () => {
  test.each(['self_certainty', 'entropy', 'confidence'] as const)('%s, its mean over the tokens', async (quantity) => {
    const scores = await certain({ quantity }, { options: { measure: 'mean' } });
    const sign = quantity === 'entropy' ? -1 : 1;
    close(
      scores.map(numberOf),
      expected.certainty.map((each) => sign * mean(each[quantity])),
    );
  });

  test('confidence, its least sure group', async () => {
    const scores = await certain({ quantity: 'confidence' });
    close(
      scores.map(numberOf),
      expected.certainty.map((each) => each.lowest_group),
    );
  });

  test('implicit: the whole, its steps, and with the end token', async () => {
    const entry = { kind: 'implicit', model: 'policy', reference_model: 'qwen3', beta: expected.beta };
    const without = await scored(entry, texts);
    const within = await scored({ ...entry, end_token: '<eos>' }, texts);
    for (const [place, { total, steps, end }] of expected.implicit.entries()) {
      close([numberOf(without[place]), numberOf(within[place])], [total, total + end]);
      // a step here ends with every newline; Python's lines do, too
      const told = without[place]!;
      close(told.ok ? (told.steps as number[]) : [], steps);
    }
  });

  test('information gain, of one right answer and of the better of two', async () => {
    const entry = { kind: 'information_gain', model: 'policy', separator: expected.separator };
    const both = await scored(entry, texts, { references });
    close(
      both.map(numberOf),
      expected.information_gain.map((gains) => Math.max(...gains)),
    );
    const first = await scored(entry, texts, { references: references.slice(0, 1) });
    close(
      first.map(numberOf),
      expected.information_gain.map(([gain]) => gain!),
    );
  });

  test('a classifier that reads prompt, right answer, a separator token, prompt and candidate', async () => {
    const entry = { kind: 'reference', model: 'outcome', output: 'logit', layout: expected.layout, aggregate: 'mean' };
    const scores = await scored(entry, texts, { references });
    close(scores.map(numberOf), expected.separated.map(mean));
    expect(scores[0]!.detail).toMatchObject({
      references: expected.separated[0]!.map((value) => ({ value: expect.closeTo(value, 4) })),
    });
  });

  test('a verifier that reads question and right answer as one text and the candidate as another', async () => {
    const { question, reference, texts: said, scores } = expected.verifier;
    const entry = { kind: 'reference', model: 'verifier', output: 'probability' };
    close((await scored(entry, said, { prompt: { text: question }, references: [reference] })).map(numberOf), scores);
  });

  test('similarity to each text as the right answer', async () => {
    for (const [place, text] of heads.texts.entries()) {
      const scores = await scored({ kind: 'similarity', model: 'embedder' }, heads.texts, { references: [text] });
      close(scores.map(numberOf), expected.similarity[place]!);
    }
  });

  test('a graph of counts and of the request’s features, in calls of two rows', async () => {
    const entry = {
      kind: 'tensor',
      model: 'graph',
      inputs: {
        counts: { from: 'measures', measures: ['characters', 'words', 'lines'] },
        features: { from: 'features', name: 'given' },
      },
      output_name: 'score',
      output_index: 1,
      max_rows: 2,
    };
    const options = { features: { given: expected.tensor.features } };
    const scores = await scored(entry, texts, { options });
    close(
      scores.map(numberOf),
      expected.tensor.scores.map(([, second]) => second!),
    );
    // a number for all of them is no score of each
    expect((await scored({ ...entry, output_name: 'total' }, texts, { options }))[0]).toEqual({
      ok: false,
      reason: 'output_of_another_shape',
    });
  });

  test('a text that a model cannot read fails alone, with the reason', async () => {
    const hostile = ['9', 'Ω', '<eos>', '1'.repeat(200), ''];
    const entries = [
      { kind: 'implicit', model: 'policy', reference_model: 'qwen3' },
      { kind: 'information_gain', model: 'policy' },
      { kind: 'certainty', quantity: 'self_certainty' },
      { kind: 'certainty', quantity: 'confidence' },
    ];
    for (const { kind, ...entry } of entries) {
      const whole = kind === 'certainty' ? { kind, ...entry } : { kind, backend: 'local', ...entry };
      const { scores } = await readBy(whole, hostile, { prompt: { text: expected.prompt }, references: ['3'], tells });
      expect(
        scores.map(({ ok }) => ok),
        kind,
      ).toEqual([true, false, false, false, kind === 'information_gain']);
      for (const score of scores) if (!score.ok) expect(score.reason).not.toBe('');
    }
  });
});
