import { z } from 'zod';
import { finishReason, type TokenLogprob } from './candidate.ts';
import { treeNode } from './tree.ts';

/** What a stream of a native route carries before its result, each under its name as the SSE event. */
export const candidateEvent = z.strictObject({
  id: z.string(),
  index: z.int(),
  text: z.string().optional().describe('Only with return.candidates "all".'),
  tokens: z.int(),
  finish_reason: finishReason,
});
export const scoreEvent = z.strictObject({
  id: z.string(),
  reward: z.string(),
  ok: z.boolean(),
  value: z.number().optional(),
  reason: z.string().optional(),
  steps: z.array(z.number().nullable()).optional(),
});
export const roundEvent = z.strictObject({
  round: z.int(),
  kept: z.array(z.string()),
  spent: z.strictObject({ candidates: z.int(), tokens: z.int(), time_ms: z.int() }),
});
/** Of an evaluation: rows so far. */
export const progressEvent = z.strictObject({ done: z.int(), of: z.int(), used: z.int(), bad: z.int(), sampled: z.int() });
export const pruneEvent = z.strictObject({ id: z.string(), reason: z.string() });
/** With return.tree: a node that is new or has changed, whole as it is now. */
export const nodeEvent = treeNode;

/** What was written of an answer since the last one: for a stream of chat alone, no native route shows it. */
export interface PieceEvent {
  readonly id: string;
  readonly index: number;
  readonly text: string;
  readonly logprobs: readonly TokenLogprob[];
}

export type ProgressEvent =
  | { readonly name: 'piece'; readonly data: PieceEvent }
  | { readonly name: 'candidate'; readonly data: z.infer<typeof candidateEvent> }
  | { readonly name: 'score'; readonly data: z.infer<typeof scoreEvent> }
  | { readonly name: 'round'; readonly data: z.infer<typeof roundEvent> }
  | { readonly name: 'progress'; readonly data: z.infer<typeof progressEvent> }
  | { readonly name: 'prune'; readonly data: z.infer<typeof pruneEvent> }
  | { readonly name: 'node'; readonly data: z.infer<typeof nodeEvent> };
