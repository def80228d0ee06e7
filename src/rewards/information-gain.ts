import { z } from 'zod';
import type { MeasuredContinuation } from '../../schemas/logprobs.ts';
import { aggregate, normalize } from '../../schemas/rewards/reading.ts';
import type { Asking, Score } from '../operation.ts';
import { type ConfigOf, defineReward, type RewardTask, UNBOUNDED } from './define.ts';
import { refuseUnread, refuseWithoutReference } from './model-needs.ts';
import { calls, readLogprobs } from './read-logprobs.ts';
import { aggregated, scoreOf } from './references.ts';

const options = z.strictObject({ normalize: normalize.optional(), aggregate: aggregate.optional() });
type Task = RewardTask<ConfigOf<'information_gain'>, z.output<typeof options>>;

/** ln p(right answer | prompt, candidate) - ln p(right answer | prompt): a candidate as a rationale (methods B.11, RLP). */
export const informationGain = defineReward({
  kind: 'information_gain',
  title: 'How much likelier a right answer becomes behind the candidate.',
  options,
  dependsOn: 'text',
  scale: () => UNBOUNDED,
  cost: 'one reading of prompt, text and right answer each, for each right answer, and one without a text',
  refuse(named, subject, param) {
    refuseUnread(named, named.config.backend, 'logprobs', param);
    refuseWithoutReference(named, subject, param);
  },
  *score(task) {
    const { config, options, candidates, subject } = task;
    const perToken = (options.normalize ?? config.normalize) === 'tokens';
    const parts: RightPart[][] = [];
    for (const some of calls([NONE, ...candidates], subject.references.length))
      parts.push(...(yield* rightAnswersBehind(task, some)));
    const [without, ...behind] = parts;
    return behind.map((each) =>
      aggregated(
        each.map((part, place) => gain(without![place]!, part, perToken)),
        options.aggregate ?? config.aggregate,
      ),
    );
  },
});

/** The prompt alone: what a candidate is compared with. */
const NONE = { text: '' };

/** Tokens of a right answer and their log-probability, or why there are none. */
type RightPart = { readonly tokens: readonly number[]; readonly logprob: number } | string;

/** Each right answer behind each of the texts: those behind one text lie side by side, so that it is computed once. */
function* rightAnswersBehind(
  { name, config, prompt, subject: { references } }: Task,
  texts: readonly { readonly text: string }[],
): Asking<RightPart[][]> {
  const { backend, model, separator } = config;
  const measured = texts.flatMap(({ text }) =>
    references.map((right) => ({ text: text + separator + right, steps: [text + separator, right] })),
  );
  const { results } = yield* readLogprobs({ backend, model, reward: name, prompt, texts: measured });
  return texts.map((_, place) => results.slice(place * references.length, (place + 1) * references.length).map(rightPart));
}

function rightPart(measured: MeasuredContinuation): RightPart {
  if (!measured.ok) return measured.reason;
  // a token that holds the end of the separator as well, as " Lisbon" behind "Answer: ", is the right answer's
  const [start, end] = [measured.step_starts?.[1], measured.step_ends?.[1]];
  if (start === undefined || end === undefined) return 'unreadable_tokens';
  const tokens = measured.tokens.slice(start, end);
  if (tokens.length === 0) return 'no_tokens';
  return { tokens, logprob: measured.logprobs.slice(start, end).reduce((sum, { logprob }) => sum + logprob, 0) };
}

/**
 * Without a candidate and behind one. Where the tokens are not the same in both, the border was read into one of them, and
 * the two likelihoods are not of one text.
 */
function gain(without: RightPart, behind: RightPart, perToken: boolean): Score {
  if (typeof without === 'string') return { ok: false, reason: without };
  if (typeof behind === 'string') return { ok: false, reason: behind };
  if (without.tokens.join() !== behind.tokens.join()) return { ok: false, reason: 'reference_tokens_differ' };
  const count = without.tokens.length;
  const detail = { tokens: count, without: without.logprob, behind: behind.logprob };
  return scoreOf((behind.logprob - without.logprob) / (perToken ? count : 1), detail);
}
