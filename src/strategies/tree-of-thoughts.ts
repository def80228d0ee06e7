import { z } from 'zod';
import type { Asking, Candidate, Scored } from '../operation.ts';
import { together } from '../operation.ts';
import { readValue, readVote, valuePrompt, votePrompt } from '../prompts/thoughts.ts';
import { mean } from '../selection/statistics.ts';
import type { Order } from './beams.ts';
import { beamOptions, beamWidth, growBeams } from './beams.ts';
import type { Needs, StrategyTask } from './define.ts';
import { define, finished, questionOf } from './define.ts';
import { worthiestFirst } from './rank.ts';
import type { StepSearch } from './step-search.ts';
import { stepwise } from './step-search.ts';

/** What a reply is worth to a state: the published numbers. */
const WORTH = { sure: 20, maybe: 1, impossible: 0.001 } as const;

/**
 * Tree of thoughts, breadth first: each round proposes `branch` next steps for each kept state, evaluates the new states, and
 * keeps the best `breadth` of them; those that ended are set aside. States are evaluated by the step reward, as in beam search,
 * or by a critic who is asked `votes` times: what can become of each (`value`), or which is the most promising of all (`vote`).
 * A reply that cannot be read says nothing; a state of which none could be read comes after all that are known.
 *
 * @returns the candidates that reached their end or all their tokens, unordered; where none ended, the best open ones too
 * @see methods C.0, C.1; Yao et al. 2023
 */
export const treeOfThoughts = define({
  name: 'tree_of_thoughts',
  title: 'Propose next steps for the kept states and keep those that a process reward or a critic finds most promising.',
  family: 'search',
  rounds: 'many',
  options: z
    .strictObject({
      breadth: beamOptions.keep.default(5).describe('States that are kept after each round (Yao et al. 2023).'),
      branch: beamOptions.branch.default(5).describe('Next steps proposed for each state (Yao et al. 2023).'),
      max_steps: beamOptions.max_steps,
      min_completed: beamOptions.min_completed.describe('Ended candidates that are enough; `breadth` where absent.'),
      dedupe: beamOptions.dedupe,
      evaluate: z
        .enum(['step_reward', 'value', 'vote'])
        .default('step_reward')
        .describe(
          'Who says what a state is worth: the step reward; a critic, of each for itself; or a critic, of all side by side (Yao et al. 2023).',
        ),
      votes: z.int().min(1).max(16).default(3).describe('Times that the critic is asked (Yao et al. 2023).'),
      critic: z
        .string()
        .optional()
        .describe('Policy that evaluates; the policy itself where absent. It needs `instruct: true` in the config.'),
      step_reward: beamOptions.step_reward,
    })
    .refine(({ evaluate, critic }) => evaluate !== 'step_reward' || critic === undefined, {
      error: 'a critic evaluates by value or vote, not by step_reward',
      path: ['critic'],
    })
    .refine(({ evaluate, step_reward: named }) => evaluate === 'step_reward' || named === undefined, {
      error: 'there is no step_reward where a critic evaluates',
      path: ['step_reward'],
    }),
  needs: ({ evaluate }): Needs => (evaluate === 'step_reward' ? stepwise : { critic: true, continuation: true, steps: true }),
  width: (budget) => {
    const { keep, branch } = beamWidth(budget);
    return { breadth: keep, branch };
  },
  cost: 'at most max_steps x breadth x branch steps, one score call a round and one a reward; by value votes replies a state, by vote votes a round',
  bound: ({ breadth, branch, max_steps: rounds, evaluate, votes }, maxTokens, rewards) => {
    const states = branch + (rounds - 1) * breadth * branch;
    const replies = { step_reward: 0, value: votes * states, vote: votes * rounds }[evaluate];
    return {
      candidates: states + 1, // one more from the prompt, where every step was a dead end
      tokens: (states + 1 + replies) * maxTokens,
      scoreCalls: (evaluate === 'step_reward' ? rounds + 1 : 0) + rewards,
    };
  },
  run(task, { breadth: keep, evaluate, votes, critic = task.policy, ...size }) {
    const evaluator = evaluators[evaluate];
    const order = evaluator && byWorth({ task, critic, votes }, evaluator);
    return growBeams(task, { keep, ...size }, { first: size.branch, order });
  },
});

/** Who is asked of states, and how often. */
interface Jury {
  readonly task: StrategyTask;
  readonly critic: string;
  readonly votes: number;
}

/** What each of several states is worth, in their order; undefined is unknown. */
type Evaluator = (jury: Jury, states: readonly Scored[], search: StepSearch) => Asking<readonly (number | undefined)[]>;

const byWorth = (jury: Jury, evaluator: Evaluator): Order =>
  function* (states, search) {
    if (states.length < 2) return states; // nothing to choose
    const worths = yield* evaluator(jury, states, search);
    const byId = new Map(states.map(({ id }, place) => [id, worths[place]]));
    return worthiestFirst(states, ({ id }) => byId.get(id));
  };

/** The published sum of what the replies are worth, as their mean: one that cannot be read takes nothing away. */
function* valued({ task, critic, votes }: Jury, states: readonly Scored[], search: StepSearch): Asking<(number | undefined)[]> {
  const ask = ({ text }: Scored) =>
    search.consult({ prompt: valuePrompt(questionOf(task), text), policy: critic, role: 'critic' }, votes);
  const replies = yield* together(states.map(ask));
  return replies.map((ofOne) => {
    const known = whole(ofOne).flatMap((text) => readValue(text) ?? []);
    return known.length === 0 ? undefined : mean(known.map((outlook) => WORTH[outlook]));
  });
}

/** How many replies chose each; unknown where none chose any. */
function* voted({ task, critic, votes }: Jury, states: readonly Scored[], search: StepSearch): Asking<(number | undefined)[]> {
  const texts = states.map(({ text }) => text);
  const prompt = votePrompt(questionOf(task), texts);
  const replies = yield* search.consult({ prompt, policy: critic, role: 'critic' }, votes);
  const chosen = whole(replies).flatMap((text) => readVote(text, states.length) ?? []);
  if (chosen.length === 0) return states.map(() => undefined);
  return states.map((_, place) => chosen.filter((choice) => choice === place).length);
}

const evaluators = { step_reward: undefined, value: valued, vote: voted } as const;

/** Texts of the replies that were not cut: the end of a reply is what counts. */
const whole = (replies: readonly Candidate[]): string[] => replies.filter(finished).map(({ text }) => text);
