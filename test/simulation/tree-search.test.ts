/** Searches with a tree over answers of two steps: closed forms against a simulated policy. */
import { expect, test, vi } from 'vitest';
import { strategyNamed } from '../../src/strategies/registry.ts';
import type { Setting } from './accuracy.ts';
import { accuracyOf, expectNear } from './accuracy.ts';

vi.setConfig({ testTimeout: 60_000 });

const PROBLEMS = 500;
const P = 0.4;
const BRANCH = 3;

/** `greedy` makes mcts go to its best child, which it has visited already, before those that it has not. */
const searches = [
  { name: 'uct', more: {}, greedy: {} },
  { name: 'puct', more: {}, greedy: {} },
  { name: 'mcts', more: { roll_forward: 0, end_gate: 1 }, greedy: { unvisited_bonus: 0, mcts_c: 0 } },
  { name: 'best_first', more: {}, greedy: {} },
].map(({ name, more, greedy }) => {
  const options = { ...more, branch: BRANCH, parallel: 1 };
  const guided = { strategy: strategyNamed(name)!, accuracy: P, steps: 2 };
  return { name, whole: { ...guided, options }, twoLeaves: { ...guided, options: { ...options, ...greedy, iterations: 2 } } };
});

const expectRight = async (setting: Setting, expected: number) =>
  expectNear(await accuracyOf({ ...setting, problems: PROBLEMS }), expected, PROBLEMS);

/** One of `branch` is right, when each is with p. */
const any = (p: number): number => 1 - (1 - p) ** BRANCH;
const all = (p: number): number => p ** BRANCH;

test.each(searches)('$name looks at the whole tree where it may: right with 1 - (1 - p (1 - (1 - p)^3))^3', async ({ whole }) => {
  await expectRight({ ...whole, reward: 'perfect' }, any(P * any(P)));
});

test.each(searches)('$name of two leaves follows a perfect reward: right with (1 - (1 - p)^3)^2', async ({ twoLeaves }) => {
  await expectRight({ ...twoLeaves, reward: 'perfect' }, any(P) ** 2);
});

test.each(searches)('$name by useless rewards is no worse than one plain sample: right with p^2', async ({ whole }) => {
  await expectRight({ ...whole, reward: 'useless', stepReward: 'useless_process' }, P ** 2);
});

test.each(searches)(
  '$name of two leaves led astray is right where all three first steps are: p^3 (1 - (1 - p)^3)',
  async ({ twoLeaves }) => {
    const astray = { ...twoLeaves, stepReward: 'adversarial_process' } as const;
    await expectRight({ ...astray, reward: 'perfect' }, all(P) * any(P));
    await expectRight({ ...astray, reward: 'adversarial' }, all(P) ** 2); // and where the last word is wrong too
    expect(all(P) * any(P)).toBeCloseTo(0.05, 3); // the damage: one plain sample is right with 0.16
  },
);

test.each(searches)(
  '$name is not led astray for ever: once it has seen the whole tree, only the last word counts',
  async ({ whole }) => {
    await expectRight({ ...whole, reward: 'perfect', stepReward: 'adversarial_process' }, any(P * any(P)));
  },
);

test.each([1, 4])('uct finds as much of a whole tree of three steps with %i paths at a time', async (parallel) => {
  const { whole } = searches[0]!;
  const setting = { ...whole, options: { ...whole.options, parallel }, steps: 3, reward: 'perfect' } as const;
  await expectRight(setting, any(P * any(P * any(P))));
});

test('mcts rolls its best child forward: one leaf and a rollout are right with (1 - (1 - p)^3) p', async () => {
  const { twoLeaves } = searches[2]!;
  const options = { iterations: 1, branch: BRANCH, roll_forward: 1 };
  await expectRight({ ...twoLeaves, options, reward: 'perfect' }, any(P) * P);
});
