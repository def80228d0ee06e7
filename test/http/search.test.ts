import { expect, test } from 'vitest';
import { familyOf } from '../../src/strategies/registry.ts';
import { expectAccounts, expectBestScore } from './accounts.ts';
import { asked, critiqueRefine, expectRefusal, post, repeatable, search } from './winnow.ts';

test('beam search by the process reward finishes candidates and picks the best by the policy’s reward', async () => {
  const run = await search({ sampling: { seed: 1 }, return: { candidates: 'all' } });
  expect(run).toMatchObject({ object: 'winnow.run', strategy: 'beam_search', stop_reason: 'finished', complete: true });
  expect(run.candidates!.length).toBeGreaterThanOrEqual(4); // min_completed is `keep`
  for (const { scores, steps } of run.candidates!) {
    expect(scores.process).toMatchObject({ ok: true });
    expect(scores.outcome).toMatchObject({ ok: true });
    const score = scores.process!;
    if (score.ok) expect(score.steps).toHaveLength(steps!.length);
  }
  expect(run.account.rewards.process?.calls).toBeGreaterThan(1); // one a round
  expect(run.account.rewards.outcome?.calls).toBe(1);
  expectAccounts(run);
  expectBestScore(run, 'outcome');
});

test('every candidate grew step by step from the prompt: its path has a child for each', async () => {
  const { candidates = [] } = await search({ options: { keep: 2, branch: 3 }, return: { candidates: 'all' } });
  for (const { id, steps } of candidates) expect(id.split('.')).toHaveLength(steps!.length + 1);
});

test('steps end at the delimiter, but for the last', async () => {
  const { candidates = [] } = await search({ return: { candidates: 'all' } });
  for (const { steps = [], text } of candidates) {
    for (const { text: step } of steps.slice(0, -1)) expect(step.indexOf('\n')).toBe(step.length - 1);
    expect(steps.map((step) => step.text).join('')).toBe(text);
  }
});

test('keep 1 and branch 1 is one chain: nothing is wasted, and it costs what it is', async () => {
  const run = await search({ options: { keep: 1, branch: 1 } });
  expect(run.candidates).toHaveLength(1);
  expect(run.usage.completion_tokens).toBe(run.account.chosen_tokens);
  expect(run.account.wasted_tokens).toBe(0);
  expectAccounts(run);
});

test('a wider beam spends more, and what was pruned is told as waste', async () => {
  const sampling = { seed: 4 };
  const narrow = await search({ sampling, options: { keep: 1, branch: 1 } });
  const wide = await search({ sampling, options: { keep: 4, branch: 4 } });
  expect(wide.usage.completion_tokens!).toBeGreaterThan(narrow.usage.completion_tokens!);
  expect(wide.account.wasted_tokens).toBeGreaterThan(0);
});

test('max_steps 1 ends after one round: the best open prefix is written to its end', async () => {
  const run = await search({ options: { keep: 2, branch: 2, max_steps: 1, min_completed: 4 } });
  expectAccounts(run);
  expect(run.candidates!.length).toBeGreaterThan(0);
  expect(run.choice.message.content).not.toBe('');
});

test('more completed are waited for where min_completed says so', async () => {
  const few = await search({ sampling: { seed: 2 }, options: { keep: 4, branch: 4, min_completed: 1 } });
  const many = await search({ sampling: { seed: 2 }, options: { keep: 4, branch: 4, min_completed: 40 } });
  expect(many.usage.completion_tokens!).toBeGreaterThanOrEqual(few.usage.completion_tokens!);
  expectAccounts(many);
});

test('step_reward names the reward that ranks; no reward beside it decides by it', async () => {
  const run = await search({ options: { step_reward: 'process' }, rewards: [] });
  expect(Object.keys(run.account.rewards)).toEqual(['process']);
  expectBestScore(run, 'process');
});

