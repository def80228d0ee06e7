import { expect, test } from 'vitest';
import { makeTask } from '../../src/requests/make-task.ts';
import type { TaskRequest } from '../../src/requests/task.ts';
import { config } from './config.ts';
import { neutral } from './request.ts';

const make = (more: Partial<TaskRequest> = {}) => makeTask(neutral(more), config, () => 99);

test('defaults: best_of_n of 8, the policy’s sampling and rewards, argmax, the caps, a drawn seed', () => {
  const task = make();
  expect(task).toMatchObject({
    model: 'writer',
    policyName: 'writer',
    options: { n: 8 },
    forStrategy: { policy: 'writer', rewards: ['outcome'], stepReward: null, topLogprobs: undefined, wrongBelow: 0.5 },
    selection: { name: 'argmax', reward: 'outcome', context: { output: 'logit' } },
    limits: { max_candidates: 64, max_tokens: 2000, max_time_ms: 5000 },
    finishingReserve: 0,
    seed: 99,
    bound: { candidates: 8, tokens: 320, scoreCalls: 1 },
    warnings: [],
  });
  expect(task.forStrategy.sampling).toEqual({ temperature: 0.7, top_p: 1, top_k: 0, min_p: 0, max_tokens: 40, stop: [] });
});

test.each([
  { name: 'best_of_n', given: { family: 'best_of_n' }, strategy: 'best_of_n' },
  { name: 'chat', given: { family: 'any' }, strategy: 'best_of_n' },
  { name: 'search', given: { family: 'search' }, strategy: 'beam_search' },
  { name: 'critique-refine with a process reward', given: { family: 'critique_refine' }, strategy: 'first_wrong_step' },
  { name: 'critique-refine without', given: { family: 'critique_refine', model: 'talker' }, strategy: 'self_refine' },
  { name: 'a recipe', given: { family: 'search', model: 'frugal' }, strategy: 'beam_search' },
  { name: 'a model string', given: { family: 'any', model: 'writer@beam_search' }, strategy: 'beam_search' },
  {
    name: 'the body over the model string',
    given: { family: 'any', model: 'writer@beam_search', strategy: 'best_of_n' },
    strategy: 'best_of_n',
  },
] as const)('the strategy of $name is $strategy', ({ given, strategy }) => {
  expect(make(given).strategy.name).toBe(strategy);
});

test('body > model string > recipe: budget and size go together', () => {
  expect(make({ model: 'careful' }).options).toEqual({ n: 16 });
  expect(make({ model: 'careful', options: { n: 3 } }).options).toEqual({ n: 3 });
  expect(make({ model: 'careful', budget: { max_tokens: 200 } })).toMatchObject({
    options: { n: 8 },
    limits: { max_tokens: 200 },
  });
  expect(make({ model: 'writer@best_of_n:4' })).toMatchObject({ options: { n: 4 }, limits: { max_tokens: 160 } });
  expect(make({ model: 'writer@best_of_n:4', budget: 2 })).toMatchObject({ options: { n: 2 }, limits: { max_tokens: 80 } });
  expect(make({ family: 'any', model: 'writer@best_of_n:4', strategy: 'beam_search' }).options).toMatchObject({
    keep: 4,
    branch: 4,
  });
});

test('a recipe brings its rewards and its rule; the body replaces each', () => {
  const recipe = { family: 'search', model: 'frugal' } as const;
  expect(make(recipe)).toMatchObject({
    policyName: 'voter',
    options: { keep: 2, branch: 4 },
    forStrategy: { rewards: ['process'], stepReward: 'process' },
    selection: { name: 'majority_vote' },
  });
  expect(make({ ...recipe, rewards: ['outcome'], selection: 'argmax' })).toMatchObject({
    forStrategy: { rewards: ['outcome'] },
    selection: { name: 'argmax', reward: 'outcome' },
  });
});

test.each([
  { name: 'an extractor and a reward', given: { model: 'voter' }, rule: 'weighted_vote' },
  { name: 'an extractor alone', given: { model: 'voter', rewards: [] }, rule: 'majority_vote' },
  { name: 'a reward alone', given: {}, rule: 'argmax' },
  { name: 'neither', given: { model: 'bare' }, rule: 'argmax' },
  { name: 'critique-refine, whatever answers say', given: { model: 'voter', family: 'critique_refine' }, rule: 'argmax' },
] as const)('the default rule with $name is $rule (api.md 1)', ({ given, rule }) => {
  expect(make(given).selection.name).toBe(rule);
});

