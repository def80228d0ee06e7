/** A selection rule: from scored candidates to one, and a ranking of all. */
import { z } from 'zod';
import type { Prompt } from '../../schemas/backend.ts';
import type { Lookup } from '../../schemas/config.ts';
import { WinnowError } from '../../schemas/errors.ts';
import type { Asking, Detail } from '../operation.ts';
import { type Contender, ranked, validScore } from './order.ts';

/** What is known of the scores beside their numbers. */
export interface SelectionContext {
  /** `unknown` where a caller supplied bare numbers. */
  readonly output: 'logit' | 'probability' | 'unknown';
  /** The reward's logits have a fixed zero, so that a vote need not centre them on their group (methods A.4). */
  readonly calibrated?: boolean;
  /** The scores came in the request: what is wrong with them is the caller's to mend. */
  readonly supplied?: boolean;
  /** Of a rule that draws; 0 where absent. */
  readonly seed?: number;
  /** What the candidates answer, for rules that ask a judge; absent where nobody said. */
  readonly prompt?: Prompt | undefined;
  /** Name of the policy that wrote the candidates: the judge where a rule names none. */
  readonly policy?: string;
  /** Where the names of policies and rewards lead. */
  readonly lookup?: Lookup;
}

/** Why a rule did not do what its name says: it chose by what there was instead (methods 0.2, A.2, A.4). */
export type Degradation =
  | 'no_scores'
  | 'all_scores_invalid'
  | 'no_answers'
  | 'all_weights_zero'
  | 'low_coverage'
  | 'no_logprobs'
  | 'judge_failed'
  | 'embedding_failed'
  | 'prompt_too_long'
  | 'texts_too_long'
  | 'too_many_candidates';

/** Positions are those in the contenders given. */
export interface Choice {
  readonly index: number;
  /** Every position, the chosen one first. */
  readonly ranking: readonly number[];
  readonly degraded: boolean;
  readonly reason?: Degradation;
  /** The answer that won a vote, as its key; null where there is none. */
  readonly answer?: string | null;
  /** Its part of all weight, 0 to 1. */
  readonly share?: number;
  /** Part of the contenders that have an answer, 0 to 1. */
  readonly coverage?: number;
  /** The winner first, the best member of each first. */
  readonly clusters?: readonly VotedCluster[];
  /** How it came about, as JSON: matches of a tournament, weights, the filter that was applied. Candidates go by their ids. */
  readonly detail?: Detail;
}

export interface VotedCluster {
  readonly answer: string;
  readonly members: readonly number[];
  readonly weight: number;
}

/** A rule at work. It may ask, as a tournament asks its judge. At least one contender: no candidate is the caller's error. */
export type Select = (contenders: readonly Contender[], context: SelectionContext) => Asking<Choice>;

/** Options that every rule has. */
export const commonOptions = {
  reward: z.string().optional().describe('The one score to use where candidates have several.'),
  tie_epsilon: z.number().min(0).default(0).describe('Scores this close to the best one tie with it (methods 0.3).'),
};

export const onInvalidScore = z
  .enum(['drop', 'worst', 'fail'])
  .default('drop')
  .describe(
    'A candidate whose score failed: `drop` and `worst` rank it after every other and give it no weight; `fail` fails the request (methods 0.2).',
  );

export interface RuleOptions {
  readonly reward?: string | undefined;
  readonly tie_epsilon: number;
  readonly on_invalid_score?: z.infer<typeof onInvalidScore>;
}

type RuleSchema = z.ZodObject & z.ZodType<RuleOptions>;

/** What a rule cannot do without: a task that has none is refused, or its choice is degraded. */
export interface Needs {
  readonly answers: boolean;
  readonly scores: boolean;
  /** It asks a model, so a task without a prompt is refused. */
  readonly judge?: true;
  /** It reads the log-probabilities of the candidates. */
  readonly logprobs?: true;
}

/** Whom a rule asks, by their names in the config: known, and able, before anything is spent. */
export interface Asked {
  /** A policy that follows instructions. */
  readonly policy?: { readonly name: string | undefined; readonly tokens: number } | undefined;
  readonly reward?: AskedReward | undefined;
  /** The option that names it. */
  readonly option: string;
}

export interface AskedReward {
  readonly kind: string;
  /** Undefined where the request names none and there is none. */
  readonly name: string | undefined;
  /** How often it is asked to compare two, of so many candidates; absent is never. */
  readonly pairs?: (candidates: number) => number;
}

interface Definition<Name extends string, Options extends RuleSchema> {
  readonly name: Name;
  /** What it does, for people. */
  readonly title: string;
  /** What it costs beside the scores that it is handed: n candidates. */
  readonly cost: string;
  readonly options: Options;
  readonly needs: Needs | ((options: z.infer<Options>) => Needs);
  /** Contenders that it can compare; absent is any number. What is above it is refused, or ranked after the others. */
  readonly most?: number | ((options: z.infer<Options>) => number);
  /** Throws where the scores of this context cannot serve these options: before anything is spent. */
  check?(options: z.infer<Options>, context: SelectionContext): void;
  /** Alternatives that the log-probabilities of candidates must have; absent where it needs none. */
  topLogprobs?(options: z.infer<Options>): number | undefined;
  /** Absent, or undefined, where it asks nobody. */
  asks?(options: z.infer<Options>, context: SelectionContext): Asked | undefined;
  /** Contenders come two or more, in order of index. A rule that asks is a generator. */
  choose(contenders: readonly Contender[], options: z.infer<Options>, context: SelectionContext): Choice | Asking<Choice>;
}

