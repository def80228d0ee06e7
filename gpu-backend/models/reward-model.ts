import type { PromptReader } from '../../src/tokens/prompt.ts';
import type { RewardInput, RewardReading } from '../../src/tokens/reward-row.ts';
import type { CacheShape } from './language-model.ts';

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
  /** How it goes on from a text's beginning; null or absent where it reads each text from its first token. */
  readonly past?: PastReading | null;
}

/** A reward whose graph reads new tokens on top of the keys and values of those before them, which somebody else keeps. */
export interface PastReading extends Pick<RewardModel, 'read'> {
  /** What a position takes in each cache. */
  readonly caches: readonly CacheShape[];
  /** Rows that one run takes on a past. */
  readonly rows: number;
  /** Reads what comes behind a past, with `stepEnds` counted from there. */
  readAfter(past: Positions, rows: readonly RewardInput[]): Promise<ReadAfter>;
}

/** Positions of some rows, as many in each: one array a cache, [rows, heads, length, bytes]. */
export interface Positions {
  readonly length: number;
  readonly arrays: readonly Uint8Array[];
}
export interface ReadAfter {
  /** One for each step's end of each row. */
  readonly values: number[][];
  /** Of the tokens that were read; behind those of a shorter row lies what nobody may use. */
  readonly added: Positions;
}

/** What both kinds are made from. */
export interface RewardParts extends PromptReader {
  readonly name: string;
  readonly fingerprint: string;
  readonly reading: RewardReading;
}
