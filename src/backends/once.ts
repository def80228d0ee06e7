import type { GenerateLine, PieceLine } from '../../schemas/backend.ts';

/** What has come of a candidate by its pieces. */
interface Written {
  readonly text: string;
  readonly tokens: number;
}

const nothing: Written = { text: '', tokens: 0 };

/**
 * Lines of a call that may be repeated, each once. A repetition may cut the same candidates into other pieces: those go on
 * where the first ones ended.
 */
export class Once {
  readonly #seen = new Set<string>();
  /** By candidate: what was given on. */
  readonly #told = new Map<string, Written>();
  /** By candidate: what came of this repetition. */
  readonly #heard = new Map<string, Written>();

  /** The call is made again, from its first line. */
  again(): void {
    this.#heard.clear();
  }

  /**
   * The line, or what of it is new; undefined where nothing is.
   *
   * @throws Error where pieces have a gap, or are not those that were given on
   */
  fresh(line: GenerateLine): GenerateLine | undefined {
    if (line.type === 'piece') return this.#seen.has(`candidate ${line.id}`) ? undefined : this.#freshPiece(line);
    const name = line.type === 'done' ? 'done' : `${line.type} ${line.id}`;
    if (this.#seen.has(name)) return undefined;
    this.#seen.add(name);
    return line;
  }

  #freshPiece(line: PieceLine): PieceLine | undefined {
    const { id, at, text, token_count: count, logprobs } = line;
    const heard = this.#heard.get(id) ?? nothing;
    if (at !== heard.tokens) throw new Error(`A piece of ${id} begins at token ${at}, not at ${heard.tokens}.`);
    const now = { text: heard.text + text, tokens: at + count };
    this.#heard.set(id, now);
    const told = this.#told.get(id) ?? nothing;
    const known = told.text.slice(heard.text.length); // of this piece, or more
    if (!text.startsWith(known.slice(0, text.length))) throw new Error(`A repetition wrote another ${id}.`);
    const rest = text.slice(known.length);
    const more = now.tokens - told.tokens;
    if (rest === '' && more <= 0) return undefined;
    this.#told.set(id, rest === '' ? { text: told.text, tokens: now.tokens } : now);
    if (heard.tokens === told.tokens) return line;
    const newTokens = Math.max(0, more);
    const newLogprobs = logprobs && { logprobs: logprobs.slice(logprobs.length - Math.min(newTokens, logprobs.length)) };
    return { ...line, at: told.tokens, token_count: newTokens, text: rest, ...newLogprobs };
  }
}
