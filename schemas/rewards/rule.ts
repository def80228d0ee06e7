/** Checks of a text that need no model (methods B.5): an entry of the config, or what a request asks of its candidates. */
import { z } from 'zod';
import { checkOptions } from '../check.ts';

const every = {
  name: z.string().min(1).max(64).optional().describe('What it is called in `detail`; the kind of check where absent.'),
  weight: z.number().positive().max(1000).optional().describe('Its part in the share of checks passed; 1 where absent.'),
};
const count = z.int().min(0).max(1_000_000);
const bounds = { min: count.optional().describe('At least so many.'), max: count.optional().describe('At most so many.') };
const phrase = z.string().min(1).max(1000);
const phrases = z.array(phrase).min(1).max(64);
const caseSensitive = z.boolean().default(false).describe('Whether `A` is another letter than `a`.');

const cel = z.strictObject({
  check: z.literal('cel'),
  ...every,
  expression: z
    .string()
    .min(1)
    .max(4096)
    .describe(
      'True where the candidate passes. Common Expression Language over text, prompt, words, sentences, lines, paragraphs, tokens, answer, reference, references and json.',
    ),
});

const regex = z.strictObject({
  check: z.literal('regex'),
  ...every,
  pattern: z.string().min(1).max(1000).describe('RE2: no look-around, no back-reference.'),
  mode: z
    .enum(['match', 'full_match', 'none'])
    .default('match')
    .describe('It stands somewhere, it is the whole text, or it stands nowhere.'),
  ...bounds,
  case_insensitive: z.boolean().default(false).describe('As (?i).'),
  multiline: z.boolean().default(false).describe('^ and $ at the ends of lines too, as (?m).'),
  dot_all: z.boolean().default(false).describe('A dot is a line break too, as (?s).'),
});

const jsonSchema = z.strictObject({
  check: z.literal('json_schema'),
  ...every,
  schema: z
    .union([z.boolean(), z.record(z.string(), z.unknown())])
    .describe('JSON Schema, draft 2020-12. Patterns are RE2; references stay inside it.'),
  document: z
    .enum(['whole', 'last'])
    .default('whole')
    .describe('What is checked: the whole text, a code fence around it left out, or the last object or array in it.'),
});

const length = z.strictObject({
  check: z.literal('length'),
  ...every,
  unit: z
    .enum(['characters', 'words', 'sentences', 'paragraphs', 'lines', 'tokens'])
    .describe('`tokens` are those the policy wrote; the other units are counted in the text.'),
  ...bounds,
  about: count.optional().describe('Near so many.'),
  tolerance: z.number().min(0).max(1).default(0.1).describe('How far from `about`, as a share of it.'),
  separator: z
    .string()
    .min(1)
    .max(32)
    .optional()
    .describe('Between paragraphs, on a line of its own; a blank line where absent.'),
});

const frequency = z.strictObject({ keyword: phrase, ...bounds });
const keywords = z.strictObject({
  check: z.literal('keywords'),
  ...every,
  include: phrases.optional().describe('Each of them occurs.'),
  exclude: phrases.optional().describe('None of them occurs.'),
  frequency: z.array(frequency).min(1).max(64).optional().describe('How often each occurs.'),
  whole_words: z.boolean().default(true).describe('Whether `art` is not found in `start`. False to count letters.'),
  case_sensitive: caseSensitive,
});

const contains = z.strictObject({
  check: z.literal('contains'),
  ...every,
  all: phrases.optional().describe('Each of these strings stands in the text.'),
  any: phrases.optional().describe('One of them does, at least.'),
  none: phrases.optional().describe('None of them does.'),
  case_sensitive: caseSensitive,
});

const ofForm = { check: z.literal('format'), ...every };
const counted = { ...ofForm, ...bounds };
const format = z.discriminatedUnion('form', [
  z.strictObject({ ...ofForm, form: z.literal('json').describe('All of it is JSON, a code fence around it left out.') }),
  z.strictObject({ ...counted, form: z.literal('bullet_list').describe('Lines that begin with -, *, + or a bullet.') }),
  z.strictObject({ ...counted, form: z.literal('numbered_list').describe('Lines that begin with a number and . or ).') }),
  z.strictObject({
    ...ofForm,
    form: z.literal('title').describe('A title.'),
    style: z.enum(['angle', 'heading', 'any']).default('any').describe('<<title>>, or a line that begins with #.'),
  }),
  z.strictObject({
    ...counted,
    form: z.literal('sections').describe('Parts that begin with the marker and a number.'),
    marker: z.string().min(1).max(64).default('Section').describe('Of either case.'),
  }),
  z.strictObject({ ...counted, form: z.literal('highlighted').describe('Parts between * or **.') }),
  z.strictObject({ ...ofForm, form: z.literal('no_commas').describe('No comma anywhere.') }),
  z.strictObject({ ...ofForm, form: z.literal('quoted').describe('All of it stands between double quotation marks.') }),
  z.strictObject({
    ...ofForm,
    form: z.literal('postscript').describe('A line that begins with the marker, and says something.'),
    marker: z.string().min(1).max(64).default('P.S.').describe('Of either case.'),
  }),
  z.strictObject({ ...counted, form: z.literal('placeholders').describe('Parts in square brackets, as [name].') }),
  z.strictObject({
    ...ofForm,
    form: z.literal('two_responses').describe('Two different parts, the separator between them.'),
    separator: z.string().min(1).max(32).default('******'),
  }),
  z.strictObject({
    ...ofForm,
    form: z.literal('paragraph_start').describe('The first word of one paragraph.'),
    paragraph: z.int().min(1).max(1000).default(1).describe('Its number, from 1.'),
    word: z.string().min(1).max(64).describe('Of either case.'),
  }),
]);

