/** What ends a step: the config says it of a policy, a request may say it anew, and a backend is told it. */
import { z } from 'zod';

const ruleMembers = {
  delimiter: z.string().min(1).max(64).optional().describe('Text that ends a step (methods C.0).'),
  pattern: z
    .string()
    .min(1)
    .max(500)
    .optional()
    .describe('RE2, of at most 200 instructions: a step ends where a match ends that is not empty (methods C.0).'),
  tokens: z
    .int()
    .min(1)
    .max(4096)
    .optional()
    .describe('Each step has so many tokens (methods C.0); `max_tokens` and `typical_tokens` then have nothing to say.'),
  marks: z
    .array(z.string().min(1).max(64))
    .min(1)
    .max(16)
    .optional()
    .describe('Texts or special tokens that the model itself divides its answers by: a step ends after each (methods C.0).'),
};
const rules = ['delimiter', 'pattern', 'tokens', 'marks'] as const;

/** How a text divides into steps: exactly one of the four. */
export interface StepRule {
  readonly delimiter?: string | undefined;
  readonly pattern?: string | undefined;
  readonly tokens?: number | undefined;
  readonly marks?: string[] | undefined;
}

const maxTokens = z.int().min(1).max(4096).describe('Tokens of one step at most (methods C.0).');
const typicalTokens = z.int().min(1).describe('Measured; default a quarter of what a step may have (api.md 4).');

type Given = StepRule & { readonly max_tokens?: number | undefined; readonly typical_tokens?: number | undefined };

/** What cannot stand together in one `step`: the member that is too much, and why. */
function clashOf(given: Given): { member: string; message: string } | undefined {
  const [first, second] = rules.filter((rule) => given[rule] !== undefined);
  if (first !== undefined && second !== undefined)
    return { member: second, message: `A step ends by one rule, and ${first} was given too. Give one of: ${rules.join(', ')}.` };
  if (given.tokens === undefined) return undefined;
  const member = (['max_tokens', 'typical_tokens'] as const).find((limit) => given[limit] !== undefined);
  if (member === undefined) return undefined;
  return { member, message: `Each step has ${given.tokens} tokens, as step.tokens says. Leave one of the two out.` };
}

/** `step` of a request, and of a policy in the config. */
export const stepRequest = z
  .strictObject({ ...ruleMembers, max_tokens: maxTokens.optional(), typical_tokens: typicalTokens.optional() })
  .check(({ value, issues }) => {
    const clash = clashOf(value);
    if (clash) issues.push({ code: 'custom', input: value, path: [clash.member], message: clash.message });
  });
export type StepRequest = z.infer<typeof stepRequest>;

/** Steps as they are in force: one rule, and its limits. */
export interface StepConfig extends StepRule {
  readonly max_tokens: number;
  readonly typical_tokens?: number | undefined;
}

const MOST_TOKENS = 256; // of a step, where nobody says

export const ruleGiven = (given: StepRule): StepRule | undefined => {
  const rule = rules.find((one) => given[one] !== undefined);
  return rule === undefined ? undefined : { [rule]: given[rule] };
};

/** A step's rule with its limits; of a rule by tokens they are its tokens. */
export function withLimits(rule: StepRule, limits: Pick<Given, 'max_tokens' | 'typical_tokens'>): StepConfig {
  if (rule.tokens !== undefined) return { ...rule, max_tokens: rule.tokens, typical_tokens: rule.tokens };
  const { max_tokens = MOST_TOKENS, typical_tokens } = limits;
  return { ...rule, max_tokens, ...(typical_tokens === undefined ? {} : { typical_tokens }) };
}

export const stepConfig = stepRequest.transform((given) => withLimits(ruleGiven(given) ?? { delimiter: '\n\n' }, given));

/** Texts that end a step; none where a pattern or a number of tokens does. */
export const textsOf = ({ delimiter, marks }: StepRule): readonly string[] =>
  marks ?? (delimiter === undefined ? [] : [delimiter]);

const oneRule = (step: StepRule): boolean => rules.filter((rule) => step[rule] !== undefined).length === 1;
const ONE_RULE = `Give one of: ${rules.join(', ')}.`;

/** `step` as a backend is told it. */
export const backendStep = z.strictObject({ ...ruleMembers, max_tokens: z.int().min(1) }).refine(oneRule, ONE_RULE);

/** `step` of a policy as it is in force. */
export const fullStep = z
  .strictObject({ ...ruleMembers, max_tokens: z.int().min(1), typical_tokens: z.int().min(1).optional() })
  .refine(oneRule, ONE_RULE);
