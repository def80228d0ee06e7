import type { ChatTemplate } from '../../src/tokens/chat-template.ts';
import type { Tokenizer } from '../../src/tokens/tokenizer.ts';
import type { Session } from '../ort/session.ts';
import { elementBytes } from '../ort/tensor.ts';
import type { CausalLayout } from './genai-layout.ts';
import type { CacheShape, KvBuffer, LanguageModel } from './language-model.ts';
import { SharedRows } from './shared-rows.ts';

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
  readonly caches: readonly CacheShape[];
  readonly #session: Session;
  readonly #layout: CausalLayout;

  constructor({ name, fingerprint, session, layout, tokenizer, template }: CausalParts) {
    const { heads, headSize, type } = layout.cache;
    this.name = name;
    this.fingerprint = fingerprint;
    this.tokenizer = tokenizer;
    this.template = template;
    this.context = layout.context;
    this.vocabulary = layout.vocabulary;
    this.endTokens = layout.endTokens;
    this.caches = layout.caches.map(() => ({ heads, bytes: headSize * elementBytes[type] }));
    this.#session = session;
    this.#layout = layout;
  }

  rows(buffer: KvBuffer): SharedRows {
    return new SharedRows(this.#session, this.#layout, buffer);
  }

  release(): void {
    this.#session.release();
  }
}
