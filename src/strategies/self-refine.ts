import { z } from 'zod';
import type { Asking, Candidate, Scored } from '../operation.ts';
import { root, sample } from '../operation.ts';
import { criticPrompt, readCritique } from '../prompts/critic.ts';
import { refinerPrompt } from '../prompts/refiner.ts';
import { define, finished, unscored } from './define.ts';

/**
 * Self-Refine: a critic says in words what is wrong with the newest version, the policy writes it again with all versions
 * and critiques before it. Ends when the critic is content, when a critique does not parse or a version is not finished,
 * or after `max_rounds`. The reward picks among all versions, the first one included.
 *
 * @returns every version, the first one first
 * @see methods E.0, E.1; Madaan et al. 2023
 */
export const selfRefine = define({
  name: 'self_refine',
  title: 'Let a critic say what is wrong, write it again, keep the best version.',
  family: 'critique_refine',
  rounds: 'many',
  options: z.strictObject({
    max_rounds: z.int().min(0).max(63).default(2).describe('Critiques at most (methods E.12).'),
    critic: z
      .string()
      .optional()
      .describe('Policy that criticises; the policy itself where absent. It needs `instruct: true` in the config.'),
  }),
  needs: { critic: true, reward: true },
  width: (budget) => ({ max_rounds: Math.min(budget - 1, 63) }),
  cost: '1 + max_rounds answers and max_rounds critiques at most, one score call a reward',
  bound: ({ max_rounds: rounds }, maxTokens, rewards) => ({
    candidates: rounds + 1,
    tokens: (2 * rounds + 1) * maxTokens,
    scoreCalls: rewards,
  }),
  *run(task, { max_rounds: maxRounds, critic = task.policy }) {
    let children = 0; // versions and critiques are all children of the prompt, so that no path repeats
    const ask = function* (request: Partial<Parameters<typeof sample>[0]>): Asking<Candidate | undefined> {
      const [written] = yield* sample({ ...task, ...request, prefixes: [root], count: 1, firstChild: children++, until: 'end' });
      return written;
    };
    const versions: Scored[] = [];
    const critiques: string[] = [];
    let newest = yield* ask({});
    while (newest) {
      versions.push(...unscored([newest]));
      if (!finished(newest) || critiques.length >= maxRounds) break;
      const critique = yield* ask({
        role: 'critic',
        policy: critic,
        topLogprobs: undefined,
        prompt: criticPrompt(task.prompt, newest.text),
      });
      const verdict = critique && finished(critique) ? readCritique(critique.text) : 'unparsed';
      if (verdict === 'done') return { pool: versions, stop: 'converged' };
      if (!critique || verdict === 'unparsed') break;
      critiques.push(critique.text);
      newest = yield* ask({
        role: 'refiner',
        prompt: refinerPrompt(
          task.prompt,
          versions.map(({ text }) => text),
          critiques,
        ),
      });
    }
    return { pool: versions };
  },
});
