import { quoted, WinnowError } from '../../../schemas/errors.ts';
import { ChatTemplate, specialTokens } from '../../tokens/chat-template.ts';
import type { PromptReader } from '../../tokens/prompt.ts';
import { Tokenizer } from '../../tokens/tokenizer.ts';
import { type EdgeSession, OrtRuntime } from './runtime.ts';

/** A reward model as it lies in the bundle. */
export interface BundledModel {
  readonly name: string;
  /** Tokens of prompt and text together. */
  readonly context: number;
  /** Id that fills a row up. */
  readonly padding: number;
  readonly fingerprint: string;
  readonly weights: ArrayBuffer;
  /** tokenizer.json and tokenizer_config.json. */
  readonly tokenizer: ConstructorParameters<typeof Tokenizer>[0];
  readonly tokenizerConfig: object;
  readonly template: string | null;
}

/** What a Worker with models inside was bundled with. */
export interface EdgeBundle {
  readonly runtime: WebAssembly.Module;
  readonly models: readonly BundledModel[];
}

export interface EdgeModel extends PromptReader {
  readonly padding: number;
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

  async #load({ name, weights, tokenizer, tokenizerConfig, template, context, padding }: BundledModel): Promise<EdgeModel> {
    try {
      return {
        tokenizer: new Tokenizer(tokenizer, tokenizerConfig),
        template: template === null ? null : new ChatTemplate(template, specialTokens(tokenizerConfig)),
        context,
        padding,
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
