import type { PieceLine } from '../schemas/backend.ts';
import type { Piece } from './engine/call.ts';

const TOGETHER_MS = 10; // what is written within it nobody sees apart; many candidates of a fast model would fill the line

/**
 * Candidates as they are written, as lines: the first token at once, then what came together of each. It owns what has not
 * been told; of one that has ended that is left to its own line.
 */
export class PieceLines {
  readonly #push: (line: PieceLine) => void;
  /** By candidate. */
  readonly #waiting = new Map<string, PieceLine>();
  #timer: NodeJS.Timeout | undefined;
  /** On the clock of `performance.now()`. */
  #flushed = Number.NEGATIVE_INFINITY;

  constructor(push: (line: PieceLine) => void) {
    this.#push = push;
  }

  readonly add = (id: string, { text, logprob }: Piece): void => {
    const line = this.#waiting.get(id) ?? { type: 'piece', id, at: 0, token_count: 0, text: '' };
    line.token_count++;
    line.text += text;
    if (logprob) {
      line.logprobs ??= [];
      line.logprobs.push(logprob);
    }
    this.#waiting.set(id, line);
    if (text === '') return; // nothing that can be read is new
    const wait = this.#flushed + TOGETHER_MS - performance.now();
    this.#timer ??= setTimeout(() => this.#flush(), Math.max(0, wait));
  };

  /** The candidate has ended. */
  end(id: string): void {
    this.#waiting.delete(id);
  }

  /** All have. */
  close(): void {
    clearTimeout(this.#timer);
  }

  #flush(): void {
    this.#timer = undefined;
    this.#flushed = performance.now();
    for (const [id, line] of this.#waiting) {
      if (line.text === '') continue;
      this.#push(line);
      this.#waiting.set(id, { type: 'piece', id, at: line.at + line.token_count, token_count: 0, text: '' });
    }
  }
}
