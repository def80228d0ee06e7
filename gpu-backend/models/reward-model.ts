import type { PromptReader } from '../../src/tokens/prompt.ts';
import type { RewardInput, RewardReading } from '../../src/tokens/reward-row.ts';

/** Whatever gives numbers to a row of ids. */
export interface TextModel extends PromptReader {
  readonly kind: 'outcome' | 'process' | 'embedding';
  readonly name: string;
  readonly fingerprint: string;
  /** Raw numbers of each row, in order. They may be NaN. */
  read(rows: readonly RewardInput[]): Promise<number[][]>;
  release(): void;
}

/** A model that gives numbers to a text: one for the whole (outcome) or one at each step's end (process). */
export interface RewardModel extends TextModel {
  readonly kind: 'outcome' | 'process';
  /** Absent: a continuation, with nothing added. */
  readonly reading?: RewardReading;
}

/** What both kinds are made from. */
export interface RewardParts extends PromptReader {
  readonly name: string;
  readonly fingerprint: string;
  readonly reading: RewardReading;
}
