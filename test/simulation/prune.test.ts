/** Pruning against closed forms: seeded, so that each holds always or never. A step is one token. */
import { expect, test, vi } from 'vitest';
import { prune } from '../../src/strategies/prune.ts';
import { accuracyOf, expectNear } from './accuracy.ts';

vi.setConfig({ testTimeout: 60_000 });

const problems = 600;
const near = (measured: number, expected: number) => expectNear(measured, expected, problems);

/** Probability that `right` of `n` are right, where each is with probability `p`. */
function binomial(n: number, right: number, p: number): number {
  let ways = 1;
  for (let place = 0; place < right; place++) ways *= (n - place) / (place + 1);
  return ways * p ** right * (1 - p) ** (n - right);
}

/** Mean over how many of the first steps are right of what the kept ones come to, with one more step of which one must be right. */
function expected(n: number, p: number, keptRight: (right: number) => number): number {
  let mean = 0;
  for (let right = 0; right <= n; right++) mean += binomial(n, right, p) * (1 - (1 - p) ** keptRight(right));
  return mean;
}

const halves = [
  { n: 4, accuracy: 0.4, keep: 2 },
  { n: 8, accuracy: 0.3, keep: 4 },
  { n: 5, accuracy: 0.6, keep: 3 },
] as const;

const setting = ({ n, accuracy }: (typeof halves)[number], options: object = {}) => ({
  strategy: prune,
  options: { n, checkpoints: [1], prune_alpha: 0.5, ...options },
  accuracy,
  steps: 2,
  problems,
});

test.each(halves)('half by a perfect reward: right beginnings go on before wrong ones: %j', async (nature) => {
  const { n, accuracy, keep } = nature;
  const right = expected(n, accuracy, (begun) => Math.min(begun, keep));
  near(await accuracyOf({ ...setting(nature), reward: 'perfect' }), right);
  near(await accuracyOf({ ...setting(nature, { method: 'successive_halving' }), reward: 'perfect' }), right);
});

test.each(halves)('racing by a perfect reward with sure bounds loses nothing to best-of-n: %j', async (nature) => {
  const { n, accuracy } = nature;
  const racing = { prune_alpha: 0.95, method: 'racing', sigmas: [0] };
  near(await accuracyOf({ ...setting(nature, racing), reward: 'perfect' }), 1 - (1 - accuracy ** 2) ** n);
});

test.each(halves)('half by a useless reward is a sample of those that are kept: %j', async (nature) => {
  const useless = await accuracyOf({ ...setting(nature), reward: 'perfect', stepReward: 'useless_process' });
  near(useless, 1 - (1 - nature.accuracy ** 2) ** nature.keep); // any `keep` answers, of which the perfect reward picks
  const blind = await accuracyOf({ ...setting(nature), reward: 'useless', stepReward: 'useless_process' });
  near(blind, nature.accuracy ** 2); // no worse than one sample
});

test.each(halves)(
  'half by an adversarial reward: right beginnings are left only where there are too few wrong ones: %j',
  async (nature) => {
    const { n, accuracy, keep } = nature;
    const misled = await accuracyOf({ ...setting(nature), reward: 'perfect', stepReward: 'adversarial_process' });
    const damage = expected(n, accuracy, (begun) => Math.max(0, begun - (n - keep)));
    near(misled, damage);
    expect(damage).toBeLessThan(1 - (1 - accuracy ** 2) ** keep); // worse than a useless one
  },
);

const floor = { method: 'threshold', floor: 0.5 };

test.each(halves)('threshold by a perfect reward loses nothing to best-of-n: %j', async (nature) => {
  const { n, accuracy } = nature;
  near(await accuracyOf({ ...setting(nature, floor), reward: 'perfect' }), 1 - (1 - accuracy ** 2) ** n);
});

test.each(halves)('threshold by a useless reward is a sample of as many as it lets through: %j', async (nature) => {
  const { n, accuracy } = nature;
  let mean = 0; // its numbers are uniform, so each is let through with probability a half; one always goes on
  for (let kept = 0; kept <= n; kept++) mean += binomial(n, kept, 0.5) * (1 - (1 - accuracy ** 2) ** Math.max(1, kept));
  near(await accuracyOf({ ...setting(nature, floor), reward: 'perfect', stepReward: 'useless_process' }), mean);
  const blind = await accuracyOf({ ...setting(nature, floor), reward: 'useless', stepReward: 'useless_process' });
  near(blind, accuracy ** 2); // no worse than one sample
});

test.each(halves)('threshold by an adversarial reward: only where all beginnings are right is one left: %j', async (nature) => {
  const { n, accuracy } = nature;
  const misled = await accuracyOf({ ...setting(nature, floor), reward: 'perfect', stepReward: 'adversarial_process' });
  near(misled, accuracy ** (n + 1));
});

test.each(halves)('a checkpoint reward ranks as the step reward would: %j', async (nature) => {
  const { n, accuracy, keep } = nature;
  const right = expected(n, accuracy, (begun) => Math.min(begun, keep));
  const early = { checkpoint_rewards: ['process'] };
  near(await accuracyOf({ ...setting(nature, early), reward: 'perfect', stepReward: 'adversarial_process' }), right);
});
