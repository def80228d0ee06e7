import { quoted, WinnowError } from '../../../schemas/errors.ts';
import { ChatTemplate } from '../../tokens/chat-template.ts';
import type { Readout } from '../../tokens/readout.ts';
import type { RewardReading, TextReader } from '../../tokens/reward-row.ts';
import { Tokenizer } from '../../tokens/tokenizer.ts';
import { type EdgeSession, OrtRuntime } from './runtime.ts';

/** How rows of different lengths go into one run. */
export interface RowPadding {
  /** Id that fills a row up. */
  readonly id: number;
  /** `equal`: not at all, so rows of one length go together. */
  readonly side: 'left' | 'right' | 'equal';
}

/** A reward model as it lies in the bundle. */
export interface BundledModel {
  readonly name: string;
  readonly kind: 'outcome' | 'process';
  /** Tokens of prompt and text together. */
  readonly context: number;
  readonly padding: RowPadding;
  readonly reading: RewardReading;
  readonly readout: Readout;
  readonly fingerprint: string;
  readonly weights: ArrayBuffer;
  /** tokenizer.json and tokenizer_config.json. */
  readonly tokenizer: ConstructorParameters<typeof Tokenizer>[0];
  readonly tokenizerConfig: object;
  readonly template: string | null;
  /** Texts of the special tokens by their names: variables of the template. */
  readonly special: Readonly<Record<string, string>>;
}

/** What a Worker with models inside was bundled with. */
export interface EdgeBundle {
  readonly runtime: WebAssembly.Module;
  readonly models: readonly BundledModel[];
}

export interface EdgeModel extends TextReader {
  readonly padding: RowPadding;
  readonly readout: Readout;
  readonly fingerprint: string;
  readonly session: EdgeSession;
}

/** The models of an isolate, each loaded at its first use and then kept for all requests. */
export class EdgeModels {
  readonly bundled: readonly BundledModel[];
  readonly #runtime: OrtRuntime;
  readonly #loading = new Map<string, Promise<EdgeModel>>();

  constructor({ runtime, models }: EdgeBundle) {
    this.bundled = models;
    this.#runtime = new OrtRuntime(runtime);
  }

  /** @throws `model_not_found` that lists the models, `backend_error` for one that cannot be loaded */
  load(name: string): Promise<EdgeModel> {
    const found = this.bundled.find((model) => model.name === name);
    if (!found) throw unknown(name, this.bundled);
    const loading = this.#loading.get(name) ?? this.#load(found);
    this.#loading.set(name, loading);
    return loading;
  }

  async #load({ name, weights, tokenizer, tokenizerConfig, template, special, ...facts }: BundledModel): Promise<EdgeModel> {
    try {
      return {
        ...facts,
        tokenizer: new Tokenizer(tokenizer, tokenizerConfig),
        template: template === null ? null : new ChatTemplate(template, special),
        session: await this.#runtime.open(weights),
      };
    } catch (cause) {
      this.#loading.delete(name); // the next request tries again: memory may have been short
      throw new WinnowError('backend_error', `The reward model ${quoted(name)} cannot be loaded in this Worker.`, { cause });
    }
  }
}

function unknown(name: string, models: readonly BundledModel[]): WinnowError {
  const known = models.map((model) => model.name).join(', ') || 'none';
  return new WinnowError('model_not_found', `No reward model is named ${quoted(name)} in this Worker. Known: ${known}.`, {
    param: 'model',
  });
}
