/** Bodies of POST /run that nobody's edge sends: each is refused at its field, before anything is spent. */
import { expect, test } from 'vitest';
import { running } from '../../gpu-backend/running.ts';
import { type RunRequest, runRequest } from '../../schemas/backend-run.ts';
import { WinnowError } from '../../schemas/errors.ts';
import { strategyNamed } from '../../src/strategies/registry.ts';
import { collect } from '../backends/collect.ts';
import { task } from '../drive.ts';
import { rewards, writer } from '../runtime/means.ts';
import { ScriptedBackend } from '../runtime/scripted-backend.ts';

const judge = { kind: 'process', backend: 'local', model: 'judge', output: 'probability', reduction: 'last' };
const request = (changed: object = {}): RunRequest =>
  runRequest.parse({
    id: 'run_1',
    strategy: 'beam_search',
    options: { keep: 2, branch: 2 },
    prompt: task.prompt,
    policy: 'writer',
    sampling: task.sampling,
    rewards: ['judge'],
    step_reward: 'judge',
    step_output: 'probability',
    embedder: null,
    wrong_below: 0.5,
    reward_output: 'probability',
    seed: 1,
    answer: null,
    references: [],
    backend: 'local',
    policies: { writer: { ...writer, backend: 'local' } },
    reward_entries: { ...rewards, judge },
    reward_options: {},
    limits: { max_candidates: 8, max_tokens: 200, max_time_ms: 10_000 },
    elapsed_ms: 0,
    finishing_reserve: 0,
    tell_pieces: false,
    tell_texts: false,
    ...changed,
  });

const refusalOf = (changed: object): WinnowError => {
  try {
    running(request(changed), new ScriptedBackend(), new AbortController().signal);
  } catch (thrown) {
    if (thrown instanceof WinnowError) return thrown;
    throw thrown;
  }
  throw new Error('It was not refused.');
};

test('a request whose names all lead somewhere is run to its end', async () => {
  const lines = await collect(running(request(), new ScriptedBackend(), new AbortController().signal));
  expect(lines.length).toBeGreaterThan(1);
  expect(lines.at(-1)).toEqual({ type: 'end' });
});

const itself = { kind: 'ensemble', members: ['loop', 'judge'] };
const pattern = (source: string) => ({ writer: { ...writer, backend: 'local', step: { pattern: source, max_tokens: 9 } } });
const prefixValues = strategyNamed('prefix_values')!.width(4);

test.each([
  { said: 'an unknown strategy', body: { strategy: '__proto__' }, param: 'strategy', says: /__proto__/ },
  { said: 'an option out of its range', body: { options: { keep: -1 } }, param: 'options.keep', says: />=1/ },
  { said: 'a policy without an entry', body: { policy: 'constructor' }, param: 'policy', says: /constructor/ },
  { said: 'a reward without an entry', body: { rewards: ['judge', 'nope'] }, param: 'rewards[1]', says: /nope/ },
  { said: 'a step reward without an entry', body: { step_reward: 'nope' }, param: 'step_reward', says: /nope/ },
  { said: 'no step reward where one ranks', body: { step_reward: null }, param: 'step_reward', says: /beam_search needs/ },
  {
    said: 'no reward where outcomes count',
    body: { strategy: 'prefix_values', options: prefixValues, rewards: [] },
    param: 'rewards',
    says: /prefix_values needs/,
  },
  {
    said: 'DORA without an embedder',
    body: { strategy: 'rebase', options: { width: 4, diversity: 'dora', embedder: 'judge' } },
    param: 'embedder',
    says: /similarity/,
  },
  {
    said: 'an unknown reward for a checkpoint',
    body: { strategy: 'prune', options: { n: 4, checkpoints: [3], checkpoint_rewards: ['nope'] } },
    param: 'options.checkpoint_rewards[0]',
    says: /nope/,
  },
  {
    said: 'an unknown critic',
    body: { strategy: 'self_refine', options: { critic: 'nope' } },
    param: 'options.critic',
    says: /nope/,
  },
  {
    said: 'a judge by an unknown policy',
    body: { reward_entries: { judge, other: { kind: 'judge', policy: 'nope' } } },
    param: 'reward_entries.other.policy',
    says: /nope/,
  },
  {
    said: 'an ensemble of an unknown reward',
    body: { reward_entries: { judge, other: { kind: 'ensemble', members: ['judge', 'nope'] } } },
    param: 'reward_entries.other',
    says: /nope/,
  },
  {
    said: 'an ensemble of itself',
    body: { reward_entries: { judge, loop: itself } },
    param: 'reward_entries.loop',
    says: /made of itself/,
  },
  {
    said: 'an unknown reduction',
    body: { reward_options: { judge: { reduction: 'nope' } } },
    param: 'reward_options.judge.reduction',
    says: /min/,
  },
  {
    said: 'options of a reward without an entry',
    body: { reward_options: { nope: {} } },
    param: 'reward_options',
    says: /nope/,
  },
  { said: 'a step pattern that is no RE2', body: { policies: pattern('(') }, param: 'policies.writer.step.pattern', says: /RE2/ },
  {
    said: 'a step pattern that matches nothing at all',
    body: { policies: pattern('a*') },
    param: 'policies.writer.step.pattern',
    says: /empty string/,
  },
])('$said is refused at $param', ({ body, param, says }) => {
  const refusal = refusalOf(body);
  expect(refusal).toMatchObject({ param });
  expect(refusal.message).toMatch(says);
});

test.each([{ max_candidates: -1 }, { max_candidates: 0 }, { max_tokens: -5 }, { max_time_ms: 0 }, { max_score_calls: -1 }])(
  'limits that nothing fits under are none: %o',
  (limit) => {
    const limits = { max_candidates: 8, max_tokens: 200, max_time_ms: 10_000, ...limit };
    expect(() => request({ limits })).toThrow(/limits/);
  },
);
