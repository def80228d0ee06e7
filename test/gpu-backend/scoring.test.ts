import { expect, test } from 'vitest';
import type { Generation } from '../../gpu-backend/engine/call.ts';
import { Scorer } from '../../gpu-backend/engine/scorer.ts';
import { Models } from '../../gpu-backend/models.ts';
import { CandidateScorer, score } from '../../gpu-backend/scoring.ts';
import type { GenerateLine, GenerateRequest } from '../../schemas/backend.ts';
import type { RewardInput } from '../../src/tokens/reward-row.ts';
import { reward } from './reward.ts';

function served(kind: 'outcome' | 'process', read: (row: RewardInput) => number[]) {
  const { model, batches } = reward(kind, read);
  const models = new Models();
  models.add(model, { slots: 1, maxWaiting: 1, maxKvBytes: 1 << 24 });
  const ask = (candidates: readonly { text: string; steps?: string[] }[], deadlineMs = 10_000) => {
    const named = candidates.map((candidate, index) => ({ id: `${index}`, ...candidate }));
    const request = { key: 'k', model: kind, prompt: { text: 'abc' }, candidates: named, deadline_ms: deadlineMs };
    return score(models, request, new AbortController().signal);
  };
  return { ask, batches };
}

test('of equal texts one is read', async () => {
  const { ask, batches } = served('outcome', ({ ids }) => [ids.length]);
  const { scores, usage, fingerprint } = await ask(['aa', 'b', 'aa', 'aa'].map((text) => ({ text })));
  expect(batches.flat().sort()).toEqual([4, 5]);
  expect(scores.map((result) => result.ok && result.value)).toEqual([5, 4, 5, 5]);
  expect(usage).toEqual({ calls: 1, candidates: 2, tokens: 9 });
  expect(fingerprint).toBe('of the outcome reward');
});

test('a step is read at the token that holds its last character; the value is that of the last step', async () => {
  const { ask } = served('process', ({ stepEnds }) => [...stepEnds]);
  const { scores } = await ask([{ text: 'a.bb.c', steps: ['a.', 'bb.', 'c'] }, { text: 'a' }]);
  expect(scores).toEqual([
    { id: '0', ok: true, steps: [4, 7, 8], value: 8, tokens: 9 },
    { id: '1', ok: true, steps: [3], value: 3, tokens: 4 },
  ]);
});

test('equal texts cut into other steps are two', async () => {
  const { ask } = served('process', ({ stepEnds }) => [...stepEnds]);
  const { usage } = await ask([
    { text: 'ab', steps: ['a', 'b'] },
    { text: 'ab', steps: ['ab'] },
  ]);
  expect(usage.candidates).toBe(2);
});

test('a NaN of one step fails its text, which tells the other steps; the texts beside it are scored', async () => {
  const { ask } = served('process', ({ ids, stepEnds }) =>
    stepEnds.map((_, step) => (ids.length === 5 && step === 0 ? Number.NaN : 0.5)),
  );
  const { scores, usage } = await ask([{ text: 'ab', steps: ['a', 'b'] }, { text: 'c' }]);
  expect(scores).toEqual([
    { id: '0', ok: false, reason: 'The reward model gave NaN.', steps: [null, 0.5] },
    { id: '1', ok: true, value: 0.5, steps: [0.5], tokens: 4 },
  ]);
  expect(usage).toEqual({ calls: 1, candidates: 1, tokens: 4 });
});

test('a failed text of a reward that has no steps tells none', async () => {
  const { ask } = served('outcome', () => [Number.NaN]);
  expect((await ask([{ text: 'a' }])).scores).toEqual([{ id: '0', ok: false, reason: 'The reward model gave NaN.' }]);
});

test.each([
  { until: 'step' as const, reads: [2] },
  { until: 'end' as const, reads: [1, 1] },
])(
  'of a generation until the $until texts are read in runs of $reads where they end one after the other',
  async ({ until, reads }) => {
    const { model, batches } = reward('process', ({ stepEnds }) => stepEnds.map(() => 0.5));
    const told: GenerateLine[] = [];
    const request = { prompt: { text: 'abc' }, until, step: { delimiter: '.', max_tokens: 8 } } as GenerateRequest; // what scoring reads of it
    const branches = [{ id: '0', text: '', tokens: [], count: 2, firstChild: 0, maxTokens: 8, resume: false }];
    const generation = {
      branches,
      deadline: performance.now() + 10_000,
      signal: new AbortController().signal,
    } as unknown as Generation;
    const scores = new CandidateScorer(new Scorer(model), request, generation, (line) => told.push(line));
    for (const [child, text] of ['a.', 'bb.'].entries()) {
      scores.ended({
        type: 'candidate',
        id: `0.${child}`,
        parent: '0',
        text,
        step: 1,
        token_count: text.length,
        finish: 'step',
        step_ends: [text.length],
      });
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(told).toHaveLength(until === 'step' ? 0 : 2);
    expect(await scores.finish()).toMatchObject({ candidates: 2, tokens: 3 + 2 + 3 + 3 });
    expect(batches.map(({ length }) => length)).toEqual(reads);
    expect(told).toMatchObject([
      { type: 'score', id: '0.0', value: 0.5 },
      { type: 'score', id: '0.1', value: 0.5 },
    ]);
  },
);