test('seed: the body’s, else the policy’s, else one is drawn; 0 is a seed', () => {
  expect(make({ sampling: { seed: 0 } }).seed).toBe(0);
  expect(make({ model: 'talker' }).seed).toBe(11);
  expect(make().seed).toBe(99);
});

test('sampling: each value of the body wins over the policy’s, 0 and an empty list too', () => {
  const { sampling } = make({ model: 'talker', sampling: { temperature: 0, stop: [], max_tokens: 7, logprobs: 0 } }).forStrategy;
  expect(sampling).toMatchObject({ temperature: 0, stop: [], max_tokens: 7 });
  expect(make({ model: 'talker' }).forStrategy.sampling.stop).toEqual(['.']);
  expect(make({ sampling: { logprobs: 0 } }).forStrategy.topLogprobs).toBe(0);
});

test('a strategy has the log-probabilities that its options need, and the answer does not show them for it', () => {
  const puct = (more: Partial<TaskRequest>) => make({ family: 'search', strategy: 'puct', ...more });
  expect(puct({})).toMatchObject({ forStrategy: { topLogprobs: 0 }, shownLogprobs: undefined });
  expect(puct({ sampling: { logprobs: 2 } })).toMatchObject({ forStrategy: { topLogprobs: 2 }, shownLogprobs: 2 });
  expect(puct({ options: { prior: 'uniform' } }).forStrategy.topLogprobs).toBeUndefined();
});

test('a search keeps a finishing reserve, a quarter of a tight budget; the others none', () => {
  expect(make({ family: 'search' }).finishingReserve).toBe(16);
  expect(make({ family: 'search', budget: { max_tokens: 20 } }).finishingReserve).toBe(5);
  expect(make({ family: 'critique_refine' }).finishingReserve).toBe(0);
});

test('the bound counts the readings of a reward, and those of its members', () => {
  const calls = (rewards: TaskRequest['rewards']) => make({ options: { n: 3 }, rewards }).bound.scoreCalls;
  expect([calls(['outcome']), calls(['outcome', 'process'])]).toEqual([1, 4]); // `combined` may ask what failed again
});

test('the bound is under the limits', () => {
  expect(make({ options: { n: 60 }, budget: { max_tokens: 100, max_candidates: 5 } }).bound).toMatchObject({
    candidates: 5,
    tokens: 100,
  });
});

test('a reduction of the request is of that reward', () => {
  const task = make({ rewards: [{ name: 'process', reduction: 'sumlogit' }] });
  expect(task.rewardOptions).toEqual({ process: { reduction: 'sumlogit' } });
  expect(task.selection.context.output).toBe('logit');
});

test('an answer is seen only where the policy has an extractor', () => {
  expect(make().forStrategy.answerSpan('The answer is 7')).toBeUndefined();
  expect(make({ model: 'voter' }).forStrategy.answerSpan('so 7')).toEqual([3, 4]);
  expect(make({ model: 'voter' }).forStrategy.answerSpan('so it is')).toBeUndefined();
});

