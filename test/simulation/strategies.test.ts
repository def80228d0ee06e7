/** Closed forms against a simulated policy: seeded, so that each holds always or never (style 4.9). */
import { expect, test, vi } from 'vitest';
import { rewardConfig } from '../../schemas/config.ts';
import { Log } from '../../src/runtime/log.ts';
import { performing } from '../../src/runtime/perform.ts';
import { run } from '../../src/runtime/run.ts';
import type { Choice } from '../../src/selection/define.ts';
import { startRule } from '../../src/selection/registry.ts';
import type { Strategy } from '../../src/strategies/define.ts';
import { strategyNamed } from '../../src/strategies/registry.ts';
import type { Pick } from '../../src/strategies/solve.ts';
import { solve } from '../../src/strategies/solve.ts';
import { task } from '../drive.ts';
import { means, writer } from '../runtime/means.ts';
import type { Nature } from './simulated-backend.ts';
import { simulated } from './simulated-backend.ts';

vi.setConfig({ testTimeout: 30_000 });

const PROBLEMS = 2000;
const classifier = (model: string) => rewardConfig.parse({ kind: 'classifier', backend: 'local', model, output: 'logit' });
const rewards = {
  perfect: classifier('perfect'),
  useless: classifier('useless'),
  process: rewardConfig.parse({ kind: 'process', backend: 'local', model: 'process', output: 'probability' }),
};
const argmax = startRule('argmax', {});

const best = (reward: string): Pick<Choice> =>
  function* (eligible) {
    const contenders = eligible.map(({ scores, tokenCount, text }, index) => ({
      index,
      score: scores[reward] ?? null,
      answer: null,
      tokens: tokenCount,
      text,
    }));
    return yield* argmax.select(contenders, { output: 'unknown' });
  };

interface Setting extends Nature {
  readonly strategy: Strategy;
  readonly options: Readonly<Record<string, unknown>>;
  readonly reward: keyof typeof rewards;
}

/** Share of problems whose chosen answer is right in every step. */
async function accuracyOf({ strategy, options, reward, ...nature }: Setting): Promise<number> {
  const port = simulated(nature);
  let right = 0;
  for (let seed = 0; seed < PROBLEMS; seed++) {
    const { context, state } = means(port, { seed, lookup: { backends: {}, policies: { writer }, rewards } });
    const asked = { ...task, rewards: [reward] };
    const solving = solve(strategy.start(asked, options), asked, best(reward));
    const { eligible, choice } = await run(solving, performing(context, state), new Log());
    if (eligible[choice.index]!.text.split('\n').every((line) => line.startsWith('right'))) right += 1;
  }
  return right / PROBLEMS;
}

function expectNear(measured: number, expected: number): void {
  const standardError = Math.sqrt((expected * (1 - expected)) / PROBLEMS);
  expect(Math.abs(measured - expected)).toBeLessThan(4 * standardError);
}

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
