import type { CandidateLine } from '../../schemas/backend.ts';
import type { TokenLogprob } from '../../schemas/candidate.ts';
import type { Sampling } from '../../schemas/sampling.ts';
import type { StepRule } from '../../schemas/step.ts';
import type { KnownSteps } from '../../src/answers/step-count.ts';
import type { Group } from './group.ts';
import type { Sequence } from './sequence.ts';

/** One continuation point of a call, as ids. */
export interface Branch {
  readonly id: string;
  /** Text after the prompt that is continued, and its ids. */
  readonly text: string;
  readonly tokens: readonly number[];
  readonly count: number;
  readonly firstChild: number;
  readonly maxTokens: number;
  /** How the text divides into steps; found in it where absent. */
  readonly steps?: KnownSteps | undefined;
  /** Continues the candidate of this id instead of starting children of it. */
  readonly resume: boolean;
}

/** Paths of the candidates that a branch writes, in order. */
export const candidateIds = ({ id, count, firstChild, resume }: Branch): string[] =>
  resume ? [id] : Array.from({ length: count }, (_, child) => `${id}.${firstChild + child}`);

/** What a caller asks of the engine. */
export interface Generation {
  readonly prompt: readonly number[];
  readonly branches: readonly Branch[];
  readonly until: 'step' | 'end';
  readonly step: StepRule & { readonly max_tokens: number };
  /** Tokens that end a step and read as nothing; absent is none. */
  readonly markTokens?: ReadonlySet<number> | undefined;
  readonly sampling: Sampling;
  /** Log-probabilities of sampled tokens, and of so many alternatives; absent: none. */
  readonly topLogprobs: number | undefined;
  readonly seed: number;
  /** On the clock of `performance.now()`: open candidates end then with finish `budget`. */
  readonly deadline: number;
  /** A caller that left: its sequences give their rows back within one step and are told nobody. */
  readonly signal: AbortSignal;
  /** Lower goes first; 0 where absent. */
  readonly priority?: number | undefined;
  /** End tokens are tokens like others: for measurements of a given length. */
  readonly ignoreEnd?: boolean | undefined;
  /** Told of each token as it is written. */
  readonly onPiece?: ((id: string, piece: Piece) => void) | undefined;
}

/** One token as it is written. */
export interface Piece {
  /** What can be read since the last one: none while a character, or what may be a stop string, is incomplete. */
  readonly text: string;
  readonly token: number;
  readonly logprob?: TokenLogprob | undefined;
}

/** Of a group. */
export const waitingOf = ({ sequences, measurement, reading }: Group): number => (measurement && !reading ? 1 : sequences.length);

/** How a candidate ended: its line, or why there is none. */
export type Ended =
  | { readonly ok: true; readonly line: CandidateLine }
  | { readonly ok: false; readonly id: string; readonly message: string };

export interface EngineUsage {
  prompt_tokens: number;
  completion_tokens: number;
  processed: number;
  cached: number;
  unique: number;
}

/** A generation under way. It owns its queue, the count of its open candidates and what was spent on them. */
export class Call {
  readonly generation: Generation;
  readonly usage: EngineUsage;
  /** On the clock of `performance.now()`. */
  readonly came = performance.now();
  /** What waits for a row, in the order of its tokens; the first may be being read. */
  readonly groups: Group[] = [];
  /** Rows that its sequences and what it reads hold. */
  rows = 0;
  readonly #emit: (ended: Ended) => void;
  /** Fulfilled when the last candidate has ended. */
  readonly finished: Promise<EngineUsage>;
  #finish!: (usage: EngineUsage) => void;
  #open: number;

  /** @param open  candidates, or texts to be measured, that it waits for */
  constructor(generation: Generation, open: number, emit: (ended: Ended) => void) {
    this.generation = generation;
    this.#emit = emit;
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.#open = open;
    this.usage = { prompt_tokens: generation.prompt.length, completion_tokens: 0, processed: 0, cached: 0, unique: 0 };
  }

  get priority(): number {
    return this.generation.priority ?? 0;
  }

  /** Candidates, or texts to be measured, that have no row yet. */
  get waiting(): number {
    return this.groups.reduce((sum, group) => sum + waitingOf(group), 0);
  }

  /** Books positions that the policy computed; `again` of them had been computed for this call before. */
  spend(positions: number, again = 0): void {
    this.usage.processed += positions;
    this.usage.unique += positions - again;
  }

  /** Books positions that an earlier request left. */
  reuse(positions: number): void {
    this.usage.cached += positions;
    this.usage.unique += positions;
  }

  end(sequence: Sequence, ended: Ended): void {
    this.usage.completion_tokens += sequence.tokens.length;
    if (!this.generation.signal.aborted) this.#emit(ended);
    this.endOne();
  }

  /** One of those that it waits for has ended. */
  endOne(): void {
    this.#open--;
    if (this.#open === 0) this.#finish(this.usage);
  }
}
