import { z } from 'zod';
import { quoted, WinnowError } from '../../schemas/errors.ts';
import { argmax } from './argmax.ts';
import { borda } from './borda.ts';
import { confidence } from './confidence.ts';
import type { Asked, Needs, Rule, Select, SelectionContext } from './define.ts';
import { majorityVote } from './majority-vote.ts';
import { minimumBayesRisk } from './minimum-bayes-risk.ts';
import { softmax } from './softmax.ts';
import { tournament } from './tournament.ts';
import { universalConsistency } from './universal-consistency.ts';
import { weightedVote } from './weighted-vote.ts';

/** The only list of selection rules: requests, /v1/select, OpenAPI and the laws are made from it. */
export const rules: readonly Rule[] = [
  argmax,
  majorityVote,
  weightedVote,
  softmax,
  minimumBayesRisk,
  universalConsistency,
  tournament,
  borda,
  confidence,
];

const names = rules.map(({ name }) => name);
const ruleNamed = (name: string): Rule | undefined => rules.find((rule) => rule.name === name);
const unknownRule = (name: string): string => `No selection rule is named ${quoted(name)}. Rules: ${names.join(', ')}.`;

const [first, ...others] = rules.map((rule) => rule.options.extend({ rule: z.literal(rule.name) }));
const withOptions = z.discriminatedUnion('rule', [first!, ...others]);

/** A rule's name, or an object of that name as `rule` and its options; read as the object, with defaults filled in. */
export const ruleSchema = z
  .preprocess((given, context) => {
    const named = typeof given === 'string' ? { rule: given } : given;
    const rule = named !== null && typeof named === 'object' && 'rule' in named ? named.rule : undefined;
    if (typeof rule !== 'string' || ruleNamed(rule)) return named;
    const path = typeof given === 'string' ? [] : ['rule'];
    context.addIssue({ code: 'custom', params: { code: 'unsupported_value' }, path, message: unknownRule(rule) });
    return z.NEVER;
  }, withOptions)
  // A string is read as well, which the object's own schema cannot say.
  .meta({ oneOf: [{ type: 'string', enum: names }, ...(z.toJSONSchema(withOptions, { io: 'input' }).oneOf ?? [])] });

/** A rule whose options are set, ready to choose. */
export interface StartedRule {
  readonly name: string;
  readonly needs: Needs;
  /** The one score to use, where the request names it. */
  readonly reward: string | undefined;
  /** Alternatives that the log-probabilities of candidates must have; undefined where it needs none. */
  readonly topLogprobs: number | undefined;
  /** Contenders that it can compare. */
  readonly most: number;
  /** Throws what these options would fail with on such scores, so that it is known before anything is spent. */
  readonly check: (context: SelectionContext) => void;
  /** Whom it asks; undefined where nobody. */
  readonly asks: (context: SelectionContext) => Asked | undefined;
  readonly select: Select;
}

/** @throws WinnowError `unsupported_value`, or a ZodError where the options are not the rule's. */
export function startRule(name: string, options: unknown): StartedRule {
  const rule = ruleNamed(name);
  if (!rule) throw new WinnowError('unsupported_value', unknownRule(name), { param: 'selection' });
  const { options: read, ...started } = rule.start(options);
  return { name, reward: read.reward, ...started };
}