/** A rule with its options set. */
export interface Started {
  readonly options: RuleOptions;
  readonly needs: Needs;
  readonly most: number;
  readonly topLogprobs: number | undefined;
  check(context: SelectionContext): void;
  asks(context: SelectionContext): Asked | undefined;
  readonly select: Select;
}

/**
 * Ties a rule to the schema of its options. What is true of every rule is done here: a lone candidate is chosen (methods
 * 0.4), an invalid score fails the request where that is asked for, and the order in which contenders are handed over
 * changes nothing, not even the last bit of a sum.
 */
export interface Rule extends Pick<Definition<string, RuleSchema>, 'name' | 'title' | 'cost' | 'options'> {
  /** With the options at their defaults. */
  readonly needs: Needs;
  readonly start: (options: unknown) => Started;
}

export function defineRule<Name extends string, Options extends RuleSchema>(definition: Definition<Name, Options>) {
  const { name, title, cost, options: schema } = definition;
  const needsOf = (options: z.infer<Options>): Needs =>
    typeof definition.needs === 'function' ? definition.needs(options) : definition.needs;
  const start = (given: unknown): Started => {
    const options = schema.parse(given);
    const needs = needsOf(options);
    const { most: limit = Number.POSITIVE_INFINITY } = definition;
    const most = typeof limit === 'function' ? limit(options) : limit;
    return {
      options,
      needs,
      most,
      topLogprobs: definition.topLogprobs?.(options),
      check: (context) => definition.check?.(options, context),
      asks: (context) => definition.asks?.(options, context),
      *select(contenders, context) {
        if (options.on_invalid_score === 'fail') refuseInvalid(contenders, context);
        if (contenders.length === 1) return lone(contenders[0]!, needs);
        const planned = Array.from(contenders.keys()).sort((a, b) => contenders[a]!.index - contenders[b]!.index);
        const inOrder = planned.map((position) => contenders[position]!);
        const compared = inOrder.length > most ? bestOf(inOrder, most, options.tie_epsilon) : null;
        const asking = definition.choose(compared ? compared.map((place) => inOrder[place]!) : inOrder, options, context);
        const chosen = 'index' in asking ? asking : yield* asking;
        return moved(compared ? amongAll(chosen, compared, inOrder.length) : chosen, planned);
      },
    };
  };
  return { name, title, cost, options: schema, needs: needsOf(schema.parse({})), start };
}

/** The `most` best by their scores, in order of index: a search may gather more than a rule can compare. */
const bestOf = (contenders: readonly Contender[], most: number, tieEpsilon: number): number[] =>
  ranked(contenders, tieEpsilon)
    .slice(0, most)
    .sort((a, b) => a - b);

function amongAll(choice: Choice, compared: readonly number[], all: number): Choice {
  const among = new Set(compared);
  const left = Array.from({ length: all }, (_, place) => place).filter((place) => !among.has(place));
  const { ranking, ...rest } = moved(choice, compared);
  return { reason: 'too_many_candidates', ...rest, ranking: [...ranking, ...left], degraded: true };
}

function refuseInvalid(contenders: readonly Contender[], context: SelectionContext): void {
  const invalid = contenders.find((contender) => contender.score !== null && validScore(contender) === null);
  if (invalid) throw invalidScore(invalid, invalid.score?.ok === false ? invalid.score.reason : 'not a finite number', context);
}

/** The error of `on_invalid_score: "fail"`: the caller's where the score was supplied, else the backend's. */
export function invalidScore({ index }: Contender, reason: string, { supplied = false }: SelectionContext): WinnowError {
  const message = `The score of candidate ${index} is invalid (${reason}), and on_invalid_score is "fail". Use "drop" or "worst" to choose among the others.`;
  return new WinnowError(supplied ? 'invalid_value' : 'backend_error', message, { param: 'selection.on_invalid_score' });
}

function lone(contender: Contender, needs: Needs): Choice {
  const { answer } = contender;
  const degraded = needs.scores && validScore(contender) === null;
  const answered = answer === null ? 0 : 1;
  return {
    index: 0,
    ranking: [0],
    degraded,
    ...(degraded && { reason: contender.score === null ? 'no_scores' : 'all_scores_invalid' }),
    ...(needs.answers && { answer, share: answered, coverage: answered }),
    ...(needs.answers && { clusters: answer === null ? [] : [{ answer, members: [0], weight: 1 }] }),
  };
}

function moved(choice: Choice, planned: readonly number[]): Choice {
  const given = (places: readonly number[]) => places.map((place) => planned[place]!);
  return {
    ...choice,
    index: planned[choice.index]!,
    ranking: given(choice.ranking),
    ...(choice.clusters && { clusters: choice.clusters.map((one) => ({ ...one, members: given(one.members) })) }),
  };
}
