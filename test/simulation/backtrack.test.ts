/** Backtracking against closed forms: seeded, so that each holds always or never. */
import { expect, test, vi } from 'vitest';
import { strategyNamed } from '../../src/strategies/registry.ts';
import { accuracyOf, expectNear } from './accuracy.ts';

vi.setConfig({ testTimeout: 60_000 });

const problems = 600;
const setting = (options: object) => ({ strategy: strategyNamed('backtrack')!, options: { max_waste: 1, ...options }, problems });

test.each([
  { accuracy: 0.3, steps: 1, paths: 1, retries: 2 },
  { accuracy: 0.3, steps: 2, paths: 1, retries: 2 },
  { accuracy: 0.2, steps: 2, paths: 3, retries: 1 },
  { accuracy: 0.5, steps: 2, paths: 2, retries: 0 },
])(
  'with a perfect reward each step has 1 + retries draws, and one path is enough: %j',
  async ({ accuracy, steps, paths, retries }) => {
    const path = (1 - (1 - accuracy) ** (retries + 1)) ** steps;
    const measured = await accuracyOf({ ...setting({ paths, retries }), reward: 'perfect', accuracy, steps });
    expectNear(measured, 1 - (1 - path) ** paths, problems);
  },
);

test('a third step that stays wrong has the second drawn again: more is right than without', async () => {
  const nature = { accuracy: 0.4, steps: 4, reward: 'perfect' } as const;
  const draws = 1 - 0.6 ** 3;
  expect(await accuracyOf({ ...setting({ paths: 1 }), ...nature })).toBeGreaterThan(draws ** 4 + 0.05);
});

test('a useless reward is no worse than one sample, one that misleads is', async () => {
  const guided = { ...setting({ paths: 1 }), accuracy: 0.5, steps: 2 };
  const useless = await accuracyOf({ ...guided, reward: 'useless', stepReward: 'useless_process' });
  expect(useless).toBeGreaterThan(0.25 - 0.06);
  const misled = await accuracyOf({ ...guided, reward: 'adversarial', stepReward: 'adversarial_process' });
  expect(misled).toBeLessThan(0.12); // half of it is lost, at least
});
