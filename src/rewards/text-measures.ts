/** Numbers that are counted in a text: inputs of a graph that reads no text. */
import type { TextMeasure } from '../../schemas/rewards/tensor.ts';
import type { Prefix } from '../operation.ts';

type Counted = Pick<Prefix, 'text' | 'steps'>;

const MEASURES: Readonly<Record<TextMeasure, (candidate: Counted, prompt: string) => number>> = {
  characters: ({ text }) => text.length,
  words: ({ text }) => words(text),
  lines: ({ text }) => (text === '' ? 0 : text.split('\n').length),
  steps: ({ steps }) => steps.length,
  prompt_characters: (_, prompt) => prompt.length,
  prompt_words: (_, prompt) => words(prompt),
};

/** In the order asked for. Characters are UTF-16 units, words what stands between white space. */
export const measured = (measures: readonly TextMeasure[], candidate: Counted, prompt: string): number[] =>
  measures.map((measure) => MEASURES[measure](candidate, prompt));

const words = (text: string): number => text.split(/\s+/u).filter((word) => word !== '').length;
