/** Runs a strategy on many problems of a simulated policy, and tells how often the chosen answer is right. */
import { expect } from 'vitest';
import { rewardConfig } from '../../schemas/config.ts';
import { Log } from '../../src/runtime/log.ts';
import { performing } from '../../src/runtime/perform.ts';
import { run } from '../../src/runtime/run.ts';
import type { Choice } from '../../src/selection/define.ts';
import { startRule } from '../../src/selection/registry.ts';
import type { Strategy } from '../../src/strategies/define.ts';
import type { Pick } from '../../src/strategies/solve.ts';
import { solve } from '../../src/strategies/solve.ts';
import { task } from '../drive.ts';
import { means, writer } from '../runtime/means.ts';
import type { Nature } from './simulated-backend.ts';
import { simulated } from './simulated-backend.ts';

const PROBLEMS = 2000;

const classifier = (model: string) => rewardConfig.parse({ kind: 'classifier', backend: 'local', model, output: 'logit' });
const stepwise = (model: string) => rewardConfig.parse({ kind: 'process', backend: 'local', model, output: 'probability' });
/** By what they say of right steps: `perfect` the truth, `useless` nothing, `adversarial` the opposite. */
const rewards = {
  perfect: classifier('perfect'),
  useless: classifier('useless'),
  adversarial: classifier('adversarial'),
  process: stepwise('process'),
  useless_process: stepwise('useless_process'),
  adversarial_process: stepwise('adversarial_process'),
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

export interface Setting extends Nature {
  readonly strategy: Strategy;
  readonly options: Readonly<Record<string, unknown>>;
  /** Picks from what the strategy gathered. */
  readonly reward: keyof typeof rewards;
  /** Guides the strategy; the perfect one where absent. */
  readonly stepReward?: keyof typeof rewards;
  readonly problems?: number;
}

/** Share of problems whose chosen answer is right in every step. */
export async function accuracyOf(setting: Setting): Promise<number> {
  const { strategy, options, reward, stepReward = 'process', problems = PROBLEMS, ...nature } = setting;
  const port = simulated(nature);
  let right = 0;
  for (let seed = 0; seed < problems; seed++) {
    const { context, state } = means(port, { seed, lookup: { backends: {}, policies: { writer }, rewards } });
    const asked = { ...task, seed, stepReward, rewards: [reward] };
    const solving = solve(strategy.start(asked, options), asked, best(reward));
    const { eligible, choice } = await run(solving, performing(context, state), new Log());
    if (eligible[choice.index]!.text.split('\n').every((line) => line.startsWith('right'))) right += 1;
  }
  return right / problems;
}

/** Within four standard errors of what is expected. */
export function expectNear(measured: number, expected: number, problems = PROBLEMS): void {
  const standardError = Math.sqrt((expected * (1 - expected)) / problems);
  expect(Math.abs(measured - expected)).toBeLessThan(4 * standardError);
}
