/** Who may rank beginnings: rewards that say something of a text that is not whole, whatever the others are. */
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { makeTask } from '../../src/requests/make-task.ts';
import type { TaskRequest } from '../../src/requests/task.ts';
import { json } from './config.ts';
import { neutral } from './request.ts';

const similarity = { kind: 'similarity', backend: 'local', model: 'embedder' };
const config = loadConfig({
  ...json,
  rewards: {
    ...json.rewards,
    alike: similarity,
    consensus: { ...similarity, to: 'consensus' },
    voted: { kind: 'self_consistency' },
    near: {
      kind: 'tensor',
      backend: 'local',
      model: 'prototypes',
      inputs: { state: { from: 'embedding', model: 'embedder' } },
      output_name: 'score',
    },
  },
});
const make = (more: Partial<TaskRequest>) => makeTask(neutral(more), config, () => 99);

const pruning = (names: readonly string[]): Partial<TaskRequest> => ({
  family: 'search',
  strategy: 'prune',
  options: { n: 4, checkpoints: [10, 20], checkpoint_rewards: names },
});

test.each([
  {
    name: 'an unknown checkpoint reward',
    given: pruning(['process', 'luck']),
    code: 'model_not_found',
    param: 'options.checkpoint_rewards[1]',
  },
  {
    name: 'a checkpoint reward that says nothing of prefixes',
    given: pruning(['voted', 'process']),
    code: 'capability_missing',
    param: 'options.checkpoint_rewards[0]',
  },
  {
    name: 'a checkpoint reward of the whole set',
    given: pruning(['process', 'consensus']),
    code: 'capability_missing',
    param: 'options.checkpoint_rewards[1]',
  },
  {
    name: 'a checkpoint reward without the right answer that it compares with',
    given: pruning(['process', 'alike']),
    code: 'capability_missing',
    param: 'options.checkpoint_rewards[1]',
  },
  {
    name: 'checkpoint rewards where no reward chooses among the answers',
    given: { ...pruning(['process', 'outcome']), rewards: [] },
    code: 'capability_missing',
    param: 'rewards',
  },
  {
    name: 'a step reward of the whole set',
    given: { family: 'search', strategy: 'prune', options: { step_reward: 'consensus' } },
    code: 'capability_missing',
    param: 'options.step_reward',
  },
])('$name is refused before anything is spent: $code of $param', ({ given, code, param }) => {
  expect(() => make(given as Partial<TaskRequest>)).toThrow(expect.objectContaining({ code, param }));
});

test('checkpoint rewards stand in the place of a process reward, and the bound has their calls (methods D.5)', () => {
  const task = make({ ...pruning(['outcome', 'process']), model: 'bare', rewards: ['outcome'] });
  expect(task.forStrategy).toMatchObject({ stepReward: null, rewards: ['outcome'] });
  expect(task.bound.scoreCalls).toBe(2 * 3 + 1 + 1); // each of three stretches twice, a last resort, and the outcome
});

test.each([
  { said: 'likeness to a right answer', step_reward: 'alike', references: ['45'], each: 1 },
  {
    said: 'a graph over an embedding: nearer to a right prototype than to a wrong one',
    step_reward: 'near',
    references: [],
    each: 2,
  },
])('$said ranks beginnings for a threshold (methods D.4)', ({ step_reward, references, each }) => {
  const options = { n: 4, checkpoints: [10], method: 'threshold', floor: 0, step_reward };
  const task = make({ family: 'search', strategy: 'prune', references, options });
  expect(task.forStrategy.stepReward).toBe(step_reward);
  expect(task.bound.scoreCalls).toBe(3 * each + 1); // two stretches and a last resort; the outcome
});

test('a step-wise search takes no reward for whole texts', () => {
  const given = { family: 'search', options: { step_reward: 'alike' }, references: ['45'] } as const;
  expect(() => make(given)).toThrow(expect.objectContaining({ code: 'capability_missing', param: 'options.step_reward' }));
});
