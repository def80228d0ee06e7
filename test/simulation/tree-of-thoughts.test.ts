/** Tree of thoughts by the step reward against a closed form: seeded, so that each holds always or never. */
import { expect, test, vi } from 'vitest';
import { strategyNamed } from '../../src/strategies/registry.ts';
import { accuracyOf, expectNear } from './accuracy.ts';

vi.setConfig({ testTimeout: 60_000 });

const problems = 1000;
const setting = (options: object) => ({ strategy: strategyNamed('tree_of_thoughts')!, options: { ...options }, problems });

const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n, k - 1) * (n - k + 1)) / k);
const binomial = (n: number, k: number, p: number): number => choose(n, k) * p ** k * (1 - p) ** (n - k);

/** `branch` first steps; as many of the right ones as there is room for are kept, and each grows `branch` more. */
function right({ breadth, branch, steps, p }: { breadth: number; branch: number; steps: number; p: number }): number {
  const after = (draws: number, left: number): number =>
    Array.from({ length: draws }, (_, place) => {
      const kept = Math.min(breadth, place + 1);
      return binomial(draws, place + 1, p) * (left === 1 ? 1 : after(kept * branch, left - 1));
    }).reduce((sum, term) => sum + term, 0);
  return after(branch, steps);
}

test.each([
  { breadth: 1, branch: 4, steps: 2, p: 0.3, expected: 0.5775 }, // (1 - 0.7^4)^2
  { breadth: 2, branch: 3, steps: 2, p: 0.3, expected: 0.4803 }, // 0.441 (1 - 0.7^3) + 0.216 (1 - 0.7^6)
  { breadth: 5, branch: 5, steps: 2, p: 0.2, expected: 0.5142 }, // nothing is dropped: 1 - (0.8 + 0.2 x 0.8^5)^5
  { breadth: 2, branch: 2, steps: 3, p: 0.4, expected: 0.3228 },
])('with a perfect reward $breadth states of $branch steps are right with $expected: %j', async (given) => {
  const { breadth, branch, steps, p, expected } = given;
  expect(right(given)).toBeCloseTo(expected, 3);
  expectNear(await accuracyOf({ ...setting({ breadth, branch }), reward: 'perfect', accuracy: p, steps }), expected, problems);
});

test('a useless reward is no worse than one sample, one that misleads is', async () => {
  const guided = { ...setting({ breadth: 1, branch: 4 }), accuracy: 0.5, steps: 2 }; // one sample is right with 0.25
  const useless = await accuracyOf({ ...guided, reward: 'useless', stepReward: 'useless_process' });
  expect(useless).toBeGreaterThan(0.25 - 4 * Math.sqrt((0.25 * 0.75) / problems));
  const misled = await accuracyOf({ ...guided, reward: 'adversarial', stepReward: 'adversarial_process' });
  expect(misled).toBeLessThan(0.12); // half of it is lost, at least
});
