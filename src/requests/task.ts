import type { Prompt } from '../../schemas/backend.ts';
import type { BudgetRequest, FullLimits } from '../../schemas/budget.ts';
import type { Config, Lookup, PolicyConfig, RecipeConfig } from '../../schemas/config.ts';
import type { RewardUse } from '../../schemas/reward.ts';
import type { Execution, Returns } from '../../schemas/run.ts';
import type { SamplingRequest } from '../../schemas/sampling.ts';
import type { StepRequest } from '../../schemas/step.ts';
import type { Subject } from '../rewards/define.ts';
import type { RewardOptions } from '../rewards/registry.ts';
import type { SelectionContext } from '../selection/define.ts';
import type { StartedRule } from '../selection/registry.ts';
import type { Bound, Family, Strategy, StrategyTask } from '../strategies/define.ts';
import type { ModelString } from './model-string.ts';
import type { Place } from './placement.ts';

/** What every route makes of its body: names as they were given, sampling in native names. */
export interface TaskRequest {
  readonly model: string | undefined;
  readonly prompt: Prompt;
  readonly sampling: SamplingRequest;
  /** The route's family; chat takes any. */
  readonly family: Family | 'any';
  readonly strategy: string | undefined;
  readonly options: Readonly<Record<string, unknown>>;
  readonly rewards: readonly RewardUse[] | undefined;
  /** Right answers that rewards may compare with. */
  readonly references: readonly string[];
  readonly selection: unknown;
  readonly budget: BudgetRequest | undefined;
  readonly execution: Execution;
  /** Where steps end, over what the policy says; undefined is as it says. */
  readonly step: StepRequest | undefined;
  readonly returns: Returns;
  /** Where the members of scaling stand in the body: empty, or `winnow.`. */
  readonly path: string;
  /** The field that says how many tokens a candidate may have. */
  readonly maxTokensParam: string;
  /** Where the options stand in the body: `options.`, or empty for best-of-N's own route. */
  readonly optionsPath: string;
}

/** The rule of a run, with the one reward that decides and what its scores are. */
export interface ChosenRule extends Omit<StartedRule, 'reward'> {
  /** As its schema leaves them, defaults filled in. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Name of the reward; null where none is in play. */
  readonly reward: string | null;
  readonly context: SelectionContext;
}

/** A parsed request whose names are entries, whose limits are under their caps, and whose refusals are behind it. */
export interface Task {
  /** The model string as it was given. */
  readonly model: string;
  readonly policyName: string;
  readonly policy: PolicyConfig;
  readonly strategy: Strategy;
  /** As the strategy's schema leaves them, defaults filled in. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly forStrategy: StrategyTask;
  readonly selection: ChosenRule;
  readonly limits: FullLimits;
  readonly finishingReserve: number;
  readonly seed: number;
  /** Where names lead: the config's entries, and the one score that several rewards make. */
  readonly lookup: Lookup;
  readonly rewardOptions: RewardOptions;
  readonly subject: Subject;
  /** Rewards that rank what is not whole yet. */
  readonly ranking: readonly string[];
  readonly place: Place;
  readonly returns: Returns;
  /** Alternatives of log-probabilities that the answer shows; undefined is none, also where rewards needed some. */
  readonly shownLogprobs: number | undefined;
  readonly bound: Bound;
  readonly warnings: readonly string[];
}

/** A request with its names looked up: what every choice below depends on. */
export interface Named {
  readonly request: TaskRequest;
  readonly config: Config;
  readonly model: ModelString;
  readonly policy: PolicyConfig;
  readonly recipe: RecipeConfig | undefined;
}
