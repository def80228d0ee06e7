/** Closed forms against a simulated policy: seeded, so that each holds always or never (style 4.9). */
import { expect, test, vi } from 'vitest';
import { strategyNamed } from '../../src/strategies/registry.ts';
import { accuracyOf, expectNear } from './accuracy.ts';

vi.setConfig({ testTimeout: 30_000 });

const bestOfN = strategyNamed('best_of_n')!;
const beamSearch = strategyNamed('beam_search')!;
const firstWrongStep = strategyNamed('first_wrong_step')!;

test.each([
  { p: 0.3, n: 1, expected: 0.3 },
  { p: 0.3, n: 4, expected: 0.7599 },
  { p: 0.05, n: 16, expected: 0.5599 },
  { p: 0.5, n: 2, expected: 0.75 },
])('best-of-$n with a perfect reward is right with 1 - (1 - p)^n = $expected when p is $p', async ({ p, n, expected }) => {
  expect(1 - (1 - p) ** n).toBeCloseTo(expected, 4);
  expectNear(await accuracyOf({ strategy: bestOfN, options: { n }, reward: 'perfect', accuracy: p, steps: 1 }), expected);
});

test.each([1, 4, 16])('best-of-%i with a useless reward is right with p', async (n) => {
  expectNear(await accuracyOf({ strategy: bestOfN, options: { n }, reward: 'useless', accuracy: 0.3, steps: 1 }), 0.3);
});

const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n, k - 1) * (n - k + 1)) / k);
const binomial = (n: number, k: number, p: number): number => choose(n, k) * p ** k * (1 - p) ** (n - k);

/** Right first steps of keep x branch, as many of them kept as there is room; one right step after one of these is enough. */
const beamOfTwo = (keep: number, branch: number, p: number): number =>
  Array.from({ length: keep * branch + 1 }, (_, right) => {
    const grown = branch * Math.min(keep, right);
    return binomial(keep * branch, right, p) * (1 - (1 - p) ** grown);
  }).reduce((sum, term) => sum + term, 0);

test.each([
  { keep: 1, branch: 1, p: 0.5, expected: 0.25 },
  { keep: 1, branch: 4, p: 0.3, expected: 0.5775 }, // (1 - 0.7^4)^2
  { keep: 2, branch: 2, p: 0.3, expected: 0.4746 },
  { keep: 4, branch: 4, p: 0.2, expected: 0.8621 },
])(
  'beam search $keep x $branch over two steps with a perfect process reward is right with $expected when p is $p',
  async (given) => {
    const { keep, branch, p, expected } = given;
    expect(beamOfTwo(keep, branch, p)).toBeCloseTo(expected, 3);
    const options = { keep, branch };
    expectNear(await accuracyOf({ strategy: beamSearch, options, reward: 'process', accuracy: p, steps: 2 }), expected);
  },
);

/** Two steps; each round writes on from the first wrong one of the best version. */
function refinedTwice(rounds: number, p: number): number {
  let [none, one] = [1 - p, p * (1 - p)]; // right steps of the best version that is not right yet
  let right = p * p;
  for (let round = 0; round < rounds; round++) {
    right += none * p * p + one * p;
    [none, one] = [none * (1 - p), none * p * (1 - p) + one * (1 - p)];
  }
  return right;
}

test.each([
  { rounds: 0, p: 0.4, expected: 0.16 },
  { rounds: 1, p: 0.4, expected: 0.352 },
  { rounds: 4, p: 0.4, expected: 0.7667 },
])(
  'first_wrong_step over two steps is right with $expected after $rounds rounds when p is $p',
  async ({ rounds, p, expected }) => {
    expect(refinedTwice(rounds, p)).toBeCloseTo(expected, 3);
    const options = { max_rounds: rounds };
    expectNear(await accuracyOf({ strategy: firstWrongStep, options, reward: 'perfect', accuracy: p, steps: 2 }), expected);
  },
);
