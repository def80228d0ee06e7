import { z } from 'zod';
import type { MeasuredContinuation } from '../../schemas/logprobs.ts';
import { aggregate, normalize } from '../../schemas/rewards/reading.ts';
import type { Score } from '../operation.ts';
import { defineReward, UNBOUNDED } from './define.ts';
import { refuseUnread, refuseWithoutReference } from './model-needs.ts';
import { readLogprobs } from './read-logprobs.ts';
import { aggregated, scoreOf } from './references.ts';

/** ln p(right answer | prompt, candidate) - ln p(right answer | prompt): a candidate as a rationale (methods B.11, RLP). */
export const informationGain = defineReward({
  kind: 'information_gain',
  title: 'How much likelier a right answer becomes behind the candidate.',
  options: z.strictObject({ normalize: normalize.optional(), aggregate: aggregate.optional() }),
  dependsOn: 'text',
  scale: () => UNBOUNDED,
  cost: 'one reading of prompt, text and right answer each, for each right answer, and one without a text',
  refuse(named, subject, param) {
    refuseUnread(named, named.config.backend, 'logprobs', param);
    refuseWithoutReference(named, subject, param);
  },
  *score({ name, config, options, prompt, candidates, subject }) {
    const { backend, model, separator } = config;
    const perToken = (options.normalize ?? config.normalize) === 'tokens';
    const befores = ['', ...candidates.map(({ text }) => text)].map((text) => text + separator);
    // candidate by candidate, so that right answers behind the same text lie side by side and share what is computed
    const texts = befores.flatMap((before) => subject.references.map((right) => behind(before, right)));
    const { results } = yield* readLogprobs({ backend, model, reward: name, prompt, texts });
    const of = (before: number, right: number) => results[before * subject.references.length + right]!;
    return candidates.map((_, place) =>
      aggregated(
        subject.references.map((_, right) => gain(of(0, right), of(place + 1, right), perToken)),
        options.aggregate ?? config.aggregate,
      ),
    );
  },
});

const behind = (before: string, right: string) => ({ text: before + right, steps: [before, right] });

/**
 * By the measurements of a right answer without a candidate and behind one. Where its tokens are not the same in both, the
 * border was read into one of them, and the two likelihoods are not of one text.
 */
export function gain(without: MeasuredContinuation, behindIt: MeasuredContinuation, perToken: boolean): Score {
  const [base, given] = [rightPart(without), rightPart(behindIt)];
  if (typeof base === 'string') return { ok: false, reason: base };
  if (typeof given === 'string') return { ok: false, reason: given };
  if (base.tokens.join() !== given.tokens.join()) return { ok: false, reason: 'reference_tokens_differ' };
  const count = base.tokens.length;
  const detail = { tokens: count, without: base.logprob, behind: given.logprob };
  return scoreOf((given.logprob - base.logprob) / (perToken ? count : 1), detail);
}

/** Tokens of the second step with their log-probability, or why there are none. */
function rightPart(measured: MeasuredContinuation): { tokens: readonly number[]; logprob: number } | string {
  if (!measured.ok) return measured.reason;
  // a token that holds the end of the separator as well, as " Lisbon" behind "Answer: ", is the right answer's
  const [start, end] = [measured.step_starts?.[1], measured.step_ends?.[1]];
  if (start === undefined || end === undefined) return 'unreadable_tokens';
  const tokens = measured.tokens.slice(start, end);
  if (tokens.length === 0) return 'no_tokens';
  return { tokens, logprob: measured.logprobs.slice(start, end).reduce((sum, { logprob }) => sum + logprob, 0) };
}