test.each([
  { name: 'an unknown strategy', given: { strategy: 'luck' }, code: 'unsupported_value', param: 'strategy' },
  { name: 'one of another family', given: { strategy: 'beam_search' }, code: 'unsupported_value', param: 'strategy' },
  { name: 'a model string of another family', given: { model: 'writer@beam_search' }, code: 'unsupported_value', param: 'model' },
  { name: 'a recipe of another family', given: { model: 'frugal' }, code: 'unsupported_value', param: 'model' },
  { name: 'an unknown reward', given: { rewards: ['luck'] }, code: 'model_not_found', param: 'rewards[0]' },
  { name: 'a reward of weight 0', given: { rewards: [{ name: 'outcome', weight: 0 }] }, code: 'invalid_value', param: 'rewards' },
  {
    name: 'an unknown reduction',
    given: { rewards: [{ name: 'process', reduction: 'max' }] },
    code: 'invalid_value',
    param: 'rewards[0].reduction',
  },
  {
    name: 'a reduction without steps',
    given: { rewards: [{ name: 'outcome', reduction: 'min' }] },
    code: 'unknown_parameter',
    param: 'rewards[0].reduction',
  },
  {
    name: 'an unknown step reward',
    given: { family: 'search', options: { step_reward: 'luck' } },
    code: 'model_not_found',
    param: 'options.step_reward',
  },
  {
    name: 'a step reward without steps',
    given: { family: 'search', options: { step_reward: 'outcome' } },
    code: 'capability_missing',
    param: 'options.step_reward',
  },
  {
    name: 'no process reward',
    given: { family: 'search', model: 'bare' },
    code: 'capability_missing',
    param: 'options.step_reward',
  },
  {
    name: 'dora without an embedder',
    given: { family: 'search', strategy: 'rebase', options: { diversity: 'dora' } },
    code: 'capability_missing',
    param: 'options.embedder',
  },
  {
    name: 'an unknown embedder',
    given: { family: 'search', strategy: 'rebase', options: { diversity: 'dora', embedder: 'luck' } },
    code: 'model_not_found',
    param: 'options.embedder',
  },
  {
    name: 'an embedder of another kind',
    given: { family: 'search', strategy: 'rebase', options: { diversity: 'dora', embedder: 'outcome' } },
    code: 'capability_missing',
    param: 'options.embedder',
  },
  {
    name: 'no critic',
    given: { family: 'critique_refine', strategy: 'self_refine' },
    code: 'capability_missing',
    param: 'options.critic',
  },
  {
    name: 'an unknown critic',
    given: { family: 'critique_refine', strategy: 'self_refine', options: { critic: 'luck' } },
    code: 'model_not_found',
    param: 'options.critic',
  },
  {
    name: 'tree_of_thoughts by a critic that there is not',
    given: { family: 'search', strategy: 'tree_of_thoughts', options: { evaluate: 'value' } },
    code: 'capability_missing',
    param: 'options.critic',
  },
  {
    name: 'no planner',
    given: { family: 'search', strategy: 'plan_then_search' },
    code: 'capability_missing',
    param: 'options.planner',
  },
  {
    name: 'an unknown planner',
    given: { family: 'search', strategy: 'plan_then_search', options: { planner: 'luck' } },
    code: 'model_not_found',
    param: 'options.planner',
  },
  {
    name: 'a plan for a search that has no process reward',
    given: { family: 'search', model: 'talker', strategy: 'plan_then_search' },
    code: 'capability_missing',
    param: 'options.step_reward',
  },
  {
    name: 'self_refine without a reward',
    given: { family: 'critique_refine', model: 'talker', rewards: [] },
    code: 'capability_missing',
    param: 'rewards',
  },
  { name: 'a vote without answers', given: { selection: 'majority_vote' }, code: 'capability_missing', param: 'selection' },
  {
    name: 'a weighted vote without scores',
    given: { model: 'voter', rewards: [], selection: 'weighted_vote' },
    code: 'capability_missing',
    param: 'selection',
  },
  {
    name: 'a rule over a score that there is not',
    given: { selection: { rule: 'argmax', reward: 'process' } },
    code: 'invalid_value',
    param: 'selection.reward',
  },
  { name: 'n above its cap', given: { options: { n: 65 } }, code: 'invalid_value', param: 'options.n' },
  {
    name: 'max_tokens above its cap',
    given: { sampling: { max_tokens: 2001 } },
    code: 'invalid_value',
    param: 'sampling.max_tokens',
  },
  { name: 'a budget too small', given: { budget: { max_tokens: 3 } }, code: 'budget_too_small', param: 'budget.max_tokens' },
  {
    name: 'one that is enough for a step, in a search that writes whole answers',
    given: { family: 'search', strategy: 'entropy_fork', step: { tokens: 2 }, budget: { max_tokens: 3 } },
    code: 'budget_too_small',
    param: 'budget.max_tokens',
  },
] as const)('$name is refused before anything is spent: $code of $param', ({ given, code, param }) => {
  expect(() => make(given as Partial<TaskRequest>)).toThrow(expect.objectContaining({ code, param }));
});

test('what is needed depends on the options: a critic or a plan of whole answers does without a process reward', () => {
  const stepRewardOf = (strategy: string, options: object, model = 'talker') =>
    make({ family: 'search', model, strategy, options: { ...options } }).forStrategy.stepReward;
  expect(stepRewardOf('tree_of_thoughts', {}, 'writer')).toBe('process');
  expect(stepRewardOf('tree_of_thoughts', { evaluate: 'vote', critic: 'talker' }, 'writer')).toBeNull();
  expect(stepRewardOf('tree_of_thoughts', { evaluate: 'value' })).toBeNull();
  expect(stepRewardOf('plan_then_search', { base: 'best_of_n' })).toBeNull();
  expect(stepRewardOf('plan_then_search', { step_reward: 'process' })).toBe('process');
});

test.each([
  { options: { m: 3 }, path: ['options'] },
  { options: { n: 0 }, path: ['options', 'n'] },
  { options: { n: 2.5 }, path: ['options', 'n'] },
])('options that the strategy’s schema refuses are named as the body has them: %j', ({ options, path }) => {
  expect(() => make({ options })).toThrow(expect.objectContaining({ issues: [expect.objectContaining({ path })] }));
});
