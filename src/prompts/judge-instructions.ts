/** How a judge is told to answer: said before the texts and again after them, and once more where its verdict cannot be read. */

export type VerdictFormat = 'tag' | 'json';

/** What to do first, and the form of the verdict. */
export interface Instruction {
  /** What comes before the verdict. */
  readonly first: string;
  /** The same in a sentence, for after the texts. */
  readonly again: string;
  /** The verdict alone; it begins in lower case, so that it can follow "End with". */
  readonly form: string;
  /** How a verdict of that form begins. */
  readonly begun: string;
  /** How it ends. */
  readonly ended: string;
}

// The form is told without an example of a verdict: a small judge repeats the example.
const TAG = '<answer>';
const END = '</answer>';
const IN_TAG = 'between <answer> and </answer>';

const SAY_WHY = 'Say in a few sentences what is right and what is wrong.';
const sayWhy = { first: SAY_WHY, again: SAY_WHY };

/** RM-R1: reasoning is judged by solving it, everything else by a rubric of the judge's own. */
const chainOfRubrics = (what: string) => ({
  again: 'Say what kind of task it is, then solve it or write a rubric, as was said before the texts.',
  first: [
    'First decide what kind of task it is.',
    'If it is about mathematics, code, logic or facts that can be derived, write <type>Reasoning</type>, solve the task yourself inside <solution> and </solution>, and compare your solution with',
    `${what}.`,
    'Else write <type>Chat</type>, then inside <rubric> and </rubric> the items that matter for this task with their weights in percent and why they matter inside <justify> and </justify>, and weigh',
    `${what} by each item inside <eval> and </eval>.`,
  ].join(' '),
});

export const scoreInstruction = (format: VerdictFormat, least: number, most: number, chain: boolean): Instruction => ({
  ...(chain ? chainOfRubrics('the answer') : sayWhy),
  form: `your score, a whole number from ${least} (worst) to ${most} (best), ${format === 'json' ? 'as the member "score" of one JSON object' : IN_TAG}`,
  begun: format === 'json' ? '{"score": ' : TAG,
  ended: format === 'json' ? '}' : END,
});

export const yesNoInstruction = (format: VerdictFormat): Instruction => ({
  ...sayWhy,
  form:
    format === 'json'
      ? '{"verdict": "yes"} if the answer is right and does what the task asks, or {"verdict": "no"} if not'
      : '<answer>yes</answer> if the answer is right and does what the task asks, or <answer>no</answer> if not',
  begun: format === 'json' ? '{"verdict": "' : TAG,
  ended: format === 'json' ? '}' : END,
});

export interface RubricToRead {
  readonly items: readonly { readonly name: string; readonly description: string }[];
  readonly least: number;
  readonly most: number;
  /** Whether an item may be left out. */
  readonly notApplicable: boolean;
}

export function rubricInstruction(format: VerdictFormat, { items, least, most, notApplicable }: RubricToRead): Instruction {
  const list = items.map(
    ({ name, description }, place) => `${place + 1}. ${name}${description === '' ? '' : `: ${description}`}`,
  );
  const left = notApplicable ? `, or ${format === 'json' ? 'null' : 'n/a'} where an item does not apply to this task` : '';
  const number = `a whole number from ${least} (worst) to ${most} (best)${left}`;
  const tags = items.map((_, place) => `<item_${place + 1}></item_${place + 1}>`).join(' ');
  return {
    first: `Score the answer by each of these items alone:\n${list.join('\n')}\n${SAY_WHY}`,
    again: `Score the answer by each of the ${items.length} items above. ${SAY_WHY}`,
    form:
      format === 'json'
        ? `one JSON object with the member "scores", a list of ${items.length} scores in the order of the items, each ${number}`
        : `one score for each item inside its tag, ${tags}, each ${number}`,
    begun: format === 'json' ? '{"scores": [' : '<item_1>',
    ended: format === 'json' ? '}' : `</item_${items.length}>`,
  };
}

export function pairInstruction(format: VerdictFormat, tie: boolean, chain: boolean): Instruction {
  const written = (label: string): string => (format === 'json' ? `{"verdict": "${label}"}` : `<answer>[[${label}]]</answer>`);
  return {
    ...(chain ? chainOfRubrics('both candidates') : sayWhy),
    form: `${written('A')} if candidate A is better, ${tie ? '' : 'or '}${written('B')} if candidate B is${tie ? `, or ${written('tie')} if they are equally good` : ''}`,
    begun: format === 'json' ? '{"verdict": "' : TAG,
    ended: format === 'json' ? '}' : END,
  };
}

/** Think-RM's scale: what is negative favours the first. */
export const strengthInstruction = (format: VerdictFormat): Instruction => ({
  ...sayWhy,
  form: `a number ${format === 'json' ? 'as the member "strength" of one JSON object' : IN_TAG}: -3 (A is far better), -2 (A is better), -1 (A is slightly better), 1 (B is slightly better), 2 (B is better) or 3 (B is far better)`,
  begun: format === 'json' ? '{"strength": ' : TAG,
  ended: format === 'json' ? '}' : END,
});

/** Of a single token: the whole answer. */
export const tokenQuestion = (tokens: readonly string[], about: string): string =>
  `${about} Answer with one of these alone, without reasons: ${tokens.join(', ')}.`;

/** Reasons without a verdict, before a single token is asked for. */
export const REASONS_ONLY: Instruction = {
  first: SAY_WHY,
  again: SAY_WHY,
  form: 'what weighs most; give no score yet',
  begun: '',
  ended: '',
};
