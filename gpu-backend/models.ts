import { totalmem } from 'node:os';
import { resolve } from 'node:path';
import type { BackendModel } from '../schemas/backend.ts';
import type { Config } from '../schemas/config.ts';
import { WinnowError } from '../schemas/errors.ts';
import { Engine, type EngineLimits } from './engine/engine.ts';
import { Scorer } from './engine/scorer.ts';
import { loadModel, type Model } from './models/load.ts';
import { openLibrary } from './ort/library.ts';

/** Every model that this process serves: policies behind an engine, rewards behind a scorer. */
export class Models {
  readonly #engines = new Map<string, Engine>();
  readonly #scorers = new Map<string, Scorer>();

  add(model: Model, limits: EngineLimits): void {
    if (model.kind === 'policy') this.#engines.set(model.name, new Engine(model, limits));
    else this.#scorers.set(model.name, new Scorer(model));
  }

  /** @throws `model_not_found` that lists the policies */
  engine(name: string): Engine {
    return this.#engines.get(name) ?? unknown('policy', name, this.#engines, 'model');
  }

  /** @throws `model_not_found` that lists the reward models */
  scorer(name: string, param: string): Scorer {
    return this.#scorers.get(name) ?? unknown('reward model', name, this.#scorers, param);
  }

  list(): BackendModel[] {
    return [...this.#engines.values(), ...this.#scorers.values()].map(({ model }) => ({
      name: model.name,
      kind: model.kind,
      context: model.context,
      chat_template: model.template !== null,
      fingerprint: model.fingerprint,
    }));
  }

  async close(): Promise<void> {
    for (const served of [...this.#engines.values(), ...this.#scorers.values()]) {
      await served.close();
      served.model.release();
    }
  }
}

/** Loads every model of the configuration; paths start from `folder`. */
export async function loadModels(config: Config, folder: string): Promise<Models> {
  const library = await openLibrary(config.ort.library);
  const models = new Models();
  for (const [name, entry] of Object.entries(config.models)) {
    const model = await loadModel(library, name, resolve(folder, entry.path), entry);
    models.add(model, { slots: entry.slots, maxWaiting: entry.max_waiting, maxKvBytes: entry.max_kv_bytes ?? quarterOfMemory() });
  }
  return models;
}

/** Of what this process may use: a container's limit, or the machine's memory. */
function quarterOfMemory(): number {
  const limit = process.constrainedMemory();
  return Math.floor((limit > 0 ? Math.min(limit, totalmem()) : totalmem()) / 4);
}

function unknown(kind: string, name: string, known: ReadonlyMap<string, unknown>, param: string): never {
  const names = [...known.keys()].join(', ') || 'none';
  throw new WinnowError(
    'model_not_found',
    `No ${kind} is named ${JSON.stringify(name)} here. Known: ${names}. Models are set in winnow.config.json.`,
    {
      param,
    },
  );
}
