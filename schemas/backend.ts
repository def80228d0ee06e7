/** The protocol between the edge and a gpu-backend (api.md section 6): one definition for both sides. */
import { z } from 'zod';
import { finish, path, tokenLogprob } from './candidate.ts';
import { plainMessage } from './message.ts';
import { fullSampling, topLogprobs } from './sampling.ts';
import { backendStep } from './step.ts';

const tokens = z.array(z.int().min(0)).max(1_048_576);
const text = z.string().max(4_194_304);

/** What the policy is asked: messages go through its chat template, text goes as it is. */
export const prompt = z.union([
  z.strictObject({ messages: z.array(plainMessage).min(1).max(1024) }),
  z.strictObject({ text: text.min(1) }),
]);
export type Prompt = z.infer<typeof prompt>;

export const generatePrefix = z.strictObject({
  id: path.describe('Path of what is continued; `0` is the prompt. With `resume`, of the candidate that goes on.'),
  text: text.describe('Text after the prompt that is continued.'),
  tokens: tokens.optional().describe('Ids of that text as they were generated; they win over `text`.'),
  count: z.int().min(1).max(256).describe('Continuations wanted; 1 with `resume`.'),
  first_child: z.int().min(0).describe('Number of the first child: its id is `ID.first_child`.'),
  max_tokens: z.int().min(1).describe('New tokens that each continuation may have.'),
  steps: z
    .strictObject({
      ended: z.int().min(0).describe('Steps that have ended.'),
      open: z.int().min(0).describe('UTF-16 code units of `text` behind them; no more than it has.'),
      open_tokens: z.int().min(0).describe('Tokens of the open step; no more than the text has.'),
      text_ends: z
        .array(z.int().min(1))
        .optional()
        .describe('For each that has ended: UTF-16 code units of `text` up to its end. A reward reads a score at each.'),
    })
    .refine(({ ended, text_ends: ends }) => ends === undefined || ends.length === ended, {
      error: 'one number is needed for each step that has ended',
      path: ['text_ends'],
    })
    .optional()
    .describe('How `text` divides into steps, where it does not tell; found in it where absent.'),
  resume: z
    .literal(true)
    .optional()
    .describe('Go on with the candidate of this id: same id, same random stream, only the new text and tokens.'),
});
export type GeneratePrefix = z.infer<typeof generatePrefix>;

export const generateRequest = z.strictObject({
  key: z
    .string()
    .min(1)
    .max(128)
    .describe('Run id and operation number. The same key within 10 minutes answers with the stored lines.'),
  model: z.string(),
  prompt,
  prefixes: z.array(generatePrefix).min(1).max(1024),
  until: z.enum(['step', 'end']),
  step: backendStep,
  sampling: fullSampling,
  top_logprobs: topLogprobs.optional().describe('Present: log-probabilities of sampled tokens, and of this many alternatives.'),
  seed: z.int(),
  reward: z.string().optional().describe('A reward model of this backend that scores each candidate as it ends.'),
  pieces: z
    .literal(true)
    .optional()
    .describe('Tell candidates as they are written, too, where the backend can; their lines are the same.'),
  priority: z.int().min(-1000).max(1000).optional().describe('Lower goes first; 0 where absent.'),
  ignore_eos: z.boolean().optional().describe('End tokens are tokens like others: for measurements of a given length.'),
  deadline_ms: z.int().min(1).describe('Milliseconds from receipt after which open candidates end with finish `budget`.'),
});
export type GenerateRequest = z.infer<typeof generateRequest>;

/** One continuation: what this call wrote, never what it was given. */
export const candidateLine = z.looseObject({
  type: z.literal('candidate'),
  id: path,
  parent: path,
  text: z.string().describe('The new text. A step includes what ends it; a stop string is left out.'),
  step: z.int().min(0).describe('Steps that the candidate has in all, those of its prefix included.'),
  step_ends: z
    .array(z.int().min(0))
    .describe('For each step that this call ended (the last, open one too): new tokens up to its end.'),
  step_text_ends: z
    .array(z.int().min(0))
    .optional()
    .describe('For each of them: UTF-16 code units of the new text up to its end. Absent where steps end by a delimiter.'),
  step_open: z.boolean().optional().describe('With them: whether the last step of the candidate is open.'),
  tokens: tokens
    .optional()
    .describe(
      'Ids of the new tokens as generated, end tokens and stop strings included; not those that only showed where a pattern ends.',
    ),
  token_count: z.int().min(0).describe('New tokens.'),
  text_ends: z
    .array(z.int().min(0))
    .optional()
    .describe(
      'With log-probabilities: length of the new text after each new token. Fewer where it is not known from some token on.',
    ),
  finish,
  logprob: z.number().optional().describe('Sum over the new tokens, untempered.'),
  logprobs: z.array(tokenLogprob).optional(),
});
export type CandidateLine = z.infer<typeof candidateLine>;

/**
 * A part of a candidate that is being written, in order and without a gap. Its line repeats all of it, so the last part may
 * come with that line alone. What may be the beginning of a stop string is not told until it is none.
 */
