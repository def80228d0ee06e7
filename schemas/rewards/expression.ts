/** A reward as an expression tree in JSON (methods B.14): interpreted, never compiled to code. */
import { z } from 'zod';

/** Of one argument, of two, of any number from one, and those with rules of their own. */
export const operations = [
  'add',
  'sub',
  'mul',
  'div',
  'min',
  'max',
  'abs',
  'neg',
  'pow',
  'sqrt',
  'log1p',
  'exp',
  'sigmoid',
  'tanh',
  'clamp',
  'lt',
  'le',
  'gt',
  'ge',
  'eq',
  'and',
  'or',
  'not',
  'if',
  'mean',
  'sum',
  'count',
  'len',
  'contains',
  'json',
] as const;
export type Operator = (typeof operations)[number];

/** One node: a number, a string, a variable, or an operation on nodes. */
export type ExpressionNode =
  | number
  | { readonly str: string }
  | { readonly var: string }
  | { readonly op: Operator; readonly args: readonly ExpressionNode[] };

/** The tree is read by `src/rewards/expression-tree.ts`, which bounds its depth before anything walks it. */
export const expressionNode = z.unknown().meta({
  description:
    'A number; {"str": "text"}; {"var": "name"}; or {"op": "add", "args": [...]}. At most 16 levels and 256 nodes (methods B.14).',
  anyOf: [
    { type: 'number' },
    { type: 'object', properties: { str: { type: 'string' } }, required: ['str'], additionalProperties: false },
    { type: 'object', properties: { var: { type: 'string' } }, required: ['var'], additionalProperties: false },
    {
      type: 'object',
      properties: { op: { enum: [...operations] }, args: { type: 'array' } },
      required: ['op', 'args'],
      additionalProperties: false,
    },
  ],
});

export const penaltyCap = z
  .number()
  .min(0)
  .max(1)
  .nullable()
  .describe(
    'What all negative terms together may take away at most, as a share of what the positive ones can give, so that nothing is gained by saying nothing (methods B.14). Null: no cap.',
  );

const variable = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'A variable has small letters, digits and _ only.');

/** Counts and texts of a candidate that an expression may name. */
export const counts = ['characters', 'words', 'sentences', 'lines', 'paragraphs', 'tokens'] as const;
export const texts = ['text', 'prompt', 'reference', 'answer'] as const;
const taken: ReadonlySet<string> = new Set([...counts, ...texts]);

export const expressionReward = z.strictObject({
  kind: z.literal('expression').describe('An arithmetic expression over other rewards and counts of the text.'),
  members: z
    .record(variable, z.string().min(1))
    .default({})
    .refine((members) => !Object.keys(members).some((name) => taken.has(name)), {
      error: `A member is not called ${[...taken].join(', ')}: these are of the candidate.`,
    })
    .describe('Rewards of this config by the name that the expression calls them.'),
  expression: expressionNode.optional().describe('Of requests that bring none.'),
  penalty_cap: penaltyCap.default(0.5),
});
export type ExpressionConfig = z.infer<typeof expressionReward>;
