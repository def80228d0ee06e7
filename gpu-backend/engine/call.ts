import type { CandidateLine } from '../../schemas/backend.ts';
import type { Sampling } from '../../schemas/sampling.ts';
import type { Detokenizer } from './detokenizer.ts';
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
  readonly step: { readonly delimiter: string; readonly max_tokens: number };
  readonly sampling: Sampling;
  /** Log-probabilities of sampled tokens, and of so many alternatives; absent: none. */
  readonly topLogprobs: number | undefined;
  readonly seed: number;
  /** On the clock of `performance.now()`: open candidates end then with finish `budget`. */
  readonly deadline: number;
  /** A caller that left: its sequences give their slots back within one step and are told nobody. */
  readonly signal: AbortSignal;
}

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

/** A generation under way. It owns the count of its open candidates and what was spent on them. */
export class Call {
  readonly generation: Generation;
  readonly usage: EngineUsage;
  readonly #emit: (ended: Ended) => void;
  /** Fulfilled when the last candidate has ended. */
  readonly finished: Promise<EngineUsage>;
  #finish!: (usage: EngineUsage) => void;
  #open: number;

  constructor(generation: Generation, emit: (ended: Ended) => void) {
    this.generation = generation;
    this.#emit = emit;
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.#open = generation.branches.reduce((sum, { count }) => sum + count, 0);
    this.usage = { prompt_tokens: generation.prompt.length, completion_tokens: 0, processed: 0, cached: 0, unique: 0 };
  }

  /** Books positions that the policy computed. */
  spend(positions: number): void {
    this.usage.processed += positions;
    // prefixes are read in the order of their tokens, each from what it shares with the one before (see `groupsOf`), so
    // no position of a call is computed twice
    this.usage.unique += positions;
  }

  end(sequence: Sequence, ended: Ended): void {
    this.usage.completion_tokens += sequence.tokens.length;
    if (!this.generation.signal.aborted) this.#emit(ended);
    this.#open--;
    if (this.#open === 0) this.#finish(this.usage);
  }
}

/** Sequences that go on from the same tokens: these are read once, and copied to the slot of each. */
export interface Group {
  readonly call: Call;
  /** Prompt and prefix. */
  readonly tokens: readonly number[];
  /** Not started yet, in order. */
  readonly sequences: Sequence[];
  readonly detokenizer: Detokenizer;
  /** Logits after the last token, once it has been read. */
  logits: Float32Array | null;
}
