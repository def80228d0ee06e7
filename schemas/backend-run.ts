/** The protocol of `POST /run`: a strategy that runs next to the model, and what the edge hears of it (api.md 6). */
import { z } from 'zod';
import { prompt, scoreResponse } from './backend.ts';
import { fullLimits, stopReason } from './budget.ts';
import { finish, path, tokenLogprob } from './candidate.ts';
import { answerConfig, policyConfig, rewardConfig } from './config.ts';
import { embedResponse } from './embed.ts';
import { equivalenceResponse } from './equivalence.ts';
import { type ErrorCode, errorCodes } from './errors.ts';
import { candidateEvent } from './events.ts';
import { logprobsResponse } from './logprobs.ts';
import { fullSampling, topLogprobs } from './sampling.ts';
import { fullStep } from './step.ts';
import { tensorsResponse } from './tensors.ts';

const count = z.int().min(0);
const known = count.nullable();

/** A run as the edge has read it: names are looked up, defaults filled in, refusals behind it. */
export const runRequest = z.strictObject({
  id: z.string().min(1).max(100).describe('Of the run: keys of its calls begin with it.'),
  strategy: z.string(),
  options: z.record(z.string(), z.unknown()).describe('As the schema of the strategy leaves them.'),
  prompt,
  policy: z.string().describe('Name of an entry of `policies`.'),
  sampling: fullSampling,
  top_logprobs: topLogprobs.optional(),
  rewards: z.array(z.string()).describe('Of completed candidates, the one that decides first.'),
  step_reward: z.string().nullable(),
  step_output: z.enum(['logit', 'probability']),
  embedder: z.string().nullable().describe('The reward whose model turns texts into vectors.'),
  wrong_below: z.number(),
  reward_output: z.enum(['logit', 'probability', 'unknown']).describe('Of the first of `rewards`.'),
  seed: z.int(),
  answer: answerConfig.nullable().describe('How an answer is read out of a candidate.'),
  references: z.array(z.string()),
  backend: z.string().describe('Name by which the entries call this backend. Work for another one ends the run here.'),
  policies: z.record(z.string(), policyConfig.extend({ step: fullStep })),
  reward_entries: z.record(z.string(), rewardConfig),
  reward_options: z.record(z.string(), z.unknown()),
  limits: fullLimits,
  elapsed_ms: z.number().min(0).describe('Of the time in `limits`, when this was sent.'),
  finishing_reserve: count,
  tell_pieces: z.boolean(),
  tell_texts: z.boolean(),
});
export type RunRequest = z.infer<typeof runRequest>;

const role = z.enum(['policy', 'critic', 'refiner', 'judge', 'reference', 'planner']);

/** One thing that a ledger has counted, in the order in which it was. */
export const booking = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('reserve'), reservation: count, role, tokens: count }),
  z.strictObject({ kind: z.literal('settle'), reservation: count, sampled: count }),
  z.strictObject({ kind: z.literal('settle_unknown'), reservation: count, known: count }),
  z.strictObject({ kind: z.literal('candidate') }),
  z.strictObject({ kind: z.literal('wrote'), id: path, tokens: count }),
  z.strictObject({
    kind: z.literal('call'),
    role,
    prompt: z.string().describe('Digest of the prompt.'),
    usage: z.strictObject({ promptTokens: known, processed: known, cached: known }),
  }),
  z.strictObject({ kind: z.literal('leave_tip'), id: z.string() }),
  z.strictObject({ kind: z.literal('run_tip'), id: z.string() }),
  z.strictObject({ kind: z.literal('run_forced'), id: z.string() }),
  z.strictObject({ kind: z.literal('score_call') }),
  z.strictObject({ kind: z.literal('reward'), name: z.string(), calls: count, candidates: count, tokens: known }),
]);
export type Booking = z.infer<typeof booking>;

/** A candidate after its parent: of each list the first `kept` entries are the parent's, the others follow. */
const after = <Entry extends z.ZodType>(entry: Entry) => z.strictObject({ kept: count, added: z.array(entry) });
export const toldCandidate = z.strictObject({
  id: path,
  parent: path,
  text: z.strictObject({ kept: count, added: z.string() }),
  written: count.describe('Length of what its operation wrote: the end of the text.'),
  steps: z.array(count).describe('Length of each step.'),
  token_count: count,
  tokens: after(count).optional(),
  step_ends: z.array(count).optional(),
  step_open: z.boolean().optional(),
  text_ends: after(count).optional(),
  finish,
  logprobs: after(tokenLogprob).optional(),
  reason: z.string().optional(),
});
export type ToldCandidate = z.infer<typeof toldCandidate>;

const toldReading = z.discriminatedUnion('ok', [
  z.strictObject({
    ok: z.literal(true),
    response: z.union([scoreResponse, logprobsResponse, embedResponse, tensorsResponse, equivalenceResponse]),
  }),
  z.strictObject({ ok: z.literal(false), reason: z.string() }),
]);
export const toldResult = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('sample'), candidates: z.array(toldCandidate) }),
  z.strictObject({ kind: z.literal('read'), result: toldReading }),
]);
export type ToldResult = z.infer<typeof toldResult>;

/** A failure that the run survived. */
const survivedFailure = z.strictObject({
  code: z.enum(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]), // the keys of a table that is not empty
  message: z.string(),
  param: z.string().nullable(),
  retry_after: z.number().optional(),
  may_have_spent: z.boolean(),
});

/** What a run has learnt until now, but for scores, which follow from its results. */
export const learnt = z.strictObject({
  operations: count,
  stop: stopReason.optional(),
  failure: survivedFailure.optional(),
  generate_ms: z.number(),
  score_ms: z.number(),
  calls: count.describe('To models, those included that were fused with another one.'),
  indexes: z.record(z.string(), count).describe('Number of each answer that was booked since the last result, by its path.'),
  planned: count,
  fingerprints: z.array(z.string()),
  reward_fingerprints: z.record(z.string(), z.array(z.string())),
});
export type Learnt = z.infer<typeof learnt>;

export const runLine = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('candidate'), data: candidateEvent }),
  z.strictObject({
    type: z.literal('piece'),
    data: z.strictObject({ id: path, index: count, text: z.string(), logprobs: z.array(tokenLogprob) }),
  }),
  z.strictObject({
    type: z.literal('ended'),
    candidate: toldCandidate.describe('An answer that has ended; the result of its operation tells it again.'),
  }),
  z.strictObject({ type: z.literal('booked'), bookings: z.array(booking) }),
  z.strictObject({
    type: z.literal('result'),
    at: z
      .array(count)
      .min(1)
      .max(64)
      .describe('Its number; of operations that are asked together then the number of the branch, and its number in that.'),
    fingerprint: z.string().describe('Of what was asked: it must be what the edge asks at that place.'),
    result: toldResult,
    learnt,
  }),
  z.strictObject({ type: z.literal('end') }),
]);
export type RunLine = z.infer<typeof runLine>;
