import type { PieceLine } from '../../../schemas/backend.ts';
import type { Answers } from './answers.ts';
import type { Job } from './job.ts';

/** What has come of open requests and was not given on, as pieces of their candidates. */
export class Pieces {
  readonly #lines: PieceLine[] = [];
  #wake: () => void = () => {};

  /** Follows the answers of a request; they are shown after every event of its stream. */
  readonly following = ({ ids }: Job): ((answers: Answers) => void) => {
    const told = new Map<number, { text: number; tokens: number }>();
    return ({ choices }) => {
      for (const [index, { text, logprobs }] of choices) {
        const id = ids[index];
        const { text: from, tokens: at } = told.get(index) ?? { text: 0, tokens: 0 };
        if (id === undefined || text.length === from) continue;
        const to = logprobs ? Math.max(at, logprobs.length) : at + 1; // most servers send a token a piece
        told.set(index, { text: text.length, tokens: to });
        const line: PieceLine = { type: 'piece', id, at, token_count: to - at, text: text.slice(from) };
        this.#lines.push(logprobs ? { ...line, logprobs: logprobs.slice(at) } : line);
      }
      if (this.#lines.length > 0) this.#wake();
    };
  };

  /** Gives results as they come, and the pieces before each of them. */
  async *among<T>(results: AsyncGenerator<T>): AsyncGenerator<T | PieceLine> {
    for (let next = results.next(); ; ) {
      yield* this.#take();
      const came = new Promise<undefined>((resolve) => {
        this.#wake = () => resolve(undefined);
      });
      const result = await Promise.race([next, came]);
      yield* this.#take();
      if (!result) continue;
      if (result.done) return;
      yield result.value;
      next = results.next();
    }
  }

  *#take(): Generator<PieceLine> {
    while (this.#lines.length > 0) yield this.#lines.shift()!;
  }
}
