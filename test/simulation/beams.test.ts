/** Beams and widths against closed forms: seeded, so that each holds always or never. */
import { expect, test, vi } from 'vitest';
import { strategyNamed } from '../../src/strategies/registry.ts';
import { accuracyOf, expectNear } from './accuracy.ts';

vi.setConfig({ testTimeout: 60_000 });

const problems = 600;
const near = (measured: number, expected: number) => expectNear(measured, expected, problems);
const setting = (name: string, options: object) => ({ strategy: strategyNamed(name)!, options: { ...options }, problems });

test.each([
  { accuracy: 0.3, steps: 2, n: 4, branch: 4 },
  { accuracy: 0.3, steps: 3, n: 8, branch: 4 },
  { accuracy: 0.2, steps: 2, n: 6, branch: 2 },
])('dvts with a perfect reward: a subtree is right with (1 - (1 - p)^b)^s, and one of them is enough: %j', async (nature) => {
  const { accuracy, steps, n, branch } = nature;
  const subtree = (1 - (1 - accuracy) ** branch) ** steps;
  const expected = 1 - (1 - subtree) ** (n / branch);
  near(await accuracyOf({ ...setting('dvts', { n, branch }), reward: 'perfect', accuracy, steps }), expected);
});

test.each([
  { accuracy: 0.3, steps: 1, width: 5 },
  { accuracy: 0.3, steps: 2, width: 4 },
  { accuracy: 0.25, steps: 3, width: 6 },
])('rebase with a perfect reward and a low temperature spends its whole width below what is right: %j', async (nature) => {
  const { accuracy, steps, width } = nature;
  // at T = 0.01 wrong prefixes get nothing beside a right one; `width` of the next steps come from right ones, however many
  const expected = (1 - (1 - accuracy) ** width) ** steps;
  const options = { width, rebase_temperature: 0.01 };
  near(await accuracyOf({ ...setting('rebase', options), reward: 'perfect', accuracy, steps }), expected);
});

test.each([
  { p: 0.4, b: 3 },
  { p: 0.2, b: 4 },
  { p: 0.6, b: 2 },
])('lookahead of one beam and two steps knows a right rollout, and goes on blindly where there is none: %j', async ({ p, b }) => {
  const noRollout = (1 - p * p) ** b; // of b pairs of steps none is right
  const firstIsRight = p / (1 + p); // then all are worth nothing, and the first one is kept: its step may be right all the same
  const expected = 1 - noRollout + noRollout * firstIsRight * (1 - (1 - p) ** b);
  const options = { keep: 1, branch: b };
  near(await accuracyOf({ ...setting('lookahead', options), reward: 'perfect', accuracy: p, steps: 2 }), expected);
});

const guided = { accuracy: 0.5, steps: 2 } as const; // one sample is right with p^s = 0.25

test.each([
  ['dvts', { n: 4, branch: 4 }],
  ['rebase', { width: 4 }],
  ['lookahead', { keep: 1, branch: 4 }],
] as const)('%s with a useless step reward is no worse than one sample; misled to the end it is', async (name, options) => {
  const useless = { reward: 'useless', stepReward: 'useless_process' } as const;
  expect(await accuracyOf({ ...setting(name, options), ...guided, ...useless })).toBeGreaterThan(0.25 - 0.06);
  const adversarial = { reward: 'adversarial', stepReward: 'adversarial_process' } as const;
  expect(await accuracyOf({ ...setting(name, options), ...guided, ...adversarial })).toBeLessThan(0.12); // half of it is lost, at least
});