export const pieceLine = z.looseObject({
  type: z.literal('piece'),
  id: path,
  at: z.int().min(0).describe('New tokens of this call before it: a repeated call is recognised, however it is cut.'),
  token_count: z.int().min(0).describe('New tokens since the last piece.'),
  text: z.string().describe('The text since the last piece: whole characters.'),
  logprobs: z.array(tokenLogprob).optional().describe('Of those tokens, where they were asked for.'),
});
export type PieceLine = z.infer<typeof pieceLine>;

/** A reward model's raw output for one text: a number, with one per step from a process model, or why there is none. */
export const rawScore = z.discriminatedUnion('ok', [
  z.looseObject({
    id: z.string(),
    ok: z.literal(true),
    value: z.number(),
    steps: z.array(z.number()).optional(),
    tokens: z.int().min(0),
    truncated: z.int().min(1).optional().describe('Tokens that were left out, as `truncate` asked; absent where all was read.'),
  }),
  z.looseObject({
    id: z.string(),
    ok: z.literal(false),
    reason: z.string(),
    steps: z
      .array(z.number().nullable())
      .optional()
      .describe('Of a process model: null for a step that it gave no finite number.'),
  }),
]);
export type RawScore = z.infer<typeof rawScore>;

/** Null is what a server of others does not say; our own backend says all. */
export const generateUsage = z.looseObject({
  prompt_tokens: z.int().min(0).nullable(),
  completion_tokens: z.int().min(0),
  unreported_tokens: z.int().min(0).optional().describe('Tokens that may have been sampled beside those, at most.'),
  processed: z
    .int()
    .min(0)
    .nullable()
    .describe('Positions that the policy computed; the last token of a candidate is sampled, never run.'),
  cached: z.int().min(0).nullable().describe("Positions taken from an earlier request's cache."),
  unique: z.int().min(0).nullable().describe('Distinct positions of this call, by path.'),
});

export const answeredBy = z.string().optional().describe('Fingerprint of the model that answered, as in /models.');

/** What the scores of one generation cost. */
export const scoring = z.looseObject({
  candidates: z.int().min(0).describe('Distinct texts.'),
  tokens: z.int().min(0).describe("Prompt and text of each, by the reward's tokenizer."),
  fingerprint: answeredBy,
});
export type Scoring = z.infer<typeof scoring>;

const scoreLine = z.discriminatedUnion('ok', [
  z.looseObject({
    type: z.literal('score'),
    id: path,
    ok: z.literal(true),
    value: z.number(),
    steps: z.array(z.number()).optional(),
    tokens: z.int().min(0),
  }),
  z.looseObject({
    type: z.literal('score'),
    id: path,
    ok: z.literal(false),
    reason: z.string(),
    steps: z.array(z.number().nullable()).optional(),
  }),
]);

export const generateLine = z.discriminatedUnion('type', [
  candidateLine,
  pieceLine,
  scoreLine,
  z.looseObject({ type: z.literal('error'), id: path, code: z.string(), message: z.string() }),
  z.looseObject({
    type: z.literal('done'),
    usage: generateUsage,
    fingerprint: answeredBy,
    scored: scoring.optional().describe('Where a reward was asked for.'),
  }),
]);
export type GenerateLine = z.infer<typeof generateLine>;

export const truncate = z
  .enum(['refuse', 'start', 'end'])
  .describe(
    "Of a text that is longer than its model reads: refuse it, or leave out its last tokens, or the prompt's first ones.",
  );
export type Truncate = z.infer<typeof truncate>;

export const scoreRequest = z.strictObject({
  key: z.string().min(1).max(128),
  model: z.string(),
  prompt,
  candidates: z
    .array(
      z.strictObject({
        id: z.string().max(4096),
        text,
        tokens: tokens.optional().describe("Ids by the policy's tokenizer; used only where the reward shares it."),
        steps: z
          .array(text)
          .optional()
          .describe('The text cut into steps: one score each from a process model. They join to `text`.'),
      }),
    )
    .min(1)
    .max(16_384),
  truncate: truncate.optional().describe('`refuse` where absent: that text fails alone, with its length.'),
  deadline_ms: z.int().min(1),
});
export type ScoreRequest = z.infer<typeof scoreRequest>;

export const scoreResponse = z.looseObject({
  scores: z.array(rawScore).describe("In the order given; raw logits or probabilities. Reduction over steps is the edge's."),
  fingerprint: answeredBy,
  usage: z.looseObject({
    calls: z.int(),
    candidates: z.int(),
    tokens: z.int().describe("Prompt and text of each, by this model's tokenizer."),
  }),
});
export type ScoreResponse = z.infer<typeof scoreResponse>;

const modelKind = z.enum(['policy', 'outcome', 'process', 'embedding', 'tensors']);

export const backendModel = z.looseObject({
  name: z.string(),
  kind: modelKind,
  context: z.int().describe('Tokens of prompt and text together; 0 for tensors.'),
  chat_template: z.boolean(),
  fingerprint: z.string().describe('Changes when the weights or the tokenizer do.'),
  dimensions: z.int().optional().describe('Of a vector; embedding only.'),
});
export type BackendModel = z.infer<typeof backendModel>;

export const modelsResponse = z.looseObject({ models: z.array(backendModel) });
