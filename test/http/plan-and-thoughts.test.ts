/**
 * Searches that ask a policy which follows instructions, on the running system. It is scripted behind OpenAI's API: the
 * embedded ones cannot follow any.
 */
import { afterAll, expect, test } from 'vitest';
import shipped from '../../winnow.config.json' with { type: 'json' };
import { expectAccounts } from './accounts.ts';
import { type ChatRequest, chatServer } from './chat-server.ts';
import { configured, shippedModels } from './configured.ts';
import { expectRefusal, post, puzzle, search } from './winnow.ts';

const TOKENS = 10; // of each reply

/** What was asked for since it was emptied, and what the planner says. */
let requests: string[] = [];
let plan = '';
const server = await chatServer(({ model, messages }: ChatRequest) => {
  const prompt = messages.map(({ content }) => content).join('\n');
  requests.push(prompt);
  const begun = messages.at(-1)?.role === 'assistant';
  const content =
    model === 'judge' ? replyTo(prompt) : begun ? 'Answer: 5' : `${/<approach \w+>\nway (.)/.exec(prompt)?.[1]} + 3\n`;
  return {
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 100, completion_tokens: TOKENS, prompt_tokens_details: { cached_tokens: 0 } },
  };
});
afterAll(() => server.close());

/** It plans, judges, votes for the second of several, finds everything possible; answers name the approach that they took. */
function replyTo(prompt: string): string {
  if (prompt.includes('distinct approaches')) return plan;
  if (prompt.includes('CHOICE: NUMBER')) return 'CHOICE: 2';
  if (prompt.includes('OUTLOOK: sure')) return 'OUTLOOK: maybe';
  if (prompt.includes('<answer>')) return `<answer>${/took way (\d)/.exec(prompt)?.[1] ?? 1}</answer>`;
  return `took ${/<approach \w+>\n(.*)\n/.exec(prompt)?.[1] ?? 'none'}`;
}

const scripted = { kind: 'openai', url: server.url, stream: false, n: false };
const policy = {
  backend: 'scripted',
  model: 'judge',
  instruct: true,
  sampling: { temperature: 1, max_tokens: 64 },
  typical_tokens: 32,
  min_useful_tokens: 1,
};
const call = configured(() => ({
  ...shipped,
  backends: {
    ...shipped.backends,
    scripted,
    stepping: { ...scripted, continuation: 'prefill', stop_string: 'include_stop_str_in_output' },
  },
  policies: {
    ...shipped.policies,
    scripted: policy,
    stepper: {
      ...policy,
      backend: 'stepping',
      model: 'steps',
      instruct: false,
      process_reward: 'process',
      step: { delimiter: '\n' },
    },
  },
  rewards: { ...shipped.rewards, judged: { kind: 'judge', policy: 'scripted', max_tokens: 32 } },
  models: shippedModels,
}));

const planned = async (approaches: readonly string[], body: object = {}) => {
  requests = [];
  plan = approaches.map((approach, place) => `${place + 1}. ${approach}`).join('\n');
  const options = { base: 'best_of_n', n: 8 };
  const request = { model: 'scripted', strategy: 'plan_then_search', options, rewards: ['judged'], selection: 'argmax' };
  return search({ ...request, return: { candidates: 'all' }, ...body }, call);
};

test('plan_then_search: a plan of three has 3, 2 and 2 answers, and the best of all wins (methods C.14)', async () => {
  const run = await planned(['way 2', 'way 9', 'way 4']);
  expect(run.candidates!.map(({ text }) => text)).toEqual([
    ...Array(3).fill('took way 2'),
    ...Array(2).fill('took way 9'),
    ...Array(2).fill('took way 4'),
  ]);
  expect(run.choice.message.content).toBe('took way 9');
  expect(run.account.planner_tokens).toBe(TOKENS);
  expectAccounts(run);
});

