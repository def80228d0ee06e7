import type { AnswerConfig } from '../../../schemas/config.ts';
import type { counts } from '../../../schemas/rewards/expression.ts';
import { extract } from '../../answers/extract.ts';
import { type Extraction, failed } from '../../answers/extraction.ts';
import type { Prefix } from '../../operation.ts';
import type { Meter } from './meter.ts';
import { Undecided } from './verdict.ts';
import { linesOf, paragraphsOf, sentencesOf, wordsOf } from './words.ts';

/** Longer candidates are not read: every check of them is undecided. */
export const MAX_TEXT = 1_048_576;

/** How much of each a text has. */
export const COUNTS: Readonly<Record<(typeof counts)[number], (text: CheckedText) => number>> = {
  characters: ({ characters }) => characters,
  words: ({ words }) => words.length,
  sentences: ({ sentences }) => sentences.length,
  lines: ({ lines }) => lines.length,
  paragraphs: ({ paragraphs }) => paragraphs.length,
  tokens: ({ tokens }) => tokens,
};

interface About {
  readonly prompt: string;
  readonly answer: AnswerConfig | null;
  readonly references: readonly string[];
}

/** A candidate as checks see it. What is counted is counted once, whichever checks ask; each asking is paid for. */
export class CheckedText {
  readonly text: string;
  readonly prompt: string;
  readonly references: readonly string[];
  readonly meter: Meter;
  readonly #candidate: Prefix;
  readonly #answer: AnswerConfig | null;
  readonly #known = new Map<string, unknown>();

  constructor(candidate: Prefix, { prompt, answer, references }: About, meter: Meter) {
    this.text = candidate.text;
    this.prompt = prompt;
    this.references = references;
    this.meter = meter;
    this.#candidate = candidate;
    this.#answer = answer;
  }

  get words(): readonly string[] {
    return this.once('words', () => wordsOf(this.text));
  }
  get sentences(): readonly string[] {
    return this.once('sentences', () => sentencesOf(this.text));
  }
  get lines(): readonly string[] {
    return this.once('lines', () => linesOf(this.text));
  }
  get paragraphs(): readonly string[] {
    return this.once('paragraphs', () => paragraphsOf(this.text));
  }

  /** Unicode code points. */
  get characters(): number {
    return this.once('characters', () => {
      let characters = 0;
      for (const _ of this.text) characters++;
      return characters;
    });
  }

  /** @throws Undecided where nobody counted them: the text was brought by the caller */
  get tokens(): number {
    const { tokenCount } = this.#candidate;
    if (tokenCount === 0 && this.text !== '') throw new Undecided('its tokens are not known');
    return tokenCount;
  }

  /** The answer as the policy reads it. @throws Undecided where the policy reads none */
  get answer(): Extraction {
    const config = this.#answer;
    if (config === null) throw new Undecided('the policy reads no answer');
    return this.once('answer', () => (this.text === '' ? failed('empty') : extract(this.text, 'stop', config)));
  }
  /** What kind of answer the policy reads; null where it reads none. */
  get answerType(): AnswerConfig['type'] | null {
    return this.#answer?.type ?? null;
  }

  /** Something that costs a few readings of the text, and little when it is asked for again. */
  once<T>(name: string, make: () => T): T {
    const known = this.#known.has(name);
    this.meter.spend(1 + this.text.length / (known ? 64 : 4));
    if (!known) this.#known.set(name, make());
    return this.#known.get(name) as T; // of the same name is of the same kind
  }
}
