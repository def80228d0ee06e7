import type { z } from 'zod';
import type { Prompt } from '../../schemas/backend.ts';
import type { StopReason } from '../../schemas/budget.ts';
import type { Sampling } from '../../schemas/sampling.ts';
import type { Asking, Candidate, Scored } from '../operation.ts';
import { score } from '../operation.ts';
import type { Embedding } from '../rewards/read-vectors.ts';
import type { Numbering } from './numbering.ts';

export type Family = 'best_of_n' | 'search' | 'critique_refine';

/** What a strategy is handed beside its options: names, never the things that the names stand for. */
export interface StrategyTask {
  readonly prompt: Prompt;
  /** What the user asked, where the prompt says more than that. */
  readonly question?: Prompt;
  /** Numbers the children of the prompt, where several searches of a run stand on it; its own where absent. */
  readonly numbering?: Numbering;
  /** Name of the policy in the config. */
  readonly policy: string;
  readonly sampling: Sampling;
  readonly topLogprobs: number | undefined;
  /** Rewards of completed candidates, the first one first. */
  readonly rewards: readonly string[];
  /** Ranks prefixes and finds the wrong step; null where none is in play. */
  readonly stepReward: string | null;
  /** What the numbers of the step reward are. */
  readonly stepOutput: 'logit' | 'probability';
  /** Whose model turns texts into vectors; null where none is in play. */
  readonly embedder: Embedding | null;
  /** A step whose process score is below this is wrong. */
  readonly wrongBelow: number;
  /** What the numbers of the first reward are; `unknown` where there is none. */
  readonly rewardOutput: 'logit' | 'probability' | 'unknown';
  /** Where in a text the answer stands that can be read out of it; nowhere where the policy has no extractor. */
  readonly answerSpan: (text: string) => readonly [start: number, end: number] | undefined;
  /** Of all that is drawn at random, by stage and place (methods 0.5). */
  readonly seed: number;
}

/** What a strategy brought together. `stop` says why it ended where that is its own doing. */
export interface Gathered {
  readonly pool: readonly Scored[];
  readonly stop?: StopReason;
  /** Part of the answers that were begun and dropped before their end, where the strategy tells it: they have no vote. */
  readonly prunedShare?: number;
  /** What the user should know of how it went. */
  readonly warnings?: readonly string[];
}

/** The most that a run can spend, before limits. */
export interface Bound {
  readonly candidates: number;
  readonly tokens: number;
  readonly scoreCalls: number;
}

/** What the policy and the rewards must bring; refused before anything is spent. */
export interface Needs {
  /** `or_classifier`: what it ranks need not be steps, so a reward for whole texts does as well. */
  readonly stepReward?: true | 'or_classifier';
  /** Rewards that rank beginnings in the place of one, as `or_classifier` does: its option `checkpoint_rewards`. */
  readonly checkpointRewards?: readonly string[] | undefined;
  /** The policy that `critic` names, or else the policy itself, must follow instructions. */
  readonly critic?: true;
  /** The same of the one that `planner` names. */
  readonly planner?: true;
  readonly reward?: true;
  /** Goes on with texts that were begun: samples prefixes other than the prompt. */
  readonly continuation?: true;
  /** Samples until the end of a step. */
  readonly steps?: true;
  /** Compares texts by the vectors of a reward of kind similarity, which its option `embedder` names. */
  readonly embedder?: true;
}

export interface Definition<Options extends z.ZodType> {
  /** Its name on the wire. */
  readonly name: string;
  readonly title: string;
  readonly family: Family;
  /** `many`: a finishing reserve is kept, and it runs best next to the model. */
  readonly rounds: 'one' | 'many';
  readonly options: Options;
  readonly needs: Needs | ((options: z.output<Options>) => Needs);
  /** Alternatives that the log-probabilities of candidates must have: 0 is those of sampled tokens alone. Absent needs none. */
  readonly topLogprobs?: (options: z.output<Options>) => number | undefined;
  /** It draws at random, by the seed: what it finds depends on the order of children. */
  readonly draws?: true;
  /** It divides children by their numbers: those that change places change what it finds. */
  readonly divides?: true;
  /** The size options that an integer budget b stands for (api.md 4). */
  readonly width: (budget: number) => Partial<z.input<Options>>;
  /** Cost as a formula of the options, for people. */
  readonly cost: string;
  readonly bound: (options: z.output<Options>, maxTokens: number, rewards: number) => Bound;
  readonly run: (task: StrategyTask, options: z.output<Options>) => Asking<Gathered>;
}

/** A strategy whose options are still JSON. */
export interface Strategy extends Omit<Definition<z.ZodType>, 'run' | 'bound' | 'width' | 'topLogprobs' | 'needs'> {
  /** With the options at their defaults. */
  readonly needs: Needs;
  readonly needsOf: (options: unknown) => Needs;
  readonly width: (budget: number) => Readonly<Record<string, unknown>>;
  readonly bound: (options: unknown, maxTokens: number, rewards: number) => Bound;
  readonly topLogprobs: (options: unknown) => number | undefined;
  readonly start: (task: StrategyTask, options: unknown) => Asking<Gathered>;
}

/** Ties a strategy's generator to the schema of its options, so that starting one from JSON needs no cast. */
export function define<Options extends z.ZodType>(definition: Definition<Options>) {
  const { run, bound, width, topLogprobs, needs, ...rest } = definition;
  const needsOf = (options: unknown) => (typeof needs === 'function' ? needs(definition.options.parse(options)) : needs);
  return {
    ...rest,
    run,
    needs: needsOf({}),
    needsOf,
    width: (budget: number) => width(budget) as Readonly<Record<string, unknown>>, // the names are the schema's own keys
    bound: (options: unknown, maxTokens: number, rewards: number) => bound(definition.options.parse(options), maxTokens, rewards),
    topLogprobs: (options: unknown) => topLogprobs?.(definition.options.parse(options)),
    start: (task: StrategyTask, options: unknown) => run(task, definition.options.parse(options)),
  };
}

/** What the user asked: what rewards and critics judge by. */
export const questionOf = ({ question, prompt }: StrategyTask): Prompt => question ?? prompt;

/** The reward that a backend may score by as it writes: it reads the prompt that is written on, which must be what was asked. */
export const fusible = ({ question }: StrategyTask, reward: string | null | undefined): string | undefined =>
  question === undefined ? (reward ?? undefined) : undefined;

/** The same candidates without any score. */
export const unscored = (candidates: readonly Candidate[]): Scored[] =>
  candidates.map((candidate) => ({ ...candidate, scores: {} }));

/** Adds the scores of `reward` to the candidates that have none by it yet; the others are not asked, nor paid, again. */
export function* scoredBy(reward: string, task: StrategyTask, candidates: readonly Scored[]): Asking<Scored[]> {
  const missing = candidates.filter((candidate) => !Object.hasOwn(candidate.scores, reward));
  const scores = yield* score(reward, questionOf(task), missing);
  const added = new Map(missing.map((candidate, place) => [candidate.id, scores[place]!]));
  return candidates.map((candidate) => {
    const score = added.get(candidate.id);
    return score ? { ...candidate, scores: { ...candidate.scores, [reward]: score } } : candidate;
  });
}

/** It came to its end by itself. */
export const finished = (candidate: Candidate): boolean => candidate.finish === 'stop';

/** Tokens that the candidate may still have. */
export const tokensLeft = (candidate: { readonly tokenCount: number }, sampling: Sampling): number =>
  sampling.max_tokens - candidate.tokenCount;
