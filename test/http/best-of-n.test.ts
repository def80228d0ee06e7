import { expect, test } from 'vitest';
import { expectAccounts, expectBestScore, expectOneRound } from './accounts.ts';
import { asked, bestOfN, chain, expectRefusal, post, puzzle } from './winnow.ts';

test('eight candidates are drawn where nothing is said, scored by the policy’s reward, and the best one is the choice', async () => {
  const run = await bestOfN();
  expect(run).toMatchObject({ object: 'winnow.run', model: 'puzzles', strategy: 'best_of_n', stop_reason: 'finished' });
  expect(run.id).toMatch(/^run_[0-9a-f]{24}$/);
  expect(Math.abs(run.created - Date.now() / 1000)).toBeLessThan(60);
  expect(run.candidates).toHaveLength(8);
  expect(run.selection).toEqual({ rule: 'argmax', degraded: false });
  expectAccounts(run);
  expectOneRound(run);
  expectBestScore(run, 'outcome');
});

test('ids are paths from the prompt, in order of index', async () => {
  const { candidates } = await bestOfN({ n: 3 });
  expect(candidates?.map(({ id }) => id)).toEqual(['0.0', '0.1', '0.2']);
});

test.each([1, 2, 16, 100])('n %i draws as many', async (n) => {
  const run = await bestOfN({ n, sampling: { max_tokens: 20 } });
  expect(run.candidates).toHaveLength(n);
  expectAccounts(run);
  expectOneRound(run);
});

test('a raw prompt and the same text by the chat template are the same prompt', async () => {
  const sampling = { seed: 5 };
  const templated = await bestOfN({ sampling });
  const raw = await bestOfN({ messages: undefined, prompt: `${puzzle}\n`, sampling });
  expect(raw.usage.prompt_tokens! - templated.usage.prompt_tokens!).toBeGreaterThanOrEqual(0);
  expect(raw.usage.prompt_tokens! - templated.usage.prompt_tokens!).toBeLessThanOrEqual(1); // a raw prompt brings its own first token
});

test.each([
  { shown: 'none', members: undefined },
  { shown: 'scores', members: ['finish_reason', 'id', 'index', 'scores', 'tokens'] },
  { shown: 'all', members: ['answer', 'finish_reason', 'id', 'index', 'scores', 'steps', 'text', 'tokens'] },
])('return.candidates "$shown" shows $members', async ({ shown, members }) => {
  const { candidates } = await bestOfN({ n: 2, return: { candidates: shown } });
  expect(candidates?.map((candidate) => Object.keys(candidate).sort())).toEqual(members && [members, members]);
});

test('steps joined are the text, and the chosen text is the content', async () => {
  const { candidates = [], choice } = await bestOfN({ return: { candidates: 'all' } });
  for (const { steps, text } of candidates) expect(steps?.map((step) => step.text).join('')).toBe(text);
  expect(candidates[choice.index]?.text).toBe(choice.message.content);
});

test.each([0, 3, 20])('logprobs %i: one entry a token, with as many alternatives, the most probable first', async (logprobs) => {
  const { candidates = [] } = await bestOfN({ n: 2, sampling: { logprobs }, return: { candidates: 'all' } });
  for (const candidate of candidates) {
    expect(candidate.logprobs).toHaveLength(candidate.tokens);
    for (const { token, logprob, top } of candidate.logprobs!) {
      expect(logprob).toBeLessThanOrEqual(0);
      expect(top ?? []).toHaveLength(logprobs);
      expect(top?.map((one) => one.logprob)).toEqual(top?.map((one) => one.logprob).sort((a, b) => b - a));
      for (const one of top ?? []) if (one.token === token) expect(one.logprob).toBeCloseTo(logprob, 10);
    }
  }
});

test('without logprobs there are none', async () => {
  const { candidates = [] } = await bestOfN({ n: 1, return: { candidates: 'all' } });
  expect(candidates[0]).not.toHaveProperty('logprobs');
});

