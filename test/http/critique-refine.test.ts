import { expect, test } from 'vitest';
import { expectAccounts } from './accounts.ts';
import { asked, critiqueRefine, expectRefusal, post, puzzle } from './winnow.ts';

test('first_wrong_step is what runs where the policy has a process reward', async () => {
  const run = await critiqueRefine();
  expect(run.strategy).toBe('first_wrong_step');
  expect(['converged', 'finished']).toContain(run.stop_reason);
  expect(run.candidates!.length).toBeLessThanOrEqual(5); // a first version and four rounds
  expect(run.budget.spent.candidates).toBe(run.candidates!.length);
  expectAccounts(run);
});

test.each([0, 1, 3])('max_rounds %i: one version and at most as many more', async (max_rounds) => {
  const run = await critiqueRefine({ options: { max_rounds } });
  expect(run.candidates!.length).toBeLessThanOrEqual(max_rounds + 1);
  const known = run.candidates!.every(({ scores }) => scores.process?.ok); // what cannot be read cannot be cut at its wrong step
  if (run.stop_reason !== 'converged' && known) expect(run.candidates).toHaveLength(max_rounds + 1);
  expectAccounts(run);
});

test('it converges exactly where the best version has no step below 0.5, and cuts later ones at the first such step', async () => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    const { candidates = [], choice, stop_reason } = await critiqueRefine({ sampling: { seed }, return: { candidates: 'all' } });
    const steps = (id: string) => {
      const score = candidates.find((candidate) => candidate.id === id)!.scores.process!;
      return score.ok ? (score.steps as number[]) : [];
    };
    const wrong = steps(choice.id).findIndex((value) => value < 0.5);
    if (stop_reason === 'converged') expect(wrong).toBe(-1);
    for (const { id, text } of candidates) {
      const [, parent, cut] = /^(.*)@(\d+)\.\d+$/.exec(id) ?? [];
      if (parent === undefined) {
        expect(id).toMatch(/^0\.\d+$/);
        continue;
      }
      expect(Number(cut)).toBe(steps(parent).findIndex((value) => value < 0.5));
      const before = candidates.find((candidate) => candidate.id === parent)!.steps!.slice(0, Number(cut));
      expect(text!.startsWith(before.map((step) => step.text).join(''))).toBe(true);
    }
  }
});

test('the best version by the policy’s reward is kept, the earlier one on a tie', async () => {
  const { candidates = [], choice } = await critiqueRefine({
    options: { max_rounds: 6 },
    sampling: { seed: 8, temperature: 1.5 },
  });
  const value = (index: number) => {
    const score = candidates[index]!.scores.outcome;
    return score?.ok ? score.value : Number.NEGATIVE_INFINITY;
  };
  for (const { index, finish_reason } of candidates) {
    if (finish_reason !== choice.finish_reason) continue;
    if (index < choice.index) expect(value(index)).toBeLessThan(value(choice.index));
    else expect(value(index)).toBeLessThanOrEqual(value(choice.index));
  }
});

test('only new tokens are paid: a version that keeps a prefix costs what it adds', async () => {
  const run = await critiqueRefine({ options: { max_rounds: 6 }, sampling: { seed: 8, temperature: 1.5 } });
  const whole = run.candidates!.reduce((sum, { tokens }) => sum + tokens, 0);
  expect(run.usage.completion_tokens!).toBeLessThanOrEqual(whole);
  if (run.candidates!.some(({ id }) => id.includes('@'))) expect(run.usage.completion_tokens!).toBeLessThan(whole);
});

test.each([
  {
    said: 'self_refine by a policy that does not follow instructions',
    body: { strategy: 'self_refine' },
    status: 422,
    code: 'capability_missing',
    param: 'options.critic',
  },
  {
    said: 'self_refine with such a critic by name',
    body: { strategy: 'self_refine', options: { critic: 'chains' } },
    status: 422,
    code: 'capability_missing',
    param: 'options.critic',
  },
  {
    said: 'an unknown critic',
    body: { strategy: 'self_refine', options: { critic: 'nope' } },
    status: 404,
    code: 'model_not_found',
    param: 'options.critic',
  },
  {
    said: 'max_rounds 64',
    body: { options: { max_rounds: 64 } },
    status: 400,
    code: 'invalid_value',
    param: 'options.max_rounds',
  },
  {
    said: 'max_rounds -1',
    body: { options: { max_rounds: -1 } },
    status: 400,
    code: 'invalid_value',
    param: 'options.max_rounds',
  },
  {
    said: 'an option of another strategy',
    body: { options: { keep: 2 } },
    status: 400,
    code: 'unknown_parameter',
    param: 'options.keep',
  },
  {
    said: 'a strategy of another route',
    body: { strategy: 'beam_search' },
    status: 400,
    code: 'unsupported_value',
    param: 'strategy',
  },
  {
    said: 'a strategy that is not served',
    body: { strategy: 'reflect' },
    status: 400,
    code: 'unsupported_value',
    param: 'strategy',
  },
])('$said is refused: $status $code at $param', async ({ body, ...refusal }) => {
  expectRefusal(await post('/v1/critique-refine', { ...asked, ...body }), refusal);
});

test('a raw prompt is served as well', async () => {
  expectAccounts(await critiqueRefine({ messages: undefined, prompt: `${puzzle}\n` }));
});
