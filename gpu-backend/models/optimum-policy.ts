import type { ChatTemplate } from '../../src/tokens/chat-template.ts';
import type { Tokenizer } from '../../src/tokens/tokenizer.ts';
import type { Session } from '../ort/session.ts';
import { elementBytes } from '../ort/tensor.ts';
import type { AppendedLayout } from './appended-layout.ts';
import { AppendedRows, type PastMode } from './appended-rows.ts';
import type { CacheShape, KvBuffer, LanguageModel, LanguageRows } from './language-model.ts';
import { ID_CACHE, WholeTextRows } from './whole-text-rows.ts';

export interface OptimumParts {
  readonly name: string;
  readonly fingerprint: string;
  readonly tokenizer: Tokenizer;
  readonly template: ChatTemplate | null;
  readonly context: number;
  readonly endTokens: ReadonlySet<number>;
  readonly session: Session;
  readonly layout: AppendedLayout;
}

/** How a graph's past is kept: `none` reads the whole text again at every step. */
export type Past = PastMode | 'none';

/** A policy in the layout of Optimum and transformers.js. */
export class OptimumPolicy implements LanguageModel {
  readonly kind = 'policy';
  readonly name: string;
  readonly fingerprint: string;
  readonly tokenizer: Tokenizer;
  readonly template: ChatTemplate | null;
  readonly context: number;
  readonly vocabulary: number;
  readonly endTokens: ReadonlySet<number>;
  readonly caches: readonly CacheShape[];
  readonly past: Past;
  readonly #session: Session;
  readonly #layout: AppendedLayout;

  /** What the graph can do is found out by `choosePolicy`. */
  constructor({ name, fingerprint, tokenizer, template, context, endTokens, session, layout }: OptimumParts, past: Past) {
    this.name = name;
    this.fingerprint = fingerprint;
    this.tokenizer = tokenizer;
    this.template = template;
    this.context = context;
    this.endTokens = endTokens;
    this.vocabulary = layout.vocabulary;
    this.caches =
      past === 'none' ? [ID_CACHE] : layout.caches.map(({ heads, size, type }) => ({ heads, bytes: size * elementBytes[type] }));
    this.past = past;
    this.#session = session;
    this.#layout = layout;
  }

  rows(buffer: KvBuffer): LanguageRows {
    if (this.past === 'none') return new WholeTextRows(this.#session, this.#layout, buffer);
    return new AppendedRows(this.#session, this.#layout, buffer, this.past);
  }

  release(): void {
    this.#session.release();
  }
}
