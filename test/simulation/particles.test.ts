/** Particle filters against closed forms: seeded, so that each holds always or never. */
import { expect, test, vi } from 'vitest';
import { strategyNamed } from '../../src/strategies/registry.ts';
import { accuracyOf, expectNear } from './accuracy.ts';

vi.setConfig({ testTimeout: 60_000 });

const problems = 600;
const setting = (name: string, options: object) => ({ strategy: strategyNamed(name)!, options: { ...options }, problems });

test.each([
  { accuracy: 0.3, steps: 1, particles: 4 },
  { accuracy: 0.3, steps: 2, particles: 4 },
  { accuracy: 0.25, steps: 3, particles: 6 },
])('with a perfect reward, resampled always, all particles follow what is right: %j', async ({ accuracy, steps, particles }) => {
  // a wrong step weighs a millionth of a right one: all N copies are of right prefixes wherever there is one
  const expected = (1 - (1 - accuracy) ** particles) ** steps;
  const options = { particles, ess_threshold: 1 };
  const measured = await accuracyOf({ ...setting('particle_filter', options), reward: 'perfect', accuracy, steps });
  expectNear(measured, expected, problems);
});

test('never resampled it is best-of-N', async () => {
  const options = { particles: 4, ess_threshold: 0 };
  const measured = await accuracyOf({ ...setting('particle_filter', options), reward: 'perfect', accuracy: 0.5, steps: 2 });
  expectNear(measured, 1 - (1 - 0.25) ** 4, problems);
});

test('the entropic filter after its early phase follows what is right as well', async () => {
  const options = { particles: 4, early_phase: 0 };
  const measured = await accuracyOf({
    ...setting('entropic_particle_filter', options),
    reward: 'perfect',
    accuracy: 0.3,
    steps: 2,
  });
  expectNear(measured, (1 - 0.7 ** 4) ** 2, problems);
});

test.each(['particle_filter', 'entropic_particle_filter'])(
  '%s: a useless reward is no worse than one sample, one that misleads is',
  async (name) => {
    const guided = { ...setting(name, { particles: 4 }), accuracy: 0.5, steps: 2 };
    const useless = await accuracyOf({ ...guided, reward: 'useless', stepReward: 'useless_process' });
    expect(useless).toBeGreaterThan(0.25 - 0.06);
    const misled = await accuracyOf({ ...guided, reward: 'adversarial', stepReward: 'adversarial_process' });
    expect(misled).toBeLessThan(0.12); // half of it is lost, at least
  },
);
