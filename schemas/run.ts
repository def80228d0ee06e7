/** What best-of-n, search and critique-refine have in common: the request's members and the answer. */
import { z } from 'zod';
import { budget, fullLimits, stopReason } from './budget.ts';
import { finishReason, tokenLogprob } from './candidate.ts';
import { message } from './message.ts';
import { rewardsField, scoresByReward } from './reward.ts';
import { sampling } from './sampling.ts';
import { stepRequest } from './step.ts';
import { tree } from './tree.ts';
import { account, usage } from './usage.ts';

const unserved = (what: string, served: string) =>
  z
    .unknown()
    .refine((value) => value === undefined, {
      params: { code: 'unsupported_value' },
      error: `${what} is not served yet. ${served}`,
    })
    .optional();

export const returns = z.strictObject({
  candidates: z.enum(['none', 'scores', 'all']).default('scores').describe('`all` adds text, answer, steps and logprobs.'),
  tree: z.boolean().default(false).describe('Adds `tree`: all that was sampled, by parents, with scores and what came of it.'),
});
export type Returns = z.infer<typeof returns>;

/** Right answers, for rewards that compare with one. */
export const reference = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1).max(64)])
  .describe('A right answer, or several: for rewards that compare with one.');

export const execution = z
  .enum(['auto', 'edge', 'backend'])
  .describe(
    'Where the strategy is driven: in the Worker, or next to the models, which takes one round trip for all rounds. `auto`: next to them where it has many rounds and they all live there. Results are the same.',
  );
export type Execution = z.infer<typeof execution>;

/** The members that turn scaling on and say how; in chat they stand inside `winnow`. `selection` is the registry's schema. */
export const scalingMembers = <Selection extends z.ZodType>(selection: Selection) => ({
  rewards: rewardsField.optional(),
  reference: reference.optional(),
  selection: selection.optional().describe("A rule's name, or {rule, ...its options}."),
  budget: budget.optional(),
  step: stepRequest.optional().describe("Where steps end: over the policy's own `step`, whose rule a rule here replaces."),
  early_stop: unserved('early_stop', 'Leave it out.'),
  return: returns.optional(),
  execution: execution.default('auto'),
  dry_run: z.boolean().default(false).describe('Answer the plan without spending anything.'),
});

export const messages = z.array(message).min(1).max(1024).describe("A conversation; goes through the policy's chat template.");
export const prompt = z.string().min(1).describe('Raw text without a chat template.');

export const runMembers = <Selection extends z.ZodType>(selection: Selection) => ({
  messages: messages.optional(),
  prompt: prompt.optional(),
  model: z
    .string()
    .min(1)
    .optional()
    .describe('A policy or a recipe, or POLICY@STRATEGY[:INTEGER]; default_policy where absent.'),
  sampling: sampling.optional(),
  ...scalingMembers(selection),
  stream: z.boolean().default(false).describe('Progress as server-sent events, the answer as the event `result`.'),
  user: z.string().max(512).optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
});

/** `strategy` and `options`, which the strategy's own schema checks. */
export const strategyMembers = {
  strategy: z.string().min(1).optional().describe('Name of a strategy; see /v1/strategies.'),
  options: z.record(z.string(), z.unknown()).optional().describe("Checked by the strategy's own schema; see /v1/strategies."),
};

/** Why no answer was read (methods G.1); absent where one was, and where the policy has no extractor. */
export const answerReason = z
  .enum(['no_match', 'empty', 'ambiguous', 'unclosed', 'truncated', 'timeout'])
  .describe('Why `answer` is null although the policy reads answers.');

export const candidateAnswer = z.strictObject({
  id: z.string().describe('Its path: the prompt is 0, its children 0.0, 0.1, ...'),
  index: z.int(),
  finish_reason: finishReason,
  reason: z.string().optional(),
  tokens: z.int(),
  scores: scoresByReward,
  text: z.string().optional(),
  answer: z.string().nullable().optional(),
  answer_reason: answerReason.optional(),
  steps: z.array(z.strictObject({ text: z.string(), scores: z.record(z.string(), z.number()) })).optional(),
  logprobs: z.array(tokenLogprob).optional(),
});
export type CandidateAnswer = z.infer<typeof candidateAnswer>;

export const choice = z.strictObject({
  id: z.string(),
  index: z.int(),
  message: z.strictObject({ role: z.literal('assistant'), content: z.string() }),
  finish_reason: finishReason,
  answer: z.string().nullable().describe("What the policy's extractor reads out of it; null where there is none."),
  answer_reason: answerReason.optional(),
});

export const selectionReport = z.strictObject({
  rule: z.string(),
  degraded: z.boolean().describe('True where the rule could not be applied as asked; `reason` says why.'),
  reason: z.string().optional(),
  answer: z.string().nullable().optional(),
  share: z.number().optional(),
  coverage: z.number().optional(),
  pruned_share: z
    .number()
    .optional()
    .describe('Of the answers that were begun, those that `prune` dropped before their end: they have no vote.'),
  detail: z.record(z.string(), z.unknown()).optional().describe('How it came about: matches, weights, what was filtered.'),
});
export type SelectionReport = z.infer<typeof selectionReport>;

/** What is told of a run beside OpenAI's own members: the whole native answer, or `winnow` in chat. */
export const runReport = z.strictObject({
  strategy: z.string(),
  selection: selectionReport,
  complete: z.boolean().describe('The chosen candidate finished by itself.'),
  stop_reason: stopReason,
  candidates: z.array(candidateAnswer).optional(),
  tree: tree.optional().describe('With return.tree: parents before their children.'),
  account,
  budget: z.strictObject({
    limits: fullLimits.describe('Those in force, caps included.'),
    spent: z.strictObject({ candidates: z.int(), tokens: z.int(), time_ms: z.int() }),
  }),
  seed: z.int(),
  warnings: z.array(z.string()),
  execution: z.enum(['edge', 'backend']).describe('Where the strategy was driven.'),
  timing: z.strictObject({
    queue_ms: z.int(),
    generate_ms: z.int(),
    score_ms: z.int(),
    total_ms: z.int(),
    round_trips: z.int().min(0).describe('Calls from the Worker to backends.'),
    round_trips_saved: z.int().min(0).describe('Calls that were none because the work was done next to the models.'),
  }),
});
export type RunReport = z.infer<typeof runReport>;

export const runAnswer = runReport.extend({
  id: z.string(),
  object: z.literal('winnow.run'),
  created: z.int(),
  model: z.string(),
  choice,
  usage,
  system_fingerprint: z.string().nullable(),
});
export type RunAnswer = z.infer<typeof runAnswer>;

/** The answer of `dry_run`. */
export const plan = z.strictObject({
  object: z.literal('winnow.plan'),
  model: z.string(),
  strategy: z.string(),
  options: z.record(z.string(), z.unknown()),
  selection: z.record(z.string(), z.unknown()),
  limits: fullLimits,
  bound: z.strictObject({
    candidates: z.int(),
    tokens: z.int(),
    score_calls: z.int(),
    cost_usd: z.number().nullable().describe('Null where no price is configured.'),
  }),
  warnings: z.array(z.string()),
});
export type Plan = z.infer<typeof plan>;