test('temperature 0 draws one text for all, scored once', async () => {
  const run = await bestOfN({ n: 5, sampling: { temperature: 0 }, return: { candidates: 'all' } });
  expect(new Set(run.candidates?.map(({ text }) => text)).size).toBe(1);
  expect(run.account.rewards.outcome?.candidates).toBe(1);
  expect(run.choice.index).toBe(0); // all tie: the first
});

test('the reward account counts distinct texts', async () => {
  const run = await bestOfN({ n: 24, sampling: { max_tokens: 4, seed: 1 }, return: { candidates: 'all' } });
  const finished = run.candidates!.filter(({ finish_reason }) => finish_reason === 'stop');
  const mayWin = finished.length > 0 ? finished : run.candidates!;
  expect(run.account.rewards.outcome).toMatchObject({ calls: 1, candidates: new Set(mayWin.map(({ text }) => text)).size });
  expect(mayWin.every(({ scores }) => scores.outcome?.ok)).toBe(true);
});

test('max_tokens cuts every candidate; where none finished, a cut one is the choice', async () => {
  const run = await bestOfN({ n: 4, sampling: { max_tokens: 3 } });
  expect(run.candidates?.map(({ tokens, finish_reason }) => [tokens, finish_reason])).toEqual(Array(4).fill([3, 'length']));
  expect(run.complete).toBe(false);
  expect(run.choice.finish_reason).toBe('length');
  expect(run.usage.completion_tokens).toBe(12);
  expectBestScore(run, 'outcome');
});

test('a stop string ends a candidate; it is left out of the text and counted in the tokens', async () => {
  const sampling = { seed: 3, temperature: 0 };
  const whole = await bestOfN({ n: 1, sampling });
  const stopped = await bestOfN({ n: 1, sampling: { ...sampling, stop: [' = '] } });
  expect(whole.choice.message.content).toContain(' = ');
  expect(stopped.choice.message.content).toBe(whole.choice.message.content.split(' = ')[0]);
  expect(stopped.choice.finish_reason).toBe('stop');
  const logged = await bestOfN({ n: 1, sampling: { ...sampling, logprobs: 0 }, return: { candidates: 'all' } });
  const ofStop = logged.candidates![0]!.logprobs!.findIndex(({ token }) => token.includes(' = '));
  expect(stopped.usage.completion_tokens).toBe(ofStop + 1);
});

test('a policy with an extractor votes, weighted by its reward', async () => {
  const run = await bestOfN({
    model: 'chains',
    messages: [{ role: 'user', content: chain }],
    n: 16,
    return: { candidates: 'all' },
  });
  expect(run.selection.rule).toBe('weighted_vote');
  const answered = run.candidates!.filter(({ answer }) => answer !== null);
  if (answered.length > 0 && !run.selection.degraded) {
    expect(run.selection.coverage).toBeGreaterThan(0);
    expect(run.selection.share).toBeGreaterThan(0);
    expect(run.choice.answer).not.toBeNull();
  }
  expectAccounts(run);
});

test('a policy with an extractor and no reward takes the majority', async () => {
  const run = await bestOfN({
    model: 'chains',
    messages: [{ role: 'user', content: chain }],
    rewards: [],
    n: 16,
    return: { candidates: 'all' },
  });
  expect(run.selection.rule).toBe('majority_vote');
  expect(run.account.rewards).toEqual({});
  const answers = run.candidates!.flatMap(({ answer }) => (answer == null ? [] : Number(answer)));
  const votes = (answer: number) => answers.filter((other) => other === answer).length;
  if (!run.selection.degraded) expect(votes(Number(run.choice.answer))).toBe(Math.max(...answers.map(votes)));
});

test('without a reward and without answers the first candidate is taken, and said to be no choice by merit', async () => {
  const run = await bestOfN({ rewards: [], n: 3 });
  expect(run.selection).toMatchObject({ rule: 'argmax', degraded: true, reason: 'no_scores' });
  expect(run.account.rewards).toEqual({});
});

