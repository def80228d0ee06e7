import type { ChatTemplate } from '../../src/tokens/chat-template.ts';
import type { Tokenizer } from '../../src/tokens/tokenizer.ts';
import type { Session } from '../ort/session.ts';
import { elementBytes } from '../ort/tensor.ts';
import type { AppendedLayout } from './appended-layout.ts';
import { AppendedRows, type PastMode } from './appended-rows.ts';
import type { CacheShape, KvBuffer, LanguageModel, LanguageRows } from './language-model.ts';
import { probe } from './probe.ts';
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

  /** Use `optimumPolicy`, which finds out what the graph can do. */
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

/**
 * The policy, with its past kept in the fastest way that gives the right logits: what the graph can do is tried on a tiny
 * text, since no file says how a graph counts positions.
 *
 * @param file  path of the graph, for the message
 */
export async function optimumPolicy(parts: OptimumParts, file: string): Promise<OptimumPolicy> {
  const modes: Past[] = parts.layout.caches.length === 0 ? ['none'] : ['masked', 'exact'];
  const tried: string[] = [];
  for (const mode of modes) {
    if (mode === 'masked' && !parts.layout.attentionMask) continue;
    const policy = new OptimumPolicy(parts, mode);
    const result = await probe(policy, (buffer) => policy.rows(buffer)).catch((cause: Error) => ({
      sound: false,
      ragged: cause.message,
    }));
    if (result.sound) return policy;
    tried.push(`${mode}: ${result.ragged}`);
  }
  throw new Error(
    `${file}: the logits of a text read in parts are not those of the text read as a whole (${tried.join('; ')} of their range), ` +
      'so the graph does not use its past as the names of its inputs say.',
  );
}
