import { z } from 'zod';
import type { MeasuredContinuation } from '../../schemas/logprobs.ts';
import { beta } from '../../schemas/rewards/implicit.ts';
import { type Normalize, normalize } from '../../schemas/rewards/reading.ts';
import type { Asking, Score } from '../operation.ts';
import { together } from '../operation.ts';
import { sum } from '../selection/statistics.ts';
import { type ConfigOf, defineReward, type RewardTask, UNBOUNDED } from './define.ts';
import { refuseUnread } from './model-needs.ts';
import { calls, readLogprobs } from './read-logprobs.ts';

const options = z.strictObject({ beta: beta.optional(), normalize: normalize.optional() });
type Task = RewardTask<ConfigOf<'implicit'>, z.output<typeof options>>;

/** beta (ln pi(y|x) - ln pi_ref(y|x)), summed over each step and over all (methods B.11). */
export const implicit = defineReward({
  kind: 'implicit',
  readings: () => 2,
  title: 'How much more probable a candidate is to a policy than to the one it was trained from.',
  options,
  dependsOn: 'text',
  scale: () => UNBOUNDED,
  cost: 'two readings of prompt and text each, at once',
  refuse: (named, _subject, param) => refuseUnread(named, named.config.backend, 'logprobs', param),
  *score(task) {
    const scores: Score[] = [];
    for (const part of calls(task.candidates)) scores.push(...(yield* compared({ ...task, candidates: part })));
    return scores;
  },
});

/** What both policies say of some of the candidates. */
function* compared({ name, config, options, prompt, candidates }: Task): Asking<Score[]> {
  const texts = candidates.map(({ text, steps }) => ({ text, steps }));
  const answers = config.end_token === undefined ? [] : [config.end_token];
  const asked = { backend: config.backend, reward: name, prompt, texts, answers };
  const models = [config.model, config.reference_model];
  const [policy, reference] = yield* together(models.map((model) => readLogprobs({ ...asked, model })));
  // counts only, but two templates that write prompts of other lengths are no pair that anyone trained
  const lengths = [policy!.promptTokens, reference!.promptTokens].filter((length) => length !== null);
  if (lengths.length === 2 && lengths[0] !== lengths[1]) return candidates.map(() => ({ ok: false, reason: 'prompts_differ' }));
  const by = { beta: options.beta ?? config.beta, normalize: options.normalize ?? config.normalize };
  return candidates.map((_, place) => implicitScore(policy!.results[place]!, reference!.results[place]!, by));
}

type Measured = Extract<MeasuredContinuation, { ok: true }>;

/** By the two measurements of one text. Tokens that differ have no ratio: the two do not share a tokenizer. */
function implicitScore(
  policy: MeasuredContinuation,
  reference: MeasuredContinuation,
  { beta, normalize }: { readonly beta: number; readonly normalize: Normalize },
): Score {
  if (!policy.ok) return { ok: false, reason: policy.reason };
  if (!reference.ok) return { ok: false, reason: reference.reason };
  if (!sameTokens(policy, reference)) return { ok: false, reason: 'tokenizers_differ' };
  const [ours, theirs] = [logprobsOf(policy), logprobsOf(reference)];
  const rewards = ours.map((logprob, place) => beta * (logprob - theirs[place]!));
  if (rewards.length === 0) return { ok: false, reason: 'no_tokens' };
  const total = sum(rewards);
  const value = normalize === 'tokens' ? total / rewards.length : total;
  if (!Number.isFinite(value)) return { ok: false, reason: 'not_finite' };
  const steps = policy.step_ends && sumsUpTo(rewards, policy.step_ends);
  const detail = { tokens: rewards.length, policy_logprob: sum(ours), reference_logprob: sum(theirs) };
  return { ok: true, value, ...(steps && steps.length > 0 ? { steps } : {}), detail };
}

const sameTokens = (a: Measured, b: Measured): boolean =>
  a.tokens.length === b.tokens.length && a.tokens.every((token, place) => token === b.tokens[place]);

/** Of the text's tokens, then of the end token where that is counted. */
const logprobsOf = ({ logprobs, answers }: Measured): number[] => [
  ...logprobs.map(({ logprob }) => logprob),
  ...answers.map(({ logprob }) => logprob),
];

/** Sums between ends; what follows the last one, an end token, is the last step's. */
const sumsUpTo = (rewards: readonly number[], ends: readonly number[]): number[] =>
  ends.map((end, step) => sum(rewards.slice(ends[step - 1] ?? 0, step === ends.length - 1 ? undefined : end)));
