import type { CandidateLine } from '../../schemas/backend.ts';
import type { TokenLogprob } from '../../schemas/candidate.ts';
import { Detokenizer } from '../../src/tokens/detokenizer.ts';
import type { Piece } from '../engine/call.ts';
import { StopWatch } from '../engine/stop.ts';
import type { LanguageModel } from '../models/language-model.ts';
import type { Asked } from './asked.ts';

/** What is told of an answer at once: in a stream many, else one. */
export interface Delta {
  readonly text: string;
  readonly tokenIds: readonly number[];
  readonly logprobs: readonly PlacedLogprob[];
}

/** A token's log-probability, with where in the answer its text begins. */
export interface PlacedLogprob extends TokenLogprob {
  readonly offset: number;
}

/** How an answer ended; `stopReason` is the stop string, null where an end token or a limit ended it. */
export interface Ending extends Delta {
  readonly finishReason: 'stop' | 'length';
  readonly stopReason: string | null;
}

/**
 * One answer as it is written. It owns what has been told of it: the deltas and the ending, joined, are the same whether
 * it was told in pieces or at once.
 */
export class Choice {
  readonly #asked: Asked;
  readonly #model: LanguageModel;
  /** Finds where the text of each token begins; only for log-probabilities. */
  readonly #detokenizer: Detokenizer | null;
  readonly #logprobs: PlacedLogprob[] = [];
  #known = 0;
  #spelled = 0;
  #toldText = 0;
  #toldIds = 0;
  #toldLogprobs = 0;

  constructor(model: LanguageModel, asked: Asked, prompt: readonly number[]) {
    this.#model = model;
    this.#asked = asked;
    this.#detokenizer = asked.topLogprobs === undefined ? null : new Detokenizer(model.tokenizer, prompt);
  }

  add({ text, token, logprob }: Piece): Delta {
    this.#place(token, logprob);
    this.#toldText += text.length;
    this.#toldIds++;
    return { text, tokenIds: this.#asked.tellTokenIds ? [token] : [], logprobs: this.#upTo(this.#toldText) };
  }

  end({ text, tokens = [], logprobs, finish }: CandidateLine): Ending {
    const stopReason = finish === 'stop' ? this.#stopString(tokens) : null;
    const whole = this.#asked.keepStop && stopReason !== null ? text + stopReason : text;
    for (let place = this.#known; place < tokens.length; place++) this.#place(tokens[place]!, logprobs?.[place]);
    const rest = whole.slice(this.#toldText);
    const ids = this.#asked.tellTokenIds ? tokens.slice(this.#toldIds) : [];
    const byEndToken = finish === 'stop' && stopReason === null;
    const shown = byEndToken ? this.#upToPlace(tokens.length - 1) : this.#last(stopReason === null ? null : whole.length);
    return {
      text: rest,
      tokenIds: ids,
      logprobs: shown,
      finishReason: finish === 'stop' ? 'stop' : 'length',
      stopReason,
    };
  }

  #place(token: number, logprob: TokenLogprob | undefined): void {
    this.#known++;
    if (!this.#detokenizer || !logprob) return;
    this.#logprobs.push({ ...logprob, offset: this.#spelled });
    this.#spelled += this.#detokenizer.push(token).length;
  }

  /** Those whose text begins before this place, which have not been told. */
  #upTo(place: number): PlacedLogprob[] {
    let end = this.#toldLogprobs;
    while (end < this.#logprobs.length && this.#logprobs[end]!.offset < place) end++;
    return this.#upToPlace(end);
  }

  #upToPlace(end: number): PlacedLogprob[] {
    const shown = this.#logprobs.slice(this.#toldLogprobs, end);
    this.#toldLogprobs = Math.max(this.#toldLogprobs, end);
    return shown;
  }

  #last(cutAt: number | null): PlacedLogprob[] {
    return cutAt === null ? this.#upToPlace(this.#logprobs.length) : this.#upTo(cutAt);
  }

  /** The stop string that the last tokens complete; null where it was an end token. */
  #stopString(tokens: readonly number[]): string | null {
    const { stop } = this.#asked.sampling;
    if (stop.length === 0) return null;
    const longest = Math.max(...stop.map(({ length }) => length));
    const tail = tokens.slice(-(MOST_TOKENS_A_CHARACTER * longest + MOST_TOKENS_A_CHARACTER));
    const end = this.#model.endTokens.has(tail.at(-1) ?? -1) ? tail.slice(0, -1) : tail;
    const text = this.#model.tokenizer.decode([...end]);
    const match = new StopWatch(stop, '').push(text);
    return match ? text.slice(match.start, match.end) : null;
  }
}

const MOST_TOKENS_A_CHARACTER = 4; // a character has at most four bytes, and a byte is the shortest token