test.each([
  { said: 'keep 0', body: { options: { keep: 0 } }, status: 400, code: 'invalid_value', param: 'options.keep' },
  { said: 'keep 65', body: { options: { keep: 65 } }, status: 400, code: 'invalid_value', param: 'options.keep' },
  { said: 'branch "4"', body: { options: { branch: '4' } }, status: 400, code: 'invalid_value', param: 'options.branch' },
  { said: 'an unknown option', body: { options: { width: 4 } }, status: 400, code: 'unknown_parameter', param: 'options.width' },
  { said: 'options of another shape', body: { options: [] }, status: 400, code: 'invalid_value', param: 'options' },
  { said: 'n', body: { n: 4 }, status: 400, code: 'unknown_parameter', param: 'n' },
  {
    said: 'a strategy of another route',
    body: { strategy: 'best_of_n' },
    status: 400,
    code: 'unsupported_value',
    param: 'strategy',
  },
  {
    said: 'a strategy that is not served',
    body: { strategy: 'no_such_search' },
    status: 400,
    code: 'unsupported_value',
    param: 'strategy',
  },
  {
    said: 'a classifier as step reward',
    body: { options: { step_reward: 'outcome' } },
    status: 422,
    code: 'capability_missing',
    param: 'options.step_reward',
  },
  {
    said: 'an unknown step reward',
    body: { options: { step_reward: 'nope' } },
    status: 404,
    code: 'model_not_found',
    param: 'options.step_reward',
  },
])('$said is refused: $status $code at $param', async ({ body, ...refusal }) => {
  expectRefusal(await post('/v1/search', { ...asked, ...body }), refusal);
});

test('a strategy that is not served is answered with those that are', async () => {
  const answer = await post('/v1/search', { ...asked, strategy: 'no_such_search' });
  expectRefusal(answer, { status: 400, code: 'unsupported_value', says: /"no_such_search".*beam_search/ });
});

/** Every search that the embedded policy can do, of a size that is quick. */
const searches = [
  { strategy: 'ab_mcts', options: { iterations: 8 } },
  { strategy: 'backtrack', options: { paths: 3 } },
  { strategy: 'beam_search', options: { keep: 2, branch: 2 } },
  { strategy: 'best_first', options: { iterations: 8 } },
  { strategy: 'dvts', options: { n: 4, branch: 2 } },
  { strategy: 'entropic_particle_filter', options: { particles: 4 } },
  { strategy: 'entropy_fork', options: { n: 6, first: 2 } },
  { strategy: 'lookahead', options: { keep: 2, branch: 2 } },
  { strategy: 'mcts', options: { iterations: 8 } },
  { strategy: 'particle_filter', options: { particles: 4 } },
  { strategy: 'prefix_values', options: { n: 6, batch: 2 } },
  { strategy: 'prune', options: { n: 6 } },
  { strategy: 'puct', options: { iterations: 12 } },
  { strategy: 'rebase', options: { width: 6 } },
  { strategy: 'tree_of_thoughts', options: { breadth: 2, branch: 3 } },
  { strategy: 'uct', options: { iterations: 12 } },
];

test.each(searches)('$strategy: complete, its sums are right, and a seeded one repeats', async (body) => {
  const request = { ...body, sampling: { seed: 5 }, return: { candidates: 'all' } };
  const [run, again] = [await search(request), await search(request)];
  expect(run).toMatchObject({ strategy: body.strategy, complete: true });
  expectAccounts(run);
  expectBestScore(run, 'outcome');
  expect(repeatable(again)).toEqual(repeatable(run));
});

test.each(searches)('$strategy: an integer budget ends with an answer within it', async ({ strategy }) => {
  const run = await search({ strategy, budget: 2, sampling: { seed: 6 } });
  expectAccounts(run);
  expect(run.budget.limits.max_tokens).toBe(320);
  expect(run.choice.message.content).not.toBe('');
});

test.each(searches)(
  '$strategy: where hardly one answer can be paid, those that are there are numbered without a gap',
  async ({ strategy }) => {
    const width = familyOf('search')
      .find(({ name }) => name === strategy)!
      .width(8);
    const hard = { options: width, budget: { max_tokens: 40 }, return: { candidates: 'all' } };
    expectAccounts(await search({ strategy, ...hard, sampling: { seed: 3 } }));
  },
);

test('prune tells what it dropped; what waited at a checkpoint and went on is one candidate', async () => {
  const run = await search({
    strategy: 'prune',
    options: { n: 8, checkpoints: [8] },
    sampling: { seed: 2 },
    return: { tree: true },
  });
  const states = run.tree!.flatMap(({ parent, state }) => (parent === '0' ? [state] : []));
  expect(states).toHaveLength(8);
  const dropped = states.filter((state) => state === 'pruned').length;
  expect(dropped).toBeGreaterThan(0);
  expect(run.selection.pruned_share).toBe(dropped / 8);
  expect(run.budget.spent.candidates).toBe(8 - dropped);
  expect(run.account.wasted_tokens).toBe(8 * dropped);
  expectAccounts(run);
});

