import type { StepRule } from '../../schemas/step.ts';
import type { Standing } from '../../src/answers/step-count.ts';
import { LONGEST_END, type StepEnd, stepEnd } from '../../src/answers/steps.ts';

const CONTEXT = 2; // characters before it that a match may look at: `^` and `\b` look at one, which may be two

/** Says when the open step of a growing text ends, across its pieces and the text before it. */
export class StepWatch {
  readonly #find: StepEnd;
  readonly #size: number | undefined;
  /** The last characters seen. */
  #seen: string;
  /** Where in them the open step begins, or from where what ends it may begin. */
  #from: number;
  #tokens: number;
  #length = 0;
  #hasText: boolean;

  /** @param before  the text that the new one follows */
  constructor(rule: StepRule, { text, openFrom, openTokens }: Standing) {
    this.#find = stepEnd(rule);
    this.#size = rule.tokens;
    this.#seen = text;
    this.#from = openFrom;
    this.#tokens = openTokens;
    this.#hasText = openFrom < text.length;
    this.#forget();
  }

  /**
   * Adds what a token reads as; `mark` is one that ends a step and reads as nothing.
   *
   * @returns how long the new text is where the step has ended, which may lie before this piece; null where it goes on
   */
  push(piece: string, mark = false): number | null {
    const before = this.#seen.length;
    this.#seen += piece;
    this.#tokens += 1;
    this.#hasText ||= piece !== '';
    const end = this.#find(this.#seen, this.#from, false);
    if (end !== null) return Math.max(0, this.#length + end - before);
    this.#length += piece.length;
    this.#forget();
    const full = this.#size !== undefined && this.#tokens % this.#size === 0;
    return this.#hasText && (mark || full) ? this.#length : null;
  }

  #forget(): void {
    const left = Math.max(0, this.#seen.length - LONGEST_END - CONTEXT);
    if (left === 0) return;
    this.#seen = this.#seen.slice(left);
    this.#from = Math.max(CONTEXT, this.#from - left);
  }
}