test('plan_then_search: the judge reads the question of the user, never the approach', async () => {
  await planned(['way 2', 'way 3']);
  const judged = requests.filter((prompt) => prompt.includes('<answer>'));
  expect(judged.length).toBeGreaterThan(0);
  for (const prompt of judged) {
    expect(prompt).toContain(puzzle);
    expect(prompt).not.toContain('<approach');
  }
});

test('plan_then_search: an integer budget pays for the plan too; what has no share is said to be dropped', async () => {
  const run = await planned(['way 2', 'way 9', 'way 4'], { options: { base: 'best_of_n' }, budget: 3 });
  expect(run.candidates!.map(({ text }) => text)).toEqual(['took way 2', 'took way 9']);
  expect(run.warnings).toEqual([expect.stringContaining('1 of 3 approaches')]);
});

test('plan_then_search: without a plan the base strategy has what is left, and it is said', async () => {
  const run = await planned([]);
  expect(run.candidates!.map(({ text }) => text)).toEqual(Array(7).fill('took none'));
  expect(run.warnings).toEqual([expect.stringContaining('no plan')]);
});

test('plan_then_search: another policy may plan; what searches goes on step by step, valued by the question (methods C.14)', async () => {
  const run = await planned(['way 2', 'way 7'], {
    model: 'stepper',
    options: { planner: 'scripted', n: 9 },
    rewards: ['process'],
    return: { candidates: 'all', tree: true },
  });
  expect(run.account.planner_tokens).toBe(TOKENS);
  const texts = run.candidates!.map(({ text }) => text);
  expect(texts).toEqual([...Array(4).fill('2 + 3\nAnswer: 5'), ...Array(4).fill('7 + 3\nAnswer: 5')]);
  for (const { scores } of run.candidates!) expect(scores.process).toMatchObject({ ok: true });
  expect(new Set(run.tree!.map(({ id }) => id)).size).toBe(run.tree!.length);
  expectAccounts(run);
});

test.each(['value', 'vote'] as const)('tree_of_thoughts by %s: a critic evaluates, and no step is scored', async (evaluate) => {
  requests = [];
  const options = { evaluate, critic: 'scripted', breadth: 2, branch: 3, max_steps: 3, votes: 2 };
  const run = await search({ strategy: 'tree_of_thoughts', options, sampling: { seed: 3 } }, call);
  expect(run.account.critic_tokens).toBe(TOKENS * requests.length);
  expect(requests.length).toBeGreaterThan(0);
  expect(requests.length % 2).toBe(0); // two votes each
  expect(Object.keys(run.account.rewards)).not.toContain('process');
  expectAccounts(run);
});

test('tree_of_thoughts: what the critic votes for is written on', async () => {
  const options = { evaluate: 'vote', critic: 'scripted', breadth: 1, branch: 3, max_steps: 2 };
  const run = await search({ strategy: 'tree_of_thoughts', options, sampling: { seed: 3 }, return: { tree: true } }, call);
  const first = run.tree!.filter(({ parent }) => parent === '0');
  const states = first.filter(({ state }) => state === 'kept' || state === 'pruned');
  expect(states).toHaveLength(3); // all are open and differ: the second one is what is voted for
  expect(states.map(({ state }) => state)).toEqual(['pruned', 'kept', 'pruned']);
});

test.each([
  { said: 'a planner that follows no instructions', body: { strategy: 'plan_then_search' }, param: 'options.planner' },
  {
    said: 'a critic that follows no instructions',
    body: { strategy: 'tree_of_thoughts', options: { evaluate: 'vote' } },
    param: 'options.critic',
  },
  {
    said: 'a base that goes on with steps, for a policy that cannot',
    body: { model: 'scripted', strategy: 'plan_then_search', options: { step_reward: 'process' } },
    param: 'model',
  },
])('$said is refused: 422 at $param', async ({ body, param }) => {
  const request = { messages: [{ role: 'user', content: puzzle }], ...body };
  expectRefusal(await post('/v1/search', request, call), { status: 422, code: 'capability_missing', param });
});
