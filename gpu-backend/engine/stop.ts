/** A stop string found: places in the new text; `start` is negative where it began before it. */
export interface StopMatch {
  readonly start: number;
  readonly end: number;
}

/** Looks for stop strings in a text as it grows, across the borders of its pieces and of the text before it. */
export class StopWatch {
  readonly #stop: readonly string[];
  /** The last characters seen: as many as may begin a stop string. */
  #tail: string;
  #length = 0;

  /** @param before  the text that the new one follows; a stop string wholly inside it does not count */
  constructor(stop: readonly string[], before: string) {
    this.#stop = stop;
    this.#tail = lastCharacters(before, longest(stop) - 1);
  }

  /** Adds a piece. The match that begins first wins, of several there the shortest. */
  push(piece: string): StopMatch | null {
    if (this.#stop.length === 0) return null;
    const window = this.#tail + piece;
    const origin = this.#length - this.#tail.length;
    this.#length += piece.length;
    this.#tail = lastCharacters(window, longest(this.#stop) - 1);
    // a string that lies wholly in the text before would otherwise be found again
    const earliest = (string: string) => Math.max(0, window.length - piece.length - string.length + 1);
    const matches = this.#stop
      .map((string) => ({ start: window.indexOf(string, earliest(string)), length: string.length }))
      .filter(({ start }) => start >= 0)
      .sort((a, b) => a.start - b.start || a.length - b.length);
    const [first] = matches;
    return first ? { start: origin + first.start, end: origin + first.start + first.length } : null;
  }
}

const longest = (strings: readonly string[]): number => Math.max(1, ...strings.map(({ length }) => length));

const lastCharacters = (text: string, count: number): string => (count > 0 ? text.slice(-count) : '');