test.each([
  { name: 'process', reduction: undefined },
  { name: 'process', reduction: 'min' },
  { name: 'process', reduction: 'mean' },
  { name: 'process', reduction: 'prod' },
])('a process reward scores each step and reduces them: $reduction', async ({ name, reduction }) => {
  const use = reduction ? { name, reduction } : name;
  const run = await bestOfN({ n: 6, rewards: [use], return: { candidates: 'all' } });
  const reduce: Record<string, (values: number[]) => number> = {
    last: (values) => values.at(-1)!,
    min: (values) => Math.min(...values),
    mean: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
    prod: (values) => values.reduce((product, value) => product * value, 1),
  };
  for (const { scores, steps } of run.candidates!) {
    const score = scores.process;
    if (!score?.ok) continue;
    expect(score.steps).toHaveLength(steps!.length);
    expect(steps?.map((step) => step.scores.process)).toEqual(score.steps);
    for (const value of score.steps!) expect(value).toBeGreaterThanOrEqual(0);
    for (const value of score.steps!) expect(value).toBeLessThanOrEqual(1);
    expect(score.value).toBeCloseTo(reduce[reduction ?? 'last']!(score.steps as number[]), 10);
  }
  expectBestScore(run, 'process');
});

test('user and metadata are taken and change nothing', async () => {
  const plain = await bestOfN({ sampling: { seed: 9 } });
  const dressed = await bestOfN({ sampling: { seed: 9 }, user: 'someone', metadata: { any: { thing: [1] } } });
  expect(dressed.choice).toEqual(plain.choice);
});

test.each([
  { said: 'neither messages nor prompt', body: {}, param: 'messages', code: 'missing_required_parameter' },
  { said: 'both', body: { ...asked, prompt: 'a' }, param: 'prompt', code: 'invalid_value' },
  { said: 'a strategy', body: { ...asked, strategy: 'best_of_n' }, param: 'strategy', code: 'unknown_parameter' },
  { said: 'options', body: { ...asked, options: { n: 2 } }, param: 'options', code: 'unknown_parameter' },
  { said: 'an OpenAI field', body: { ...asked, temperature: 1 }, param: 'temperature', code: 'unknown_parameter' },
  { said: 'one reward twice', body: { ...asked, rewards: ['outcome', 'outcome'] }, param: 'rewards[1]', code: 'invalid_value' },
  { said: 'early_stop', body: { ...asked, early_stop: 'x' }, param: 'early_stop', code: 'unsupported_value' },
  { said: 'execution elsewhere', body: { ...asked, execution: 'elsewhere' }, param: 'execution', code: 'invalid_value' },
  {
    said: 'a reduction of a classifier',
    body: { ...asked, rewards: [{ name: 'outcome', reduction: 'min' }] },
    param: 'rewards[0].reduction',
    code: 'unknown_parameter',
  },
  {
    said: 'too many alternatives',
    body: { ...asked, sampling: { logprobs: 21 } },
    param: 'sampling.logprobs',
    code: 'invalid_value',
  },
])('$said is refused: $code at $param', async ({ body, param, code }) => {
  expectRefusal(await post('/v1/best-of-n', body), { status: 400, code, param });
});

test('a vote of a policy without an extractor is refused before anything is spent', async () => {
  const answer = await post('/v1/best-of-n', { ...asked, selection: 'majority_vote' });
  expectRefusal(answer, { status: 422, code: 'capability_missing', param: 'selection', says: /extractor/ });
});

test('a prompt that fills the context is refused with the counts', async () => {
  const answer = await post('/v1/best-of-n', { prompt: `${'1 '.repeat(300)}\n` });
  const { message } = expectRefusal(answer, { status: 400, code: 'context_length_exceeded' });
  expect(message.match(/\d+/g)?.length).toBeGreaterThanOrEqual(2);
});
