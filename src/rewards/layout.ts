import type { Prompt } from '../../schemas/backend.ts';
import type { Layout } from '../../schemas/rewards/reference.ts';

/** The layouts that have a name (methods B.12). */
const LAYOUTS: Readonly<Record<'polar' | 'verifier', Layout>> = {
  // its end token is the model's own to put behind: append_eos in its config.json
  polar: {
    context: '{prompt}\n{reference}<|reward|>{prompt}\n',
    candidate: '{candidate}',
    as: 'text',
    marks: ['<|reward|>'],
  },
  verifier: {
    context: 'Question: {prompt}\nReference answer: {reference}\n',
    candidate: 'Candidate answer: {candidate}',
    as: 'text',
    marks: [],
  },
};

export interface Parts {
  readonly prompt: string;
  readonly reference: string;
}

/** A layout at work. */
export interface LaidOut {
  /** What stands before the candidate. */
  readonly prompt: Prompt;
  /** The text that is scored; null where it holds a mark of the layout. */
  readonly textOf: (candidate: string) => string | null;
}

/** Prompt and right answer put in their places; null where one of them holds a mark of the layout. */
export function layOut(given: Layout | 'polar' | 'verifier', parts: Parts): LaidOut | null {
  const { context, candidate: around, as, marks } = typeof given === 'string' ? LAYOUTS[given] : given;
  const marked = (text: string) => marks.some((mark) => text.includes(mark));
  if (marked(parts.prompt) || marked(parts.reference)) return null;
  const text = filled(context, { ...parts });
  return {
    prompt: as === 'text' ? { text } : { messages: [{ role: 'user', content: text }] },
    textOf: (candidate) => (marked(candidate) ? null : filled(around, { candidate })),
  };
}

/** In one pass, so that a name in braces within a text is left as it is. */
const filled = (template: string, values: Readonly<Record<string, string>>): string =>
  template.replaceAll(/\{(prompt|reference|candidate)\}/g, (whole, name: string) => values[name] ?? whole);
