import type { ChatTemplate } from '../../src/tokens/chat-template.ts';
import type { Tokenizer } from '../../src/tokens/tokenizer.ts';
import { cpuDevice } from '../ort/device.ts';
import type { Session } from '../ort/session.ts';
import { elementBytes } from '../ort/tensor.ts';
import { DeviceStorage } from './device-storage.ts';
import type { CausalLayout } from './genai-layout.ts';
import type { KvMemory } from './kv-storage.ts';
import type { CacheShape, KvBuffer, LanguageModel } from './language-model.ts';
import { longestRead } from './longest-read.ts';
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
  readonly memory: KvMemory | null;
  readonly #session: Session;
  readonly #layout: CausalLayout;
  /** Tokens that one run may read. */
  #longestRead = Number.POSITIVE_INFINITY;

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
    this.memory = memoryOf(session, layout, name);
    this.#session = session;
    this.#layout = layout;
  }

  rows(buffer: KvBuffer): SharedRows {
    return new SharedRows(this.#session, this.#layout, buffer, this.#longestRead);
  }

  /** Finds out how many tokens its device reads at once and right; says so where it is few. Before any `rows`. */
  async tryDevice(): Promise<void> {
    const { provider } = this.#session.device;
    if (provider === cpuDevice.provider) return;
    this.#longestRead = await longestRead(this, (buffer) => this.rows(buffer));
    if (this.#longestRead < Number.POSITIVE_INFINITY)
      console.warn(
        `models.${this.name}: on ${provider} long readings are wrong on this machine; prompts are read ${this.#longestRead} tokens at a time.`,
      );
  }

  release(): void {
    this.#session.release();
  }
}

/**
 * Where the graph reads its caches from, as the session has placed them: null is the host's memory.
 *
 * @throws Error where some lie here and some there
 */
function memoryOf(session: Session, { caches, cache }: CausalLayout, name: string): KvMemory | null {
  const { memory, provider, addressable } = session.device;
  if (memory === cpuDevice.memory) return null;
  const onDevice = caches.filter(({ past }) => session.memoryOf(past).startsWith(memory)).length;
  if (onDevice === 0) return null;
  if (onDevice < caches.length)
    throw new Error(
      `models.${name}: the provider ${provider} keeps ${onDevice} of ${caches.length} caches, the cpu the others; a model is served where all lie in one memory. Export it for this provider (docs/providers.md).`,
    );
  const spareRows = addressable ? 0 : 1;
  return {
    spareRows,
    allocate: (sizes, context) =>
      new DeviceStorage(
        session,
        caches.map(({ past }) => ({ past, ...cache })),
        sizes,
        spareRows * context,
      ),
  };
}
