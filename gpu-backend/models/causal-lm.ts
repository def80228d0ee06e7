import type { ChatTemplate } from '../../src/tokens/chat-template.ts';
import type { Tokenizer } from '../../src/tokens/tokenizer.ts';
import { Binding } from '../ort/binding.ts';
import type { Session } from '../ort/session.ts';
import { elementBytes, Tensor } from '../ort/tensor.ts';
import type { CausalLayout } from './genai-layout.ts';
import type { LanguageModel, LanguageRows } from './language-model.ts';

export interface CausalParts {
  readonly name: string;
  readonly fingerprint: string;
  readonly session: Session;
  readonly layout: CausalLayout;
  readonly tokenizer: Tokenizer;
  readonly template: ChatTemplate | null;
}

/** A policy: a graph that reads tokens on top of a key/value cache and gives the logits of the next ones. */
export class CausalLm implements LanguageModel {
  readonly kind = 'policy';
  readonly name: string;
  readonly fingerprint: string;
  readonly tokenizer: Tokenizer;
  readonly template: ChatTemplate | null;
  readonly context: number;
  readonly vocabulary: number;
  readonly endTokens: ReadonlySet<number>;
  readonly #session: Session;
  readonly #layout: CausalLayout;

  constructor({ name, fingerprint, session, layout, tokenizer, template }: CausalParts) {
    this.name = name;
    this.fingerprint = fingerprint;
    this.tokenizer = tokenizer;
    this.template = template;
    this.context = layout.context;
    this.vocabulary = layout.vocabulary;
    this.endTokens = layout.endTokens;
    this.#session = session;
    this.#layout = layout;
  }

  allocate(rows: number): CausalRows {
    return new CausalRows(this.#session, this.#layout, rows);
  }

  release(): void {
    this.#session.release();
  }
}

/** The cache's memory; the runtime reads and writes every array here in place. */
export class CausalRows implements LanguageRows {
  readonly ids: BigInt64Array;
  readonly mask: BigInt64Array;
  readonly #session: Session;
  readonly #layout: CausalLayout;
  readonly #caches: readonly Uint8Array[];
  readonly #logits: Float32Array;
  /** One for each number of rows that has decoded together. */
  readonly #bindings = new Map<number, Binding>();
  readonly #rowBytes: number;
  readonly #positionBytes: number;

  constructor(session: Session, layout: CausalLayout, rows: number) {
    const { heads, headSize, type } = layout.cache;
    this.#session = session;
    this.#layout = layout;
    this.#positionBytes = headSize * elementBytes[type];
    this.#rowBytes = heads * layout.context * this.#positionBytes;
    this.ids = new BigInt64Array(rows);
    this.mask = new BigInt64Array(rows * layout.context);
    this.#caches = layout.caches.map(() => new Uint8Array(rows * this.#rowBytes));
    this.#logits = new Float32Array(rows * layout.vocabulary);
  }

  async decode(rows: number): Promise<Float32Array> {
    await this.#session.run(this.#binding(rows));
    return this.#logits.subarray(0, rows * this.#layout.vocabulary);
  }

  /** At batch 1: GroupQueryAttention takes a chunk on top of a past there only. */
  async prefill(row: number, tokens: readonly number[], past: number): Promise<Float32Array> {
    const { vocabulary, context, inputIds, attentionMask, logits } = this.#layout;
    const { library } = this.#session;
    const length = tokens.length;
    const output = new Float32Array(length * vocabulary);
    const caches = this.#cacheTensors(1, row);
    if (past + length > context) throw new Error(`A row holds ${context} tokens; ${past + length} were to be read.`);
    const binding = new Binding(
      this.#session,
      {
        [inputIds]: new Tensor(library, 'int64', [1, length], BigInt64Array.from(tokens, BigInt)),
        [attentionMask]: new Tensor(library, 'int64', [1, past + length], new BigInt64Array(past + length).fill(1n)),
        ...caches.inputs,
      },
      { [logits]: new Tensor(library, 'float32', [1, length, vocabulary], output), ...caches.outputs },
    );
    try {
      await this.#session.run(binding);
    } finally {
      binding.release();
    }
    return output.slice(-vocabulary);
  }

  copyRow(from: number, to: number, length: number): void {
    const headBytes = this.#layout.context * this.#positionBytes;
    for (const cache of this.#caches) {
      for (let head = 0; head < this.#layout.cache.heads; head++) {
        const start = from * this.#rowBytes + head * headBytes;
        cache.copyWithin(to * this.#rowBytes + head * headBytes, start, start + length * this.#positionBytes);
      }
    }
  }

  release(): void {
    for (const binding of this.#bindings.values()) binding.release();
    this.#bindings.clear();
  }

  #binding(rows: number): Binding {
    const known = this.#bindings.get(rows);
    if (known) return known;
    const { inputIds, attentionMask, logits, vocabulary, context } = this.#layout;
    const { library } = this.#session;
    const caches = this.#cacheTensors(rows, 0);
    const binding = new Binding(
      this.#session,
      {
        [inputIds]: new Tensor(library, 'int64', [rows, 1], this.ids),
        // as wide as the buffer at every step, so that one binding serves for all of them; a row's length is its sum
        [attentionMask]: new Tensor(library, 'int64', [rows, context], this.mask),
        ...caches.inputs,
      },
      { [logits]: new Tensor(library, 'float32', [rows, 1, vocabulary], this.#logits), ...caches.outputs },
    );
    this.#bindings.set(rows, binding);
    return binding;
  }

  /** Past and present of `rows` rows from `first` on: one tensor each, both read and written. */
  #cacheTensors(rows: number, first: number) {
    const { caches, cache, context } = this.#layout;
    const tensors = this.#caches.map(
      (bytes) =>
        new Tensor(
          this.#session.library,
          cache.type,
          [rows, cache.heads, context, cache.headSize],
          bytes.subarray(first * this.#rowBytes),
        ),
    );
    return {
      inputs: Object.fromEntries(caches.map(({ past }, index) => [past, tensors[index]!])),
      outputs: Object.fromEntries(caches.map(({ present }, index) => [present, tensors[index]!])),
    };
  }
}
