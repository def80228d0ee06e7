import type { Finish } from '../../schemas/candidate.ts';
import { WinnowError } from '../../schemas/errors.ts';
import type { LanguageModel, Outputs } from '../models/language-model.ts';
import { logprobOf } from './logprobs.ts';
import type { EngineObserver } from './observer.ts';
import { Sampler } from './sampler.ts';
import type { Sequence } from './sequence.ts';

/** Writes sequences: draws their tokens, and tells their callers and the observer how they end. */
export class Writer {
  readonly #model: LanguageModel;
  readonly #sampler: Sampler;
  readonly #observer: EngineObserver;

  constructor(model: LanguageModel, observer: EngineObserver) {
    this.#model = model;
    this.#sampler = new Sampler(model.vocabulary);
    this.#observer = observer;
  }

  /** Adds a token drawn from `outputs`; false where the candidate has ended by it. */
  extend(sequence: Sequence, outputs: Outputs): boolean {
    const { call } = sequence;
    const { sampling, topLogprobs, ignoreEnd } = call.generation;
    const { temperature } = sampling;
    try {
      const token = this.#sampler.sample(outputs, sampling, temperature === 0 ? 0 : sequence.uniform());
      const wanted = { temperature, count: topLogprobs ?? 0, names: this.#model.tokenizer };
      const logprob = topLogprobs === undefined ? undefined : logprobOf(outputs, token, wanted);
      const finish = sequence.accept(token, !ignoreEnd && this.#model.endTokens.has(token), logprob);
      if (sequence.tokens.length === 1) this.#observer.firstToken(performance.now() - call.came);
      if (finish) this.end(sequence, finish);
      return finish === null;
    } catch (cause) {
      this.fail(sequence, cause);
      return false;
    }
  }

  end(sequence: Sequence, finish: Finish): void {
    this.#tell(sequence, finish);
    sequence.call.end(sequence, { ok: true, line: sequence.line(finish) });
  }

  fail(sequence: Sequence, cause: unknown): void {
    this.#tell(sequence, cause instanceof WinnowError ? 'corrupted' : 'error'); // the sampler's word for logits that are no numbers
    sequence.call.end(sequence, { ok: false, id: sequence.id, message: toldOf(cause) });
  }

  #tell({ call, tokens }: Sequence, reason: string): void {
    this.#observer.finished({ reason, tokens: tokens.length, ms: performance.now() - call.came });
  }
}

/** What a caller is told of a failure: the runtime's words name files and nodes, they are for the log. */
export function toldOf(cause: unknown): string {
  if (cause instanceof WinnowError) return cause.message;
  console.error(cause);
  return 'The policy failed on this candidate; the log of the backend says how.';
}