test('prune takes a classifier as well: it reads whole texts, wherever they were cut', async () => {
  const run = await search({ strategy: 'prune', options: { n: 4, step_reward: 'outcome' }, sampling: { seed: 3 } });
  expect(Object.keys(run.account.rewards)).toEqual(['outcome']);
  expectAccounts(run);
  expectBestScore(run, 'outcome');
});

test('prefix_values goes on from beginnings that answers share: they are nodes of the tree with a value, and cost nothing', async () => {
  const run = await search({
    strategy: 'prefix_values',
    options: { n: 12, batch: 2 },
    sampling: { seed: 3 },
    return: { tree: true },
  });
  const cuts = run.tree!.filter(({ id }) => id.endsWith('t'));
  expect(cuts.length).toBeGreaterThan(0);
  for (const cut of cuts) {
    expect(cut).toMatchObject({ parent: cut.id.slice(0, cut.id.lastIndexOf('@')), text: '', tokens: 0, state: 'kept' });
    expect(cut.visits).toBeGreaterThan(0);
    expect(run.tree!.some(({ parent }) => parent === cut.id)).toBe(true);
  }
  expect(run.tree!.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(run.usage.completion_tokens);
  expect(run.budget.spent.candidates).toBe(12);
  expect(run.account.policy.unique).toBe(run.usage.prompt_tokens! + run.usage.completion_tokens! - 12); // last tokens are not run
  expectAccounts(run);
});

test('entropy_fork puts another token where an answer was forked: what is before it is the answer’s', async () => {
  const run = await search({
    strategy: 'entropy_fork',
    options: { n: 12, first: 4 },
    sampling: { seed: 3 },
    return: { tree: true, candidates: 'all' },
  });
  const nodes = new Map(run.tree!.map((node) => [node.id, node]));
  const forks = run.candidates!.filter(({ id }) => id.includes('t.'));
  expect(forks.length).toBeGreaterThan(0);
  for (const { id, text = '', tokens } of forks) {
    const fork = nodes.get(id)!;
    const forced = nodes.get(fork.parent!)!;
    const cut = nodes.get(forced.parent!)!;
    const [answer, place] = [cut.parent!, Number(cut.id.slice(cut.id.lastIndexOf('@') + 1, -1))];
    expect(forced).toMatchObject({ tokens: 0, state: 'kept' });
    expect(tokens).toBe(place + 1 + fork.tokens);
    const before = text.slice(0, text.length - fork.text.length - forced.text.length);
    const forkedText = run.candidates!.find(({ id }) => id === answer)!.text!;
    expect(forkedText.startsWith(before)).toBe(true);
    expect(forkedText.startsWith(before + forced.text)).toBe(false);
  }
  expect(run.tree!.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(run.usage.completion_tokens);
  const positions = run.usage.prompt_tokens! + run.usage.completion_tokens! + forks.length; // what was put there is run, too
  expect(run.account.policy.unique).toBe(positions - 12);
  expectAccounts(run);
});
test('prune: each checkpoint has a reward of its own, and a threshold drops what is below its floor', async () => {
  const stages = { n: 6, checkpoints: [8, 24], checkpoint_rewards: ['outcome', 'process'] };
  const run = await search({ strategy: 'prune', options: stages, sampling: { seed: 3 }, return: { tree: true } });
  expect(run.account.rewards.process!.calls).toBeGreaterThan(0);
  expectAccounts(run);
  expectBestScore(run, 'outcome');
  const rankedAt = (depth: number, reward: string) =>
    run.tree!.filter(({ id, scores }) => id.split('.').length === depth + 1 && reward in scores).length;
  expect(rankedAt(1, 'outcome')).toBe(6);
  const filter = { n: 12, checkpoints: [24], method: 'threshold', floor: 0.1 };
  const filtered = await search({ strategy: 'prune', options: filter, sampling: { seed: 3 }, return: { tree: true } });
  const begun = filtered.tree!.filter(({ parent }) => parent === '0');
  const valuesOf = (wanted: string) => begun.flatMap(({ state, scores }) => (state === wanted ? [scores.process!] : []));
  expect(valuesOf('kept').length).toBeGreaterThan(1); // a lone one may be below the floor
  expect(valuesOf('pruned').length).toBeGreaterThan(0);
  expect(Math.min(...valuesOf('kept'))).toBeGreaterThanOrEqual(0.1);
  expect(Math.max(...valuesOf('pruned'))).toBeLessThan(0.1);
  expectAccounts(filtered);
});

test.each([
  { names: ['outcome', 'nope'], status: 404, code: 'model_not_found', param: 'options.checkpoint_rewards[1]' },
  { names: ['outcome'], status: 400, code: 'invalid_value', param: 'options.checkpoint_rewards' },
])(
  'prune with the checkpoint rewards $names for two checkpoints is refused: $status at $param',
  async ({ names, ...refusal }) => {
    const options = { checkpoints: [8, 24], checkpoint_rewards: names };
    expectRefusal(await post('/v1/search', { ...asked, strategy: 'prune', options }), refusal);
  },
);

test('puct has log-probabilities for its priors; they are shown only where they were asked for', async () => {
  const { candidates = [] } = await search({ strategy: 'puct', options: { iterations: 6 }, return: { candidates: 'all' } });
  expect(candidates.length).toBeGreaterThan(0);
  for (const { logprobs } of candidates) expect(logprobs).toBeUndefined();
});

test.each([
  { said: 'mcts with branch 17', body: { strategy: 'mcts', options: { branch: 17 } }, param: 'options.branch' },
  { said: 'uct with 2049 iterations', body: { strategy: 'uct', options: { iterations: 2049 } }, param: 'options.iterations' },
  { said: 'uct with 33 at once', body: { strategy: 'uct', options: { parallel: 33 } }, param: 'options.parallel' },
  { said: 'puct with an unknown prior', body: { strategy: 'puct', options: { prior: 'value' } }, param: 'options.prior' },
  { said: 'ab_mcts with an unknown prior', body: { strategy: 'ab_mcts', options: { prior: 0 } }, param: 'options.prior' },
  {
    said: 'prune at checkpoints that do not ascend',
    body: { strategy: 'prune', options: { checkpoints: [20, 10] } },
    param: 'options.checkpoints',
  },
  { said: 'prune by racing without sigmas', body: { strategy: 'prune', options: { method: 'racing' } }, param: 'options.sigmas' },
  { said: 'prefix_values by words', body: { strategy: 'prefix_values', options: { unit: 'word' } }, param: 'options.unit' },
  { said: 'entropy_fork at all tokens', body: { strategy: 'entropy_fork', options: { share: 1 } }, param: 'options.share' },
  {
    said: 'tree_of_thoughts by its reward with a critic',
    body: { strategy: 'tree_of_thoughts', options: { critic: 'chains' } },
    param: 'options.critic',
  },
  {
    said: 'plan_then_search with itself as base',
    body: { strategy: 'plan_then_search', options: { base: 'plan_then_search' } },
    param: 'options.base',
  },
  {
    said: 'plan_then_search for one approach',
    body: { strategy: 'plan_then_search', options: { approaches: 1 } },
    param: 'options.approaches',
  },
  { said: 'best_first with accept 2', body: { strategy: 'best_first', options: { accept: 2 } }, param: 'options.accept' },
])('$said is refused: 400 at $param', async ({ body, param }) => {
  expectRefusal(await post('/v1/search', { ...asked, ...body }), { status: 400, code: 'invalid_value', param });
});

test('prefix_values needs a reward: what answers came to is its score', async () => {
  const answer = await post('/v1/search', { ...asked, strategy: 'prefix_values', rewards: [] });
  expectRefusal(answer, { status: 422, code: 'capability_missing', param: 'rewards' });
});

test.each([
  { name: 'a search', run: search, more: { options: { keep: 2, branch: 2 } } },
  { name: 'critique-refine', run: critiqueRefine, more: { options: { max_rounds: 6 } } },
])('$name: log-probabilities cover a whole candidate, the steps before the last included', async ({ run, more }) => {
  const { candidates = [] } = await run({ sampling: { seed: 3, logprobs: 0 }, return: { candidates: 'all' }, ...more });
  expect(candidates.length).toBeGreaterThan(0);
  for (const { text = '', tokens, logprobs = [] } of candidates) {
    expect(logprobs).toHaveLength(tokens);
    expect(logprobs.map(({ token }) => token).join('')).toContain(text);
  }
});
