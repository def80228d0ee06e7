import type { PromptReader } from './prompt.ts';

/** A prompt and a text as ids, joined, and where each step of the text ends: index of the token that its score is read at. */
export interface RewardInput {
  readonly ids: readonly number[];
  /** Of a pair: 1 for the tokens of the second text. */
  readonly types?: readonly number[];
  readonly stepEnds: readonly number[];
}

/** How a prompt and a text become one row. */
export interface RewardReading {
  /**
   * `continuation`: the prompt as a policy reads it, and the text behind it. `conversation`: the text as the assistant's turn
   * of the chat template. `pair`: two texts, as the tokenizer puts them together (a cross-encoder).
   */
  readonly input: 'continuation' | 'conversation' | 'pair';
  /** Ids put behind the text: an end token. */
  readonly append: readonly number[];
  /** Ids put behind each step; the last of them is where the step's score is read. Empty: the last token of the step. */
  readonly separator: readonly number[];
}

/** What reads texts for a reward: one number for the whole (outcome) or one at each step's end (process). */
export interface TextReader extends PromptReader {
  readonly kind: 'outcome' | 'process';
  /** Absent: a continuation, with nothing added. */
  readonly reading?: RewardReading;
}
