import { z } from 'zod';
import { apportion } from '../budget/apportion.ts';
import { together } from '../operation.ts';
import { approachPrompt, plannerPrompt, readPlan } from '../prompts/planner.ts';
import { subSeed } from '../random.ts';
import { sum } from '../selection/statistics.ts';
import type { Bound, Gathered, Strategy } from './define.ts';
import { define, finished, questionOf } from './define.ts';
import { Numbering } from './numbering.ts';
import { StepSearch } from './step-search.ts';

/**
 * Plan first, then search: a planner lists distinct approaches, and the base strategy runs once for each, with the approach in
 * its prompt and an equal share of the budget that is left. They run in lock-step, and number the children of the prompt
 * together. Rewards judge the user's question, not the plan, and the selection picks from the candidates of all. With fewer
 * than two approaches there is no plan, and the base strategy has all that is left.
 *
 * @param bases  what may run for an approach
 * @returns the strategy; it gathers the candidates of all approaches, in the order of the plan
 * @see methods C.14
 */
export function planThenSearch(bases: readonly Strategy[]) {
  const byName = new Map(bases.map((base) => [base.name, base]));
  const baseOf = ({ base }: { readonly base: string }): Strategy => byName.get(base)!; // the schema takes no other name
  return define({
    name: 'plan_then_search',
    title: 'Have a planner list approaches, and run another strategy for each.',
    family: 'search',
    rounds: 'many',
    options: z
      .strictObject({
        n: z
          .int()
          .min(1)
          .max(256)
          .default(16)
          .describe('Budget in answers: one is for the plan, the rest for the base strategy in equal shares (methods C.14).'),
        approaches: z.int().min(2).max(16).default(4).describe('Approaches at most (methods C.14).'),
        base: z
          .enum([...byName.keys()])
          .default('beam_search')
          .describe('Strategy that runs for each approach, with its share as an integer budget.'),
        planner: z
          .string()
          .optional()
          .describe('Policy that plans; the policy itself where absent. It needs `instruct: true` in the config.'),
        step_reward: z
          .string()
          .optional()
          .describe("Step reward of the base strategy; the policy's process_reward where absent."),
      })
      .refine((options) => options.step_reward === undefined || baseOf(options).needs.stepReward !== undefined, {
        error: 'the base strategy takes no step_reward',
        path: ['step_reward'],
      }),
    needs: (options) => ({ ...baseOf(options).needs, planner: true }),
    topLogprobs: (options) => baseOf(options).topLogprobs({}),
    width: (budget) => ({ n: budget }),
    cost: 'one plan, and what the base strategy costs with each share of n - 1',
    bound: ({ n, approaches: most, ...options }, maxTokens, rewards) => {
      const base = baseOf(options);
      const plans = [[Math.max(1, n - 1)], ...Array.from({ length: most - 1 }, (_, place) => equalShares(place + 2, n - 1))];
      const costs = plans.map((shares) => shares.map((share) => base.bound(base.width(share), maxTokens, rewards)));
      const highest = (part: keyof Bound) => Math.max(...costs.map((runs) => sum(runs.map((bound) => bound[part]))));
      return {
        candidates: highest('candidates'),
        tokens: maxTokens + highest('tokens'),
        scoreCalls: highest('scoreCalls'),
      };
    },
    *run(given, { n, approaches: most, planner = given.policy, ...options }) {
      const base = baseOf(options);
      const task = { ...given, numbering: new Numbering() };
      if (n === 1) return warned(yield* base.start(task, base.width(1)), [`A budget of 1 has no room for a plan.`]);

      const search = new StepSearch(task);
      const asked = { prompt: plannerPrompt(task.prompt, most), policy: planner, role: 'planner' } as const;
      const [plan] = yield* search.consult(asked, 1);
      if (!plan) return yield* search.gather([]); // what is left is the finishing reserve
      const approaches = plan.finish === 'error' ? [] : readPlan(plan.text, finished(plan)).slice(0, most);
      if (approaches.length < 2) return warned(yield* base.start(task, base.width(n - 1)), [NO_PLAN]);

      const shares = equalShares(approaches.length, n - 1);
      const runs = shares.map((share, place) => {
        const prompt = approachPrompt(task.prompt, approaches[place]!);
        const seed = subSeed(task.seed, 'approach', place); // what each draws is its own
        return base.start({ ...task, prompt, question: questionOf(task), seed }, base.width(share));
      });
      return joined(yield* together(runs), approaches.length);
    },
  });
}

const NO_PLAN = 'The planner named fewer than two approaches, so there was no plan: the whole budget went to the base strategy.';

/** Equal shares of `total`, the earlier ones larger by one where it does not divide; those with nothing left out. */
const equalShares = (count: number, total: number): number[] =>
  apportion(Array(count).fill(1 / count), total).filter((share) => share > 0); // they are the last ones

const warned = (gathered: Gathered, warnings: readonly string[]): Gathered => ({
  ...gathered,
  warnings: [...warnings, ...(gathered.warnings ?? [])],
});

/** What all approaches gathered. Why they ended is told where they agree; what one says of its pruning is not true of all. */
function joined(runs: readonly Gathered[], planned: number): Gathered {
  const [stop, ...others] = new Set(runs.map((run) => run.stop));
  const dropped = planned - runs.length;
  const warnings = runs.flatMap((run, place) => (run.warnings ?? []).map((warning) => `Approach ${place + 1}: ${warning}`));
  const gathered = { pool: runs.flatMap(({ pool }) => pool), ...(stop && others.length === 0 ? { stop } : {}), warnings };
  if (dropped === 0) return gathered;
  return warned(gathered, [`The budget had nothing for ${dropped} of ${planned} approaches: the last ones were dropped.`]);
}
