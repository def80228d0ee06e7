import type { PromptReader } from '../../src/tokens/prompt.ts';

/** A prompt and a text as ids, joined, and where each step of the text ends: index of its last token. */
export interface RewardInput {
  readonly ids: readonly number[];
  readonly stepEnds: readonly number[];
}

/** A model that gives numbers to a text: one for the whole (outcome) or one at each step's end (process). */
export interface RewardModel extends PromptReader {
  readonly kind: 'outcome' | 'process';
  readonly name: string;
  readonly fingerprint: string;
  /** Raw numbers of each row, in order: one for an outcome model, one a step for a process model. They may be NaN. */
  read(rows: readonly RewardInput[]): Promise<number[][]>;
  release(): void;
}

/** What both kinds are made from. */
export interface RewardParts extends PromptReader {
  readonly name: string;
  readonly fingerprint: string;
}
