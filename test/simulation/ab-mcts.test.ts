/** AB-MCTS over answers of two steps: closed forms, and a distribution of draws that is integrated. */
import { expect, test, vi } from 'vitest';
import { mulberry32, subSeed } from '../../src/random.ts';
import { Arms } from '../../src/strategies/arms.ts';
import { drawMean } from '../../src/strategies/posterior.ts';
import { strategyNamed } from '../../src/strategies/registry.ts';
import { Tree } from '../../src/strategies/tree.ts';
import { candidate } from '../drive.ts';
import { accuracyOf, expectNear } from './accuracy.ts';

vi.setConfig({ testTimeout: 60_000 });

const strategy = strategyNamed('ab_mcts')!;
const P = 0.4;
const PROBLEMS = 1000;
const two = { strategy, accuracy: P, steps: 2, problems: PROBLEMS };

test.each([1, 4])('the first %i answers are plain samples: right with 1 - (1 - p^2)^n by a perfect last word', async (n) => {
  const right = await accuracyOf({ ...two, options: { parallel: n, iterations: n }, reward: 'perfect' });
  expectNear(right, 1 - (1 - P ** 2) ** n, PROBLEMS);
});

/** One answer, and one that is written anew or, where only the second step of the first one is wrong, from there. */
const deeper = (share: number): number => {
  const [onlySecond, first] = [P * (1 - P), 1 - P];
  const anew = P ** 2;
  return P ** 2 + onlySecond * (share * P + (1 - share) * anew) + first * anew;
};

test('two answers: right with p^2 + p (1 - p) (d p + (1 - d) p^2) + (1 - p) p^2, where d is how often deeper is drawn', async () => {
  const options = { parallel: 1, iterations: 2, prior: 'beta' };
  // one answer of value 0 was seen: wider is beta(0.5, 1.5), of deeper nothing is known
  const share = 1 - betaExceeds([0.5, 1.5], [0.5, 0.5]);
  const right = await accuracyOf({ ...two, options, reward: 'perfect', problems: 4000 });
  expectNear(right, deeper(share), 4000);
  expect(deeper(share)).toBeGreaterThan(1 - (1 - P ** 2) ** 2); // more than two plain samples, with fewer tokens
});

test('led astray it takes right steps for wrong ones: no first step is kept but a wrong one', async () => {
  const astray = { ...two, stepReward: 'adversarial_process', problems: 2000 } as const;
  const options = { parallel: 1, iterations: 2, prior: 'beta' };
  // an answer of value 1 is wrong in its last step; its own first wrong step, the first right one, has nothing before it
  // unless the first step is wrong, after which none is right: nothing is ever kept, and every answer is a plain sample
  expectNear(await accuracyOf({ ...astray, options, reward: 'perfect' }), 1 - (1 - P ** 2) ** 2, 2000);
  expectNear(await accuracyOf({ ...astray, options, reward: 'adversarial' }), P ** 4, 2000); // the damage: both must be right
});

test.each(['gaussian', 'beta'])('useless rewards are no worse than one plain sample (%s)', async (prior) => {
  // what useless step scores keep was sampled by the policy: each answer is as good as any
  const options = { prior, iterations: 12 };
  const right = await accuracyOf({ ...two, options, reward: 'useless', stepReward: 'useless_process' });
  expectNear(right, P ** 2, PROBLEMS);
});

test.each(['gaussian', 'beta'])('answers of six steps: far more are right than of as many plain samples (%s)', async (prior) => {
  const long = { strategy, accuracy: 0.5, steps: 6, problems: 200, reward: 'perfect' } as const;
  const right = await accuracyOf({ ...long, options: { prior, iterations: 40 } });
  const plain = 1 - (1 - 0.5 ** 6) ** 40;
  expect(right).toBeGreaterThan(plain + 4 * Math.sqrt((plain * (1 - plain)) / 200));
});

/** P(x > y) for two betas, by the midpoint rule in t of x = sin^2 t, in which both densities are bounded. */
function betaExceeds([a, b]: [number, number], [c, d]: [number, number]): number {
  const cells = 20_000;
  let [below, above, whole, other] = [0, 0, 0, 0];
  for (let cell = 0; cell < cells; cell++) {
    const t = ((cell + 0.5) / cells) * (Math.PI / 2);
    const density = (p: number, q: number) => Math.sin(t) ** (2 * p - 1) * Math.cos(t) ** (2 * q - 1);
    const y = density(c, d);
    above += density(a, b) * (below + y / 2);
    below += y;
    whole += density(a, b);
    other += y;
  }
  return above / (whole * other);
}

test('answers begin where the beta beliefs say, as often as their integrals say', () => {
  expect(betaExceeds([2.5, 0.5], [2.5, 0.5])).toBeCloseTo(0.5, 9);
  expect(betaExceeds([1, 1], [2, 1])).toBeCloseTo(1 / 3, 6);
  const tree = new Tree();
  const arms = new Arms(drawMean.beta);
  const plant = (parent: typeof tree.root, id: string, ownValue: number, growing: boolean) => {
    const [node] = tree.add(parent, [
      { prefix: candidate(id, `${id}\n`, { finish: growing ? 'step' : 'stop' }), growing, ownValue },
    ]);
    arms.observe(node!);
    return node!;
  };
  const good = plant(tree.root, '0.0', 1, true);
  const bad = plant(tree.root, '0.1', 0, true);
  plant(good, '0.0.0', 1, false);
  plant(bad, '0.1.0', 0, false);
  const draws = 20_000;
  const found = Array.from({ length: draws }, (_, place) => arms.choose(tree.root, mulberry32(subSeed(1, 'test', place))));
  // at the prompt both arms have seen 1 and 0; the children have seen 1 twice and 0 twice, and their own children ended
  const better = betaExceeds([2.5, 0.5], [0.5, 2.5]);
  for (const [node, expected] of [
    [tree.root, 0.5],
    [good, 0.5 * better],
    [bad, 0.5 * (1 - better)],
  ] as const) {
    const share = found.filter((at) => at === node).length / draws;
    expectNear(share, expected, draws);
  }
});
