import type { RunRequest } from '../../schemas/backend-run.ts';
import { withMembers } from '../rewards/registry.ts';
import type { Task } from './task.ts';

/** What depends on the run and not on what was asked. */
export interface Underway {
  readonly id: string;
  readonly backend: string;
  readonly elapsedMs: number;
  readonly tellPieces: boolean;
  readonly tellTexts: boolean;
}

/** A task as a backend is asked to run it: of the config only the entries that it may need (api.md 6). */
export function runRequestOf(task: Task, { id, backend, elapsedMs, tellPieces, tellTexts }: Underway): RunRequest {
  const { forStrategy, lookup, subject } = task;
  const { rewards, stepReward, embedder } = forStrategy;
  const asked = withMembers([...rewards, ...task.ranking, ...(embedder ? [embedder.name] : [])], lookup);
  return {
    id,
    strategy: task.strategy.name,
    options: task.options,
    prompt: forStrategy.prompt,
    policy: forStrategy.policy,
    sampling: forStrategy.sampling,
    top_logprobs: forStrategy.topLogprobs,
    rewards: [...rewards],
    step_reward: stepReward,
    step_output: forStrategy.stepOutput,
    embedder: embedder?.name ?? null,
    wrong_below: forStrategy.wrongBelow,
    reward_output: forStrategy.rewardOutput,
    seed: task.seed,
    answer: subject.answer,
    references: [...subject.references],
    backend,
    policies: Object.fromEntries(Object.entries(lookup.policies).filter(([, policy]) => policy.backend === backend)),
    reward_entries: Object.fromEntries(asked.map((name) => [name, lookup.rewards[name]!])),
    reward_options: task.rewardOptions,
    limits: task.limits,
    elapsed_ms: elapsedMs,
    finishing_reserve: task.finishingReserve,
    tell_pieces: tellPieces,
    tell_texts: tellTexts,
  };
}
