/** How a text divides into steps: by a delimiter, a pattern, or the marks of its model. Tokens divide no text by itself. */
import { type StepRule, textsOf } from '../../schemas/step.ts';
import { Pattern, patternProblem, StepCap, TooManySteps } from './re2.ts';

/**
 * Where the open step of a text ends, which begins at `from`: a place behind it, or null where it goes on. A text that is
 * not `over` may go on, and with it a match that reaches to its end.
 */
export type StepEnd = (text: string, from: number, over: boolean) => number | null;

const MOST_INSTRUCTIONS = 200; // a pattern is looked for after every token of every candidate
const MOST_UNITS = 4_000_000; // of one text: what is left of it then is one step

/** How the steps of a rule are found in a text. */
export function stepEnd(rule: StepRule): StepEnd {
  if (rule.pattern !== undefined) return endByPattern(rule.pattern);
  const texts = textsOf(rule);
  return (text, from) => {
    const ends = texts.flatMap((mark) => {
      const start = text.indexOf(mark, from);
      return start < 0 ? [] : [start + mark.length];
    });
    return ends.length === 0 ? null : Math.min(...ends);
  };
}

/** The places at which steps of a whole text end; what stands behind the last one is an open step. */
export const stepEndsOf = (text: string, rule: StepRule): number[] => endsIn(text, stepEnd(rule));

function endsIn(text: string, find: StepEnd): number[] {
  const ends: number[] = [];
  for (let end = find(text, 0, true); end !== null; end = find(text, end, true)) ends.push(end);
  return ends;
}

/**
 * The steps of a text, each with what ends it: joined they are the text. No step of an empty text, and one of a text whose
 * steps are counted in tokens: where those end it does not tell.
 */
export const splitSteps = (text: string, rule: StepRule): string[] => splitter(rule)(text);

/** The same for many texts. */
export function splitter(rule: StepRule): (text: string) => string[] {
  const find = stepEnd(rule);
  return (text) => cutAt(text, [...endsIn(text, find), text.length]);
}

/** The parts of a text up to each of these places. */
export const cutAt = (text: string, ends: readonly number[]): string[] =>
  ends.map((end, place) => text.slice(ends[place - 1] ?? 0, end)).filter((part) => part !== '');

/** Characters of a growing text that may belong to what ends its open step: one that is longer ends none while it is written. */
export const LONGEST_END = 256;

/** What is wrong with the pattern of a rule, as a sentence; null where it has none, or it may be used. */
export const stepPatternProblem = ({ pattern }: StepRule): string | null =>
  pattern === undefined ? null : patternProblem(pattern, endsNoStep);

/** Why it would end no steps well, though it compiles. */
function endsNoStep(pattern: Pattern): string | null {
  if (pattern.size > MOST_INSTRUCTIONS)
    return `It compiles to ${pattern.size} instructions, and one that ends steps may have ${MOST_INSTRUCTIONS}. Repeat less.`;
  if (pattern.test('', new StepCap(MOST_UNITS))) return 'It matches the empty string, which would end a step everywhere.';
  return null;
}

function endByPattern(source: string): StepEnd {
  const pattern = new Pattern(source);
  let last: { text: string; cap: StepCap } = { text: '', cap: new StepCap(MOST_UNITS) };
  return (text, from, over) => {
    if (last.text !== text) last = { text, cap: new StepCap(MOST_UNITS) };
    try {
      for (const { start, end } of pattern.matches(text, last.cap, from))
        if (end > start) return end < text.length || over ? end : null;
    } catch (error) {
      if (!(error instanceof TooManySteps)) throw error;
    }
    return null;
  };
}
