/** A reward kind: from candidates to scores, in as many readings, samples and scores of other rewards as it takes. */
import type { z } from 'zod';
import type { Prompt } from '../../schemas/backend.ts';
import type { AnswerConfig, Lookup, RewardConfig } from '../../schemas/config.ts';
import type { Asking, Prefix, Score } from '../operation.ts';

/** The entry of the config of one kind. */
export type ConfigOf<Kind extends RewardConfig['kind']> = Extract<RewardConfig, { kind: Kind }>;

/** What the numbers of a reward are: who adds or thresholds them must know. */
export interface Scale {
  /** `unknown`: neither; it orders, and differences mean something under one prompt only. */
  readonly output: 'logit' | 'probability' | 'unknown';
  /** Least and most, null where there is no bound. */
  readonly range: readonly [least: number | null, most: number | null];
}

export const PROBABILITY: Scale = { output: 'probability', range: [0, 1] };
export const LOGIT: Scale = { output: 'logit', range: [null, null] };
export const UNBOUNDED: Scale = { output: 'unknown', range: [null, null] };

/**
 * What a score depends on beside the prompt: the `text` alone, so that equal texts are scored once in a run; how the
 * `candidate` was written (its tokens, its log-probabilities); or the whole `set` of candidates.
 */
export type Dependence = 'text' | 'candidate' | 'set';

/** What is the same for all candidates of a run. */
export interface Subject {
  /** Name of the policy that wrote the candidates, or would have. */
  readonly policy: string;
  /** How an answer is read out of a candidate; null where the policy has no way. */
  readonly answer: AnswerConfig | null;
  /** Right answers that the request brings; empty where it brings none. */
  readonly references: readonly string[];
  readonly seed: number;
}

/** What one that is made of others must know of each. */
export interface About {
  readonly scale: Scale;
  readonly dependsOn: Dependence;
  /** All rewards that scoring by it asks, itself included. */
  readonly asks: readonly string[];
  /** Tokens that scoring this many candidates may sample at most. */
  readonly sampledTokens: (candidates: number) => number;
}

/** A reward that a request names: its entry, what the request says of it, and where the names of other entries lead. */
export interface Named<Config, Options> {
  readonly name: string;
  readonly config: Config;
  readonly options: Options;
  readonly lookup: Lookup;
  /** Of another reward of the config. */
  readonly about: (name: string) => About;
}

export interface RewardTask<Config, Options> extends Named<Config, Options> {
  readonly prompt: Prompt;
  /** At least one. */
  readonly candidates: readonly Prefix[];
  readonly subject: Subject;
}

interface Definition<Kind extends RewardConfig['kind'], Options extends z.ZodType> {
  readonly kind: Kind;
  readonly title: string;
  /** What a request may say of it; none of its members is required. */
  readonly options: Options;
  readonly dependsOn: Dependence | ((named: Named<ConfigOf<Kind>, z.output<Options>>) => Dependence);
  readonly scale: (named: Named<ConfigOf<Kind>, z.output<Options>>) => Scale;
  /** What one scoring costs as a formula, for people: n candidates. */
  readonly cost: string;
  /** Rewards of the config that it asks. */
  readonly members?: (config: ConfigOf<Kind>) => readonly string[];
  /** Alternatives that the log-probabilities of candidates must have; absent where it needs none. */
  readonly topLogprobs?: (config: ConfigOf<Kind>) => number | undefined;
  /** Calls to models that read, beside those of its members, where no call is too large; absent is one where it has no members. */
  readonly readings?: (named: Named<ConfigOf<Kind>, z.output<Options>>, subject: Subject, candidates: number) => number;
  /** Candidates that it can score at once; absent is any number. */
  readonly mostCandidates?: number;
  /** Tokens that scoring this many candidates may sample at most; absent is what its members may. */
  readonly sampledTokens?: (named: Named<ConfigOf<Kind>, z.output<Options>>, candidates: number) => number;
  /** @throws WinnowError where this request cannot be served, before anything is spent; `param` is where it stands in the body */
  readonly refuse?: (named: Named<ConfigOf<Kind>, z.output<Options>>, subject: Subject, param: string) => void;
  /** What is wrong with an entry of the config beyond what its schema tells, as sentences: a config with a fault does not start. */
  readonly faults?: (named: Named<ConfigOf<Kind>, z.output<Options>>) => readonly string[];
  /** One score a candidate, in order. */
  readonly score: (task: RewardTask<ConfigOf<Kind>, z.output<Options>>) => Asking<readonly Score[]>;
}

/** A kind whose config and options are still unread: the registry pairs them by `kind`. */
export interface RewardKind {
  readonly kind: RewardConfig['kind'];
  readonly title: string;
  readonly options: z.ZodType;
  readonly cost: string;
  readonly dependsOn: (named: Named<RewardConfig, unknown>) => Dependence;
  readonly scale: (named: Named<RewardConfig, unknown>) => Scale;
  readonly members: (config: RewardConfig) => readonly string[];
  readonly topLogprobs: (config: RewardConfig) => number | undefined;
  readonly readings: (named: Named<RewardConfig, unknown>, subject: Subject, candidates: number) => number;
  readonly mostCandidates: number;
  readonly sampledTokens: (named: Named<RewardConfig, unknown>, candidates: number) => number;
  readonly refuse: (named: Named<RewardConfig, unknown>, subject: Subject, param: string) => void;
  readonly faults: (named: Named<RewardConfig, unknown>) => readonly string[];
  readonly score: (task: RewardTask<RewardConfig, unknown>) => Asking<readonly Score[]>;
}

/** Ties a kind's generator to its config and the schema of its options. */
export function defineReward<Kind extends RewardConfig['kind'], Options extends z.ZodType>(
  definition: Definition<Kind, Options>,
): RewardKind {
  const { kind, title, options, cost, dependsOn, scale, members, topLogprobs, sampledTokens, refuse, faults, score } = definition;
  const { readings, mostCandidates = Number.POSITIVE_INFINITY } = definition;
  // the registry hands a kind the entries of that kind alone, with options that its own schema has read
  const own = <Whole extends Named<RewardConfig, unknown>>(named: Whole) =>
    named as unknown as Omit<Whole, 'config' | 'options'> & Named<ConfigOf<Kind>, z.output<Options>>;
  const ownConfig = (config: RewardConfig) => config as ConfigOf<Kind>;
  return {
    kind,
    title,
    options,
    cost,
    dependsOn: (named) => (typeof dependsOn === 'function' ? dependsOn(own(named)) : dependsOn),
    scale: (named) => scale(own(named)),
    members: (config) => members?.(ownConfig(config)) ?? [],
    topLogprobs: (config) => topLogprobs?.(ownConfig(config)),
    readings: (named, subject, candidates) => readings?.(own(named), subject, candidates) ?? (members ? 0 : 1),
    mostCandidates,
    sampledTokens: (named, candidates) =>
      sampledTokens?.(own(named), candidates) ??
      (members?.(ownConfig(named.config)) ?? []).reduce((sum, name) => sum + named.about(name).sampledTokens(candidates), 0),
    refuse: (named, subject, param) => refuse?.(own(named), subject, param),
    faults: (named) => faults?.(own(named)) ?? [],
    score: (task) => score(own(task)),
  };
}
