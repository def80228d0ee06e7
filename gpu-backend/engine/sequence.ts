import type { CandidateLine } from '../../schemas/backend.ts';
import type { Finish, TokenLogprob } from '../../schemas/candidate.ts';
import { countSteps, type Standing, standing, tokensUpTo } from '../../src/answers/step-count.ts';
import { certainLength, wholeLength } from '../../src/answers/stop-strings.ts';
import { mulberry32, subSeed } from '../../src/random.ts';
import type { Detokenizer } from '../../src/tokens/detokenizer.ts';
import type { Branch, Call } from './call.ts';
import { StepWatch } from './step-watch.ts';
import { StopWatch } from './stop.ts';

export interface SequenceStart {
  readonly call: Call;
  readonly branch: Branch;
  readonly id: string;
  /** Ids of prompt and prefix. */
  readonly before: readonly number[];
  /** Forked for this sequence. */
  readonly detokenizer: Detokenizer;
  /** New tokens that it may have. */
  readonly limit: number;
}

/** One candidate being written. It owns its new tokens, their text, and where it is in its random stream. */
export class Sequence {
  readonly id: string;
  readonly call: Call;
  /** All that were drawn, those included that its text does not need. */
  readonly tokens: number[] = [];
  /** Ids of prompt and prefix. */
  readonly before: readonly number[];
  readonly #branch: Branch;
  readonly #limit: number;
  readonly #detokenizer: Detokenizer;
  readonly #stops: StopWatch;
  readonly #steps: StepWatch | null;
  readonly #logprobs: TokenLogprob[] = [];
  /** Length of the text after each token. */
  readonly #ends: number[] = [];
  readonly #standing: Standing;
  #text = '';
  /** Tokens of its text: a later one may only have shown where the step ended. */
  #kept = 0;
  /** Length of the text that `onPiece` was told. */
  #told = 0;

  constructor({ call, branch, id, before, detokenizer, limit }: SequenceStart) {
    const { sampling, until, step } = call.generation;
    this.id = id;
    this.call = call;
    this.before = before;
    this.#branch = branch;
    this.#limit = limit;
    this.#detokenizer = detokenizer;
    this.#stops = new StopWatch(sampling.stop, branch.text);
    const { text, steps, tokens, resume: resumed } = branch;
    this.#standing = standing(step, text, { known: steps, tokens: tokens.length, resumed });
    this.#steps = until === 'step' ? new StepWatch(step, this.#standing) : null;
  }

  /** True where the context or the grant leaves no room for a token. */
  get full(): boolean {
    return this.tokens.length >= this.#limit;
  }

  /**
   * The next number of this candidate's random stream: token j after the prompt draws from (seed, id, j), whatever runs
   * beside it and wherever it was cut.
   */
  uniform(): number {
    return mulberry32(subSeed(this.call.generation.seed, this.id, this.#branch.tokens.length + this.tokens.length))();
  }

  /** Takes the next token; says how it ends the candidate, or null where it does not. */
  accept(token: number, end: boolean, logprob?: TokenLogprob): Finish | null {
    const finish = this.#take(token, end, logprob);
    const { onPiece, sampling } = this.call.generation;
    if (onPiece && this.#kept === this.tokens.length) {
      // what may be the beginning of a stop string is held back until it is one, or is not
      const untold = this.#text.slice(this.#told);
      const piece = untold.slice(0, finish ? wholeLength(untold, untold.length) : certainLength(untold, sampling.stop));
      onPiece(this.id, { text: piece, token, logprob });
      this.#told += piece.length;
    }
    return finish;
  }

  #take(token: number, end: boolean, logprob: TokenLogprob | undefined): Finish | null {
    this.tokens.push(token);
    this.#kept = this.tokens.length;
    if (logprob) this.#logprobs.push(logprob);
    const piece = end ? '' : this.#detokenizer.push(token);
    this.#text += piece;
    this.#ends.push(this.#text.length);
    if (end) return 'stop';
    const match = this.#stops.push(piece);
    if (match) {
      // one that began before the new text is left to the caller, who has the rest of it
      this.#text = this.#text.slice(0, match.start >= 0 ? match.start : match.end);
      return 'stop';
    }
    const stepEnd = this.#steps?.push(piece, this.call.generation.markTokens?.has(token)) ?? null;
    if (stepEnd !== null) {
      // only a pattern's end is known later than it comes; what follows another one in its token is the next step's
      if (this.call.generation.step.pattern !== undefined) this.#kept = tokensUpTo(stepEnd, this.#ends);
      this.#text = this.#text.slice(0, this.#ends[this.#kept - 1] ?? 0);
      return 'step';
    }
    return this.full ? 'length' : null;
  }

  /** What is said of it when it ends. */
  line(finish: Finish): CandidateLine {
    const { step, topLogprobs, markTokens } = this.call.generation;
    const { id, resume } = this.#branch;
    const [tokens, ends] = [this.tokens.slice(0, this.#kept), this.#ends.slice(0, this.#kept)];
    const isMark = markTokens && ((place: number) => markTokens.has(tokens[place]!));
    const count = countSteps(step, { before: this.#standing, text: this.#text, ends, isMark, resumed: resume });
    const line: CandidateLine = {
      type: 'candidate',
      id: this.id,
      parent: resume ? parentOf(id) : id,
      text: this.#text,
      step: count.step,
      step_ends: [...count.stepEnds],
      ...(step.delimiter === undefined ? { step_text_ends: [...count.textEnds], step_open: count.open } : {}),
      tokens,
      token_count: tokens.length,
      finish,
    };
    if (topLogprobs === undefined) return line;
    const logprobs = this.#logprobs.slice(0, this.#kept);
    return {
      ...line,
      text_ends: ends.map((end) => Math.min(end, this.#text.length)), // a stop string was left out of the text
      logprob: logprobs.reduce((sum, { logprob }) => sum + logprob, 0),
      logprobs,
    };
  }
}

/** Path of what a candidate continues; the prompt is its own. */
const parentOf = (id: string): string => (id.includes('.') ? id.slice(0, id.lastIndexOf('.')) : id);
