/** DORA over answers of two steps against closed forms: seeded, so that each holds always or never. */
import { test, vi } from 'vitest';
import { strategyNamed } from '../../src/strategies/registry.ts';
import type { Setting } from './accuracy.ts';
import { accuracyOf, expectNear } from './accuracy.ts';

vi.setConfig({ testTimeout: 60_000 });

const problems = 1500;
const EMBEDDERS = ['perfect', 'useless', 'adversarial'] as const;

interface Nature extends Partial<Setting> {
  readonly accuracy: number;
  readonly width: number;
  readonly temperature?: number;
}

const accuracy = ({ width, temperature = 0.01, ...nature }: Nature) =>
  accuracyOf({
    strategy: strategyNamed('rebase')!,
    options: { width, diversity: 'dora', rebase_temperature: temperature },
    reward: 'perfect',
    steps: 2,
    problems,
    ...nature,
  });

/** One of n is right, when each is with p. */
const any = (p: number, n: number): number => 1 - (1 - p) ** n;

test.each(EMBEDDERS)('a perfect reward keeps right prefixes alone, so that nothing is lost: embedder %s', async (embedder) => {
  expectNear(await accuracy({ accuracy: 0.3, width: 4, embedder }), any(0.3, 4) ** 2, problems);
});

test.each(EMBEDDERS)('one that misleads keeps wrong ones alone, which no embedder mends: %s', async (embedder) => {
  const misled = { accuracy: 0.6, width: 3, embedder, stepReward: 'adversarial_process' } as const;
  expectNear(await accuracy(misled), 0.6 ** 3 * any(0.6, 3), problems); // right where all first steps are
});

/** By how many first steps are right, how many of the second ones grow from these, where all prefixes are of one quality. */
const FROM_RIGHT: Readonly<Record<(typeof EMBEDDERS)[number], readonly number[]>> = {
  perfect: [0, 2, 2, 2, 4], // of two kinds each has half, however many are of it
  useless: [0, 1, 2, 3, 4], // all are alike: as without an embedder
  adversarial: [0, 1, 2, 1, 3, 5], // of three right ones and two wrong ones: 5/9 each, which make one in all, and 5/3 each
};

test.each([
  { embedder: 'perfect', p: 0.2 },
  { embedder: 'useless', p: 0.2 },
  { embedder: 'adversarial', p: 0.5 },
] as const)('where the reward is useless the embedder divides: $embedder, p = $p', async ({ embedder, p }) => {
  const shares = FROM_RIGHT[embedder];
  const width = shares.length - 1;
  const expected = shares.reduce((sum, share, right) => sum + binomial(width, right, p) * any(p, share), 0);
  const useless = { accuracy: p, width, stepReward: 'useless_process', temperature: 10 } as const; // at 10 all shares are near 1/width
  expectNear(await accuracy({ ...useless, embedder }), expected, problems);
});

/** Of n, k happen, each with p. */
function binomial(n: number, k: number, p: number): number {
  let ways = 1;
  for (let one = 1; one <= k; one++) ways = (ways * (n - k + one)) / one;
  return ways * p ** k * (1 - p) ** (n - k);
}
