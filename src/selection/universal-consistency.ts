import { z } from 'zod';
import type { Prompt } from '../../schemas/backend.ts';
import { maxTokens, temperature } from '../../schemas/sampling.ts';
import type { Asking } from '../operation.ts';
import { root, sample, together } from '../operation.ts';
import { mostConsistentPrompt } from '../prompts/most-consistent.ts';
import { task } from '../prompts/task.ts';
import { mulberry32, subSeed } from '../random.ts';
import { consensus } from './consensus.ts';
import type { SelectionContext } from './define.ts';
import { commonOptions, defineRule } from './define.ts';
import { byMerit, MOST_COMPARED } from './minimum-bayes-risk.ts';
import { type Contender, idOf, ranked } from './order.ts';
import { readChoice } from './read-choice.ts';
import { shuffled } from './shuffled.ts';
import { similarity } from './similarity/utility.ts';

/**
 * Universal self-consistency: a judge reads all candidates in one prompt and says which agrees most with the others, once for
 * each of several seeded orders; the votes decide (methods A.7; Chen et al. 2023). An order whose verdict cannot be read
 * abstains; where all do, minimum Bayes risk decides, and the choice is degraded. It picks an existing candidate.
 */
export const universalConsistency = defineRule({
  name: 'universal_consistency',
  title: 'A judge reads all candidates and says which is the most consistent with the others.',
  cost: 'permutations verdicts of a judge, each over all n candidates',
  most: MOST_COMPARED,
  needs: { answers: false, scores: false, judge: true },
  options: z.strictObject({
    ...commonOptions,
    judge: z.string().min(1).optional().describe('A policy with `instruct: true`; the policy itself where absent.'),
    permutations: z.int().min(1).max(5).default(3).describe('Orders in which the candidates are shown, one verdict each.'),
    temperature: temperature.default(0).describe('Of the judge.'),
    max_tokens: maxTokens.default(256).describe('Tokens of one verdict with its reasons.'),
    max_characters: z
      .int()
      .min(1000)
      .max(1_000_000)
      .default(24_000)
      .describe(
        "Of the judge's prompt, set to what its context holds. Where all candidates are more, those that agree most by tokens are shown, and the choice is degraded.",
      ),
  }),
  asks: ({ judge, permutations, max_tokens: tokens }, { policy }) => ({
    policy: { name: judge ?? policy, tokens: permutations * tokens },
    option: 'judge',
  }),
  *choose(contenders, options, context) {
    const { prompt, seed = 0 } = context;
    if (!prompt) throw new Error('A task without a prompt is refused before its rule begins.');
    const agreement = consensus(
      similarity('token_f1', contenders),
      contenders.map(() => 1),
    );
    const byAgreement = byMerit(
      contenders,
      agreement.map((value) => ({ ok: true, value })),
      options.tie_epsilon,
    );
    const shown = fitting(contenders, byAgreement.ranking, prompt, options.max_characters);
    if (shown.length < 2) return { ...byAgreement, degraded: true, reason: 'prompt_too_long' };
    const orders = Array.from({ length: options.permutations }, (_, number) =>
      shuffled(shown, mulberry32(subSeed(seed, 'universal_consistency', number))),
    );
    const votes = yield* together(
      orders.map((order, number) => verdict(contenders, order, number, { ...options, prompt, context })),
    );
    const detail = {
      votes: votes.map((place) => (place === null ? null : idOf(contenders[place]!))),
      ...(shown.length < contenders.length ? { shown: shown.map((place) => idOf(contenders[place]!)) } : {}),
    };
    if (votes.every((place) => place === null)) return { ...byAgreement, detail, degraded: true, reason: 'judge_failed' };
    const counts = contenders.map((_, place) => votes.filter((vote) => vote === place).length);
    const order = ranked(contenders, options.tie_epsilon);
    const ranking = order.toSorted((a, b) => counts[b]! - counts[a]!); // stable: ties go by score, length, index
    const whole = shown.length === contenders.length;
    return {
      index: ranking[0]!,
      ranking,
      detail,
      ...(whole ? { degraded: false } : { degraded: true, reason: 'prompt_too_long' }),
    };
  },
});

// Of the judge's prompt, at most: the marks around one candidate, and what stands around all of them.
const MARKS = 64;
const INSTRUCTIONS = 1500;

/** Those that a prompt of this length holds, the ones that agree most first; in order of place. None is cut. */
function fitting(contenders: readonly Contender[], ranking: readonly number[], prompt: Prompt, most: number): number[] {
  let room = most - INSTRUCTIONS - task(prompt).length;
  const fit: number[] = [];
  for (const place of ranking) {
    room -= contenders[place]!.text.length + MARKS;
    if (room < 0) break;
    fit.push(place);
  }
  return fit.sort((a, b) => a - b);
}

interface Showing {
  readonly judge?: string | undefined;
  readonly temperature: number;
  readonly max_tokens: number;
  readonly prompt: Prompt;
  readonly context: SelectionContext;
}

/** The place that the judge chose among those shown in this order; null where it abstains. */
function* verdict(
  contenders: readonly Contender[],
  order: readonly number[],
  number: number,
  { judge, temperature, max_tokens, prompt, context: { policy, seed = 0 } }: Showing,
): Asking<number | null> {
  const texts = order.map((place) => contenders[place]!.text);
  const [written] = yield* sample({
    role: 'judge',
    policy: judge ?? policy ?? '',
    prompt: mostConsistentPrompt(prompt, texts, seed),
    prefixes: [root],
    count: 1,
    firstChild: number,
    until: 'end',
    sampling: { temperature, top_p: 1, top_k: 0, min_p: 0, max_tokens, stop: [] },
  });
  if (!written || written.finish === 'error') return null;
  const chosen = readChoice(written.text, order.length, written.finish !== 'stop');
  return chosen === null ? null : first(contenders, order[chosen - 1]!);
}

/** Of equal texts the first: a vote for one is a vote for all. */
const first = (contenders: readonly Contender[], place: number): number =>
  contenders.findIndex(({ text }) => text === contenders[place]!.text);
