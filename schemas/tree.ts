import { z } from 'zod';
import { finish } from './candidate.ts';

/**
 * What came of a node: `open` while nobody has decided, `kept` where it went on, `pruned` where it did not; `finished` by
 * itself, `cut` with all its tokens or at the end of the budget, `failed`; `chosen` is the answer.
 */
export const nodeState = z.enum(['open', 'kept', 'pruned', 'finished', 'cut', 'failed', 'chosen']);
export type NodeState = z.infer<typeof nodeState>;

/** One node of a search: a step, a whole candidate, or the beginning of one that was cut to be written on. */
export const treeNode = z.strictObject({
  id: z.string().describe('Its path: the prompt is 0; P@s is the first s steps of P, P@tt its first t tokens.'),
  parent: z.string().nullable().describe('Null for the prompt.'),
  text: z.string().describe('What it adds to its parent; empty for the prompt, and for P@s and P@tt, which take away.'),
  tokens: z.int().describe('Tokens that were sampled for it; none for one that a search put in place of another.'),
  state: nodeState,
  finish: finish.optional().describe('How its writing ended; absent for what was not sampled.'),
  reason: z.string().optional().describe('Why it failed or was pruned.'),
  scores: z
    .record(z.string(), z.number().nullable())
    .describe('Of the text up to its end, by reward; null where the score failed.'),
  visits: z.int().optional().describe('By tree searches: how often it was visited.'),
  value: z.number().optional().describe('By tree searches: what it is worth by all that was found below it.'),
});
export type TreeNode = z.infer<typeof treeNode>;

/** Where every tree begins. */
export const promptNode: TreeNode = { id: '0', parent: null, text: '', tokens: 0, state: 'open', scores: {} };

/** The nodes of a run, parents before their children. */
export const tree = z.array(treeNode);
export type Tree = z.infer<typeof tree>;
