import { WinnowError } from '../schemas/errors.ts';
import { Recording, type Source } from './recording.ts';

// The same key within this time is answered with what it was answered before, so that a retry pays nothing twice.
const KEPT_MS = 10 * 60_000;
const KEPT_CHARACTERS = 64 << 20;

/** Answers by their keys: bounded in time and in memory, the oldest complete ones go first. */
export class Recordings {
  readonly #byKey = new Map<string, Recording>();

  /**
   * Follows the answer of a key from its first line: a known one, complete or not, or a new one made by `start`.
   *
   * @param request  what is asked, as one string
   * @throws what `start` throws at once, and `invalid_value` where the key came with another request
   */
  follow(key: string, request: string, start: Source, signal: AbortSignal): AsyncIterable<string> {
    this.#forget();
    const known = this.#byKey.get(key);
    if (known && known.request !== request) {
      throw new WinnowError('invalid_value', 'This key came with another request before; a key belongs to one request.', {
        param: 'key',
      });
    }
    const recording = known ?? this.#record(key, request, start);
    return recording.follow(signal);
  }

  #record(key: string, request: string, start: Source): Recording {
    const recording: Recording = new Recording(request, start, () => {
      if (this.#byKey.get(key) === recording) this.#byKey.delete(key);
    });
    this.#byKey.set(key, recording);
    return recording;
  }

  #forget(): void {
    let size = 0;
    for (const [key, recording] of [...this.#byKey].reverse()) {
      size += recording.size;
      const old = performance.now() - recording.since > KEPT_MS;
      if (recording.complete && (old || size > KEPT_CHARACTERS)) this.#byKey.delete(key);
    }
  }
}
