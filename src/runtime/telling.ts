import type { TokenLogprob } from '../../schemas/candidate.ts';
import { certainLength } from '../answers/stop-strings.ts';

/** What is new of a candidate for who listens to it being written. */
export interface News {
  readonly text: string;
  /** Of tokens as they came: their text may be told later, or never. */
  readonly logprobs: readonly TokenLogprob[];
}

/**
 * What a listener is told of a candidate while it is written: every character once, in order, and none that a stop string
 * may yet take away. It owns what has been told, which nothing takes back.
 */
export class Telling {
  readonly #stop: readonly string[];
  #told = '';
  /** Came, and was not told. */
  #held = '';
  #logprobs = 0;

  constructor(stop: readonly string[]) {
    this.#stop = stop;
  }

  /** Adds what the call under way wrote. */
  write(text: string, logprobs: readonly TokenLogprob[] = []): News {
    this.#held += text;
    this.#logprobs += logprobs.length;
    return { text: this.#tell(certainLength(this.#held, this.#stop)), logprobs };
  }

  /**
   * Takes the text as it is now that the call has ended; where it is the last one, all of it is certain.
   *
   * @returns undefined where it does not begin with what has been told
   */
  settle(whole: string, logprobs: readonly TokenLogprob[], last: boolean): News | undefined {
    if (!whole.startsWith(this.#told)) return undefined;
    this.#held = whole.slice(this.#told.length);
    const fresh = logprobs.slice(this.#logprobs);
    this.#logprobs = Math.max(this.#logprobs, logprobs.length);
    return { text: this.#tell(last ? this.#held.length : certainLength(this.#held, this.#stop)), logprobs: fresh };
  }

  #tell(count: number): string {
    const text = this.#held.slice(0, count);
    this.#held = this.#held.slice(count);
    this.#told += text;
    return text;
  }
}
