/** first_wrong_step with a critic, against closed forms: seeded, so that each holds always or never. Answers of two steps. */
import { expect, test, vi } from 'vitest';
import { firstWrongStep } from '../../src/strategies/first-wrong-step.ts';
import { accuracyOf, expectNear } from './accuracy.ts';

vi.setConfig({ testTimeout: 60_000 });

const problems = 800;
const near = (measured: number, expected: number) => expectNear(measured, expected, problems);

/** Share of problems whose best version is not right yet, by its right steps. */
interface Wrong {
  readonly none: number;
  readonly one: number;
}

/** Each round writes on from the first wrong step of the best version. */
function byPerfect(rounds: number, p: number): number {
  let { none, one }: Wrong = { none: 1 - p, one: p * (1 - p) };
  let right = p * p;
  for (let round = 0; round < rounds; round++) {
    right += none * p * p + one * p;
    [none, one] = [none * (1 - p), none * p * (1 - p) + one * (1 - p)];
  }
  return right;
}

/** Each version has one quote, of either line: cut at the first everything is written again, at the second one step. */
function byUseless(rounds: number, p: number): number {
  let first: Wrong = { none: (1 - p) / 2, one: (p * (1 - p)) / 2 };
  let second: Wrong = first;
  let right = p * p;
  for (let round = 0; round < rounds; round++) {
    right += (first.none + first.one) * p * p + second.one * p; // after a wrong step none is right
    const better = first.none * p * (1 - p); // the others are no better than the one before, which is kept
    [first, second] = [
      { none: first.none * (1 - p), one: first.one * (1 - p * p) + better / 2 },
      { none: second.none, one: second.one * (1 - p) + better / 2 },
    ];
  }
  return right;
}

const settings = [
  { rounds: 1, p: 0.4 },
  { rounds: 3, p: 0.4 },
  { rounds: 4, p: 0.25 },
] as const;

const asked = ({ rounds, p }: (typeof settings)[number], more: object = {}) => ({
  strategy: firstWrongStep,
  options: { find: 'critic', critic: 'writer', max_rounds: rounds, on_stall: 'go_on', ...more },
  accuracy: p,
  steps: 2,
  reward: 'perfect' as const,
  problems,
});

test.each(settings)('a perfect critic is as good as a perfect process reward: %j (methods C.12)', async (setting) => {
  near(await accuracyOf(asked(setting)), byPerfect(setting.rounds, setting.p));
});

test.each(settings)('a useless critic is no worse than one sample, for the best version is kept: %j', async (setting) => {
  const expected = byUseless(setting.rounds, setting.p);
  near(await accuracyOf({ ...asked(setting), critic: 'useless' }), expected);
  expect(expected).toBeGreaterThan(setting.p ** 2);
});

test.each(settings)('a critic that says the opposite wastes every round, and the first version stays: %j', async (setting) => {
  near(await accuracyOf({ ...asked(setting), critic: 'adversarial' }), setting.p ** 2);
});

test.each(settings)(
  'beginning afresh after a stall costs a perfect critic no more than the rounds that it takes: %j',
  async (setting) => {
    const measured = await accuracyOf(asked(setting, { on_stall: 'restart' }));
    const standardError = Math.sqrt(0.25 / problems);
    expect(measured).toBeGreaterThan(byPerfect(Math.floor(setting.rounds / 2), setting.p) - 4 * standardError);
  },
);
