/** Several rewards of a request make one more, which decides. */
import { describe, expect, test } from 'vitest';
import { rewardsField } from '../../schemas/reward.ts';
import { loadConfig } from '../../src/config/load.ts';
import { makeTask } from '../../src/requests/make-task.ts';
import type { TaskRequest } from '../../src/requests/task.ts';
import { COMBINED } from '../../src/rewards/registry.ts';
import { json } from './config.ts';
import { neutral } from './request.ts';

const config = loadConfig({
  ...json,
  rewards: {
    ...json.rewards,
    ranked: { kind: 'ensemble', members: [{ reward: 'outcome', calibration: 'rank' }] },
    centred: { kind: 'weighted', members: ['outcome'], rule: 'chebyshev', na_policy: 'per_candidate' },
    unbounded: { kind: 'shaped', reward: 'outcome', shaping: { by: 'centred', references: ['a'] } },
    stepwise: { kind: 'shaped', reward: 'process', shaping: 'clip_steps' },
  },
});
type Given = Omit<Partial<TaskRequest>, 'rewards'> & { readonly rewards: readonly unknown[] };

/** Rewards as a body has them. */
const make = ({ rewards, ...more }: Given) =>
  makeTask(neutral({ ...more, rewards: rewardsField.parse(rewards) }), config, () => 99);
const combinedOf = (given: Given) => make(given).lookup.rewards[COMBINED];
const refine = { family: 'critique_refine' } as const;

test('two rewards are scored, and a third that is made of both decides', () => {
  const task = make({ rewards: ['outcome', { name: 'process', weight: 2 }] });
  expect(task.forStrategy.rewards).toEqual(['combined', 'outcome', 'process']);
  expect(task.selection).toMatchObject({ reward: 'combined', context: { output: 'unknown' } });
  expect(task.lookup.rewards[COMBINED]).toMatchObject({
    kind: 'weighted',
    rule: 'sum',
    na_policy: 'for_all',
    members: [
      { reward: 'outcome', weight: 1, calibration: undefined },
      { reward: 'process', weight: 2, calibration: undefined },
    ],
  });
  expect(task.bound.scoreCalls).toBe(4); // two for `combined`, and two more for what failed on the way
});

test('it is of this request alone', () => {
  make({ rewards: ['outcome', 'process'] });
  expect(config.rewards).not.toHaveProperty(COMBINED);
});

test.each([
  { name: 'one reward', rewards: ['outcome'], scored: ['outcome'] },
  { name: 'none', rewards: [], scored: [] },
  { name: 'one that is weighed, as a penalty', rewards: [{ name: 'outcome', weight: -1 }], scored: ['combined', 'outcome'] },
  { name: 'one that is shaped', rewards: [{ name: 'outcome', shaping: 'sigmoid' }], scored: ['combined', 'outcome'] },
])('$name: $scored', ({ rewards, scored }) => {
  expect(make({ rewards }).forStrategy.rewards).toEqual(scored);
});

test('the request says who decides where it is not all of them', () => {
  const task = make({ rewards: ['outcome', 'process'], selection: { rule: 'argmax', reward: 'outcome' } });
  expect(task.selection).toMatchObject({ reward: 'outcome', context: { output: 'logit' } });
});

test('two probabilities make one', () => {
  const both = { rewards: ['process', { name: 'outcome', shaping: 'sigmoid' }] };
  expect(make(both).selection.context.output).toBe('probability');
});

test('defaults of a policy and rewards of a recipe may have weights as well', () => {
  const [{ writer }, weighed] = [json.policies, [{ name: 'outcome', weight: 3 }, 'process']];
  const own = loadConfig({
    ...json,
    policies: { ...json.policies, writer: { ...writer, rewards: weighed } },
    recipes: { both: { model: 'bare', strategy: 'best_of_n', rewards: weighed } },
  });
  for (const model of ['writer', 'both']) {
    const { lookup } = makeTask(neutral({ model }), own, () => 1);
    expect(lookup.rewards[COMBINED]).toMatchObject({ members: [{ weight: 3 }, { weight: 1 }] });
  }
});

describe('where candidates are scored one by one', () => {
  test('maps that need no set: sigmoid of a logit, a probability as it is', () => {
    expect(combinedOf({ ...refine, rewards: ['outcome', 'process'] })).toMatchObject({
      na_policy: 'per_candidate',
      members: [{ calibration: { map: 'sigmoid', middle: 0, scale: 1 } }, { calibration: { map: 'none' } }],
    });
    expect(combinedOf({ family: 'search', rewards: ['outcome', 'process'] })).toMatchObject({ na_policy: 'per_candidate' });
  });

  test('a bounded scale by its bounds, a given map as it is', () => {
    const shaping = { map: 'zscore_ref', mean: 1, deviation: 2 } as const;
    const rewards = ['outcome', { name: 'unbounded', shaping }];
    expect(combinedOf({ ...refine, rewards })).toMatchObject({ members: [{}, { calibration: shaping }] });
  });

  test.each([
    {
      name: 'a map that compares candidates',
      rewards: ['process', { name: 'outcome', shaping: 'zscore' }],
      says: /zscore of "outcome".*first_wrong_step/,
    },
    { name: 'a reward that compares candidates', rewards: ['ranked'], says: /"ranked" scores a set/ },
    { name: 'one of several that does', rewards: ['outcome', 'ranked'], says: /"ranked" scores a set/ },
    { name: 'a scale without bounds', rewards: ['outcome', 'stepwise'], says: /"stepwise" has no bounds/ },
  ])('$name is refused', ({ rewards, says }) => {
    const refusal = { code: 'capability_missing', param: 'rewards', message: expect.stringMatching(says) };
    expect(() => make({ ...refine, rewards })).toThrow(expect.objectContaining(refusal));
    expect(() => make({ rewards })).not.toThrow();
  });

  test('made of others, but of each by itself, it is served', () => {
    expect(make({ ...refine, rewards: ['centred'] }).forStrategy.rewards).toEqual(['centred']);
  });
});

test.each([
  {
    name: 'all weights 0',
    rewards: [
      { name: 'outcome', weight: 0 },
      { name: 'process', weight: 0 },
    ],
    param: 'rewards',
  },
  { name: 'a reward twice', rewards: ['outcome', 'outcome'], param: 'rewards[1]' },
  { name: 'combined itself', rewards: ['combined'], param: 'rewards[0]', code: 'model_not_found' },
])('$name is refused', ({ rewards, param, code = 'invalid_value' }) => {
  expect(() => make({ rewards })).toThrow(expect.objectContaining({ code, param }));
});
