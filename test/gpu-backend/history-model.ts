import type {
  DecodeStep,
  KvBuffer,
  LanguageModel,
  LanguageRows,
  Outputs,
  ReadStep,
} from '../../gpu-backend/models/language-model.ts';
import { mulberry32, subSeed } from '../../src/random.ts';
import { Tokenizer } from '../../src/tokens/tokenizer.ts';

const CHARACTERS = ['<end>', '<unk>', ...'abcdefghijklmnopqrstuvwxyz0123456789 .\n'];
export const END = 0;
export const NEWLINE = CHARACTERS.indexOf('\n');

/** One token a character. */
export const characters = new Tokenizer(
  {
    version: '1.0',
    added_tokens: [0, 1].map((id) => ({ id, content: CHARACTERS[id]!, special: true, normalized: false })),
    normalizer: null,
    pre_tokenizer: { type: 'Split', pattern: { Regex: '[\\s\\S]' }, behavior: 'Isolated', invert: false },
    post_processor: null,
    decoder: { type: 'Fuse' },
    model: {
      type: 'BPE',
      unk_token: '<unk>',
      ignore_merges: true,
      vocab: Object.fromEntries(CHARACTERS.map((character, id) => [character, id])),
      merges: [],
    },
  },
  {},
);

export interface HistoryModelOptions {
  readonly context?: number;
  /** Logits after a history; default: normal-looking numbers hashed from all of it. */
  readonly logits?: (history: readonly number[]) => ArrayLike<number>;
  /** Awaited in every run. */
  readonly pause?: () => Promise<unknown>;
  readonly failRun?: () => boolean;
  /** Gives probabilities too, as a graph with a softmax does. */
  readonly softmax?: boolean;
}

/** What its caches hold of a position: the token itself, and twice in one of two heads, so that a wrong place shows. */
const CACHES = [
  { heads: 1, bytes: 4 },
  { heads: 2, bytes: 8 },
];

/**
 * A policy whose logits are a function of every token that lies in its row of the buffer, so a wrong copy, place or length
 * shows at once. It refuses a run that overlaps another one.
 */
export function historyModel(options: HistoryModelOptions = {}): LanguageModel & { runs: number[] } {
  const { context = 64 } = options;
  const runs: number[] = [];
  return {
    kind: 'policy',
    name: 'history',
    fingerprint: '0',
    tokenizer: characters,
    template: null,
    context,
    vocabulary: CHARACTERS.length,
    endTokens: new Set([END]),
    caches: CACHES,
    runs,
    rows: (buffer) => new HistoryRows(buffer, options, runs),
    release: () => {},
  };
}

class HistoryRows implements LanguageRows {
  readonly #buffer: KvBuffer;
  readonly #options: HistoryModelOptions;
  readonly #runs: number[];
  #running = false;

  constructor(buffer: KvBuffer, options: HistoryModelOptions, runs: number[]) {
    this.#buffer = buffer;
    this.#options = options;
    this.#runs = runs;
  }

  async decode({ tokens, lengths, temperatures }: DecodeStep): Promise<Outputs> {
    const rows = Array.from(lengths, (length, row) => ({ row, length }));
    for (const { row, length } of rows) this.#write(row, length, tokens[row]!);
    await this.#run(tokens.length);
    return this.#outputs(
      rows.map(({ row, length }) => ({ history: this.#read(row, length + 1), temperature: temperatures[row]! })),
    );
  }

  async read({ row, tokens, past, temperature, wanted }: ReadStep): Promise<Outputs> {
    if (past + tokens.length > this.#buffer.capacity) throw new Error('There is no room for these tokens.');
    for (const [place, token] of tokens.entries()) this.#write(row, past + place, token);
    await this.#run(-tokens.length);
    const first = wanted === 'each' ? 1 : tokens.length;
    const ends = Array.from({ length: tokens.length - first + 1 }, (_, place) => past + first + place);
    return this.#outputs(ends.map((end) => ({ history: this.#read(row, end), temperature })));
  }

  resized(): void {
    if (this.#running) throw new Error('The buffer was resized while a run was under way.');
  }

  release(): void {}

  #write(row: number, position: number, token: number): void {
    if (position >= this.#buffer.capacity) throw new Error(`Position ${position} lies behind the end of its row.`);
    for (const [cache, view] of this.#places(row, position))
      for (let at = 0; at < view.length; at++) view[at] = token + 100 * cache;
  }

  #read(row: number, length: number): number[] {
    return Array.from({ length }, (_, position) => {
      const places = this.#places(row, position);
      const token = places[0]![1][0]!;
      for (const [cache, view] of places)
        for (const held of view)
          if (held !== token + 100 * cache) throw new Error(`Row ${row} holds ${held} at ${position}, not ${token}.`);
      return token;
    });
  }

  #places(row: number, position: number): [cache: number, view: Int32Array][] {
    const { arrays, capacity } = this.#buffer;
    return CACHES.flatMap(({ heads, bytes }, cache) =>
      Array.from({ length: heads }, (_, head): [number, Int32Array] => {
        const { buffer, byteOffset } = arrays[cache]!;
        return [cache, new Int32Array(buffer, byteOffset + ((row * heads + head) * capacity + position) * bytes, bytes / 4)];
      }),
    );
  }

  /** A run is noted as its number of rows; reading a prompt as minus its tokens. */
  async #run(size: number): Promise<void> {
    if (this.#running) throw new Error('Two runs overlap.');
    if (this.#options.failRun?.()) throw new Error('The graph failed.');
    this.#running = true;
    this.#runs.push(size);
    await (this.#options.pause?.() ?? new Promise((resolve) => setImmediate(resolve)));
    this.#running = false;
  }

  #outputs(positions: readonly { history: readonly number[]; temperature: number }[]): Outputs {
    const each = positions.map(({ history }) => Array.from(this.#logits(history)));
    const logits = Float32Array.from(each.flat());
    if (!this.#options.softmax) return { logits, probabilities: null };
    return {
      logits,
      probabilities: Float32Array.from(each.flatMap((row, place) => softmax(row, positions[place]!.temperature || 1))),
    };
  }

  #logits(history: readonly number[]): ArrayLike<number> {
    if (this.#options.logits) return this.#options.logits(history);
    const draw = mulberry32(subSeed(7, 'history', history.join()));
    return CHARACTERS.map((_, token) => 3 * draw() - (token < 2 ? 2 : 0));
  }
}

export function softmax(logits: readonly number[], temperature: number): number[] {
  const most = Math.max(...logits);
  const weights = logits.map((logit) => Math.exp((logit - most) / temperature));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** Logits that make one token certain. */
export const only = (token: number): number[] => CHARACTERS.map((_, id) => (id === token ? 50 : -50));