const letterCase = z.discriminatedUnion('form', [
  z.strictObject({ check: z.literal('case'), ...every, form: z.literal('lower').describe('No capital letter.') }),
  z.strictObject({ check: z.literal('case'), ...every, form: z.literal('upper').describe('Capital letters only.') }),
  z.strictObject({
    check: z.literal('case'),
    ...every,
    form: z.literal('title').describe('The first word and every word of four letters or more begin with a capital.'),
  }),
  z.strictObject({
    check: z.literal('case'),
    ...every,
    form: z.literal('capital_words').describe('How many words of two letters or more are all capitals.'),
    ...bounds,
  }),
]);

/** ISO 639-1, of the languages that the detector knows. */
export const detected = z.enum([
  'ar',
  'bn',
  'de',
  'el',
  'en',
  'es',
  'fi',
  'fr',
  'he',
  'hi',
  'hu',
  'it',
  'ja',
  'ko',
  'nl',
  'no',
  'pl',
  'pt',
  'ro',
  'ru',
  'sv',
  'th',
  'tr',
  'zh',
]);
const language = z.strictObject({
  check: z.literal('language'),
  ...every,
  is: detected.describe('ISO 639-1. A text of less than 20 letters is undecided.'),
});

const affix = {
  ...every,
  text: phrase.optional().describe('What stands there; white space around the candidate is left out.'),
  case_sensitive: caseSensitive,
};
const startsWith = z.strictObject({
  check: z.literal('starts_with'),
  ...affix,
  prompt: z.literal(true).optional().describe('In place of `text`: the prompt, repeated word for word.'),
});
const endsWith = z.strictObject({ check: z.literal('ends_with'), ...affix });

const share = z.number().min(0).max(1);
const repetition = z.strictObject({
  check: z.literal('repetition'),
  ...every,
  n: z.int().min(1).max(16).default(3).describe('Words in a row that are compared.'),
  max_repeated: share.optional().describe('rep-n at most: 1 - distinct-n.'),
  min_distinct: share.optional().describe('distinct-n at least: different n-grams as a share of all.'),
});

const match = z.strictObject({
  check: z.literal('match'),
  ...every,
  mode: z
    .enum(['exact', 'text', 'numeric', 'set', 'choice'])
    .default('exact')
    .describe(
      "How the candidate's answer is held against each `reference` of the request: letter by letter, as text, as a number, as a set in any order, as a letter.",
    ),
  of: z
    .enum(['answer', 'text'])
    .optional()
    .describe('What is compared: the answer as the policy reads it, or all of the text. `text` where the policy reads none.'),
  options: checkOptions.omit({ type: true, lists: true }).optional().describe('Tolerances, units, percentages, choices.'),
});

const number = z.number();
const numericRange = z.strictObject({
  check: z.literal('numeric_range'),
  ...every,
  min: number.optional().describe('Not below.'),
  max: number.optional().describe('Not above.'),
  of: z
    .enum(['last_number', 'answer'])
    .default('last_number')
    .describe('The last number of the text, or the answer as the policy reads it.'),
});

const answerEquals = z.strictObject({
  check: z.literal('answer_equals'),
  ...every,
  value: z.string().min(1).max(2000).describe('What the answer is; the way the policy reads answers decides how it is compared.'),
  options: checkOptions.optional(),
});

export const ruleCheck = z.discriminatedUnion('check', [
  cel,
  regex,
  jsonSchema,
  length,
  keywords,
  contains,
  format,
  letterCase,
  language,
  startsWith,
  endsWith,
  repetition,
  match,
  numericRange,
  answerEquals,
]);
export type RuleCheck = z.output<typeof ruleCheck>;
/** The check of one name. */
export type CheckOf<Name extends RuleCheck['check']> = Extract<RuleCheck, { check: Name }>;

export const ruleChecks = z.array(ruleCheck).max(32);
export const requirement = z
  .enum(['share', 'all'])
  .describe('`share`: the weighted share of checks that pass. `all`: 1 where every one passes, else 0.');

/** Checks without a model (methods B.5). */
export const rule = z.strictObject({
  kind: z.literal('rule').describe('Checks of the text: no model is asked.'),
  checks: ruleChecks.default([]).describe('Of every request; `checks` of a request come after them.'),
  require: requirement.default('share'),
});
export type RuleConfig = z.infer<typeof rule>;
