import type { LanguageModel, LanguageRows } from '../../gpu-backend/models/language-model.ts';
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
}

/**
 * A policy whose logits are a function of every token that its row has really read, so a wrong copy, mask or slot shows at
 * once. It refuses a row whose mask does not have one entry a position, and a copy while a run is under way.
 */
export function historyModel(options: HistoryModelOptions = {}): LanguageModel & { rows: HistoryRows[]; runs: number[] } {
  const { context = 64 } = options;
  const rows: HistoryRows[] = [];
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
    rows,
    runs,
    allocate: (count) => {
      const made = new HistoryRows(count, context, options, runs);
      rows.push(made);
      return made;
    },
    release: () => {},
  };
}

export class HistoryRows implements LanguageRows {
  readonly ids: BigInt64Array;
  readonly mask: BigInt64Array;
  readonly histories: number[][];
  readonly #context: number;
  readonly #options: HistoryModelOptions;
  readonly #runs: number[];
  #running = false;

  constructor(rows: number, context: number, options: HistoryModelOptions, runs: number[]) {
    this.ids = new BigInt64Array(rows);
    this.mask = new BigInt64Array(rows * context);
    this.histories = Array.from({ length: rows }, () => []);
    this.#context = context;
    this.#options = options;
    this.#runs = runs;
  }

  async decode(rows: number): Promise<Float32Array> {
    for (let row = 0; row < rows; row++) {
      const mask = this.mask.subarray(row * this.#context, (row + 1) * this.#context);
      const ones = mask.reduce((sum, one) => sum + Number(one), 0);
      const history = this.histories[row]!;
      if (ones !== history.length + 1) throw new Error(`Row ${row} holds ${history.length}; its mask has ${ones}.`);
      history.push(Number(this.ids[row]));
    }
    await this.#run(rows);
    return Float32Array.from(this.histories.slice(0, rows).flatMap((history) => Array.from(this.#logits(history))));
  }

  async prefill(row: number, tokens: readonly number[], past: number): Promise<Float32Array> {
    const history = this.histories[row]!;
    if (history.length < past) throw new Error(`Row ${row} holds ${history.length}; ${past} were expected.`);
    history.splice(past, Number.POSITIVE_INFINITY, ...tokens);
    await this.#run(-tokens.length);
    return Float32Array.from(this.#logits(history));
  }

  copyRow(from: number, to: number, length: number): void {
    if (this.#running) throw new Error('A row was copied while a run was under way.');
    if (this.histories[from]!.length < length) throw new Error(`Row ${from} holds fewer than ${length}.`);
    this.histories[to] = this.histories[from]!.slice(0, length);
  }

  release(): void {}

  /** A run is noted as its number of rows; reading a prompt as minus its tokens. */
  async #run(size: number): Promise<void> {
    if (this.#running) throw new Error('Two runs overlap.');
    if (this.#options.failRun?.()) throw new Error('The graph failed.');
    this.#running = true;
    this.#runs.push(size);
    await (this.#options.pause?.() ?? new Promise((resolve) => setImmediate(resolve)));
    this.#running = false;
  }

  #logits(history: readonly number[]): ArrayLike<number> {
    if (this.#options.logits) return this.#options.logits(history);
    const draw = mulberry32(subSeed(7, 'history', history.join()));
    return CHARACTERS.map((_, token) => 3 * draw() - (token < 2 ? 2 : 0));
  }
}

/** Logits that make one token certain. */
export const only = (token: number): number[] => CHARACTERS.map((_, id) => (id === token ? 50 : -50));
