import { totalmem } from 'node:os';
import { resolve } from 'node:path';
import type { BackendModel } from '../schemas/backend.ts';
import type { Config } from '../schemas/config.ts';
import { WinnowError } from '../schemas/errors.ts';
import { Engine, type EngineLimits } from './engine/engine.ts';
import type { EngineObserver } from './engine/observer.ts';
import { PrefixReader, type ReadingObserver } from './engine/prefix-reader.ts';
import { Scorer } from './engine/scorer.ts';
import { checkCache, deviceOf } from './model-device.ts';
import type { Embedder } from './models/embedder.ts';
import { loadModel, type Model } from './models/load.ts';
import type { RewardModel } from './models/reward-model.ts';
import type { TensorModel } from './models/tensor-model.ts';
import { Devices } from './ort/devices.ts';
import { openLibrary } from './ort/library.ts';

// A GPU's memory is taken whole at start, and how much there is no interface of ONNX Runtime says.
const DEVICE_KV_BYTES = 1 << 30;

/** Every model that this process serves: policies behind an engine, rewards and embedders behind a scorer. */
export class Models {
  readonly #engines = new Map<string, Engine>();
  readonly #scorers = new Map<string, Scorer>();
  /** Of those rewards that keep what they have read. */
  readonly #prefixReaders = new Map<string, PrefixReader>();
  readonly #embedders = new Map<string, Scorer<Embedder>>();
  readonly #tensors = new Map<string, TensorModel>();

  add(model: Model, limits: EngineLimits, observe?: (model: string) => EngineObserver): void {
    if (model.kind === 'policy') this.#engines.set(model.name, new Engine(model, limits, observe?.(model.name)));
    else if (model.kind === 'embedding') this.#embedders.set(model.name, new Scorer(model));
    else if (model.kind === 'tensors') this.#tensors.set(model.name, model);
    else this.#addReward(model, limits, observe);
  }

  #addReward(model: RewardModel, { maxKvBytes }: EngineLimits, observe?: (model: string) => ReadingObserver): void {
    const reader = model.past ? new PrefixReader(model.past, maxKvBytes, observe?.(model.name)) : null;
    if (reader) this.#prefixReaders.set(model.name, reader);
    this.#scorers.set(model.name, new Scorer(model, reader ?? model));
  }

  /** @throws `model_not_found` that lists the policies */
  engine(name: string): Engine {
    return this.#engines.get(name) ?? unknown('policy', name, this.#engines, 'model');
  }

  /** @throws `model_not_found` that lists the reward models */
  scorer(name: string, param: string): Scorer {
    return this.#scorers.get(name) ?? unknown('reward model', name, this.#scorers, param);
  }

  /** Positions that rewards keep of what they have read. */
  kept(): [model: string, positions: number][] {
    return [...this.#prefixReaders].map(([name, { kept }]) => [name, kept]);
  }

  /** @throws `model_not_found` that lists the embedders */
  embedder(name: string): Scorer<Embedder> {
    return this.#embedders.get(name) ?? unknown('embedder', name, this.#embedders, 'model');
  }

  /** @throws `model_not_found` that lists the models of kind tensors */
  tensors(name: string): TensorModel {
    return this.#tensors.get(name) ?? unknown('model of kind tensors', name, this.#tensors, 'model');
  }

  list(): BackendModel[] {
    const read = [...this.#engines.values(), ...this.#scorers.values(), ...this.#embedders.values()].map(
      ({ model }): BackendModel => ({
        name: model.name,
        kind: model.kind,
        context: model.context,
        chat_template: model.template !== null,
        fingerprint: model.fingerprint,
        ...(model.kind === 'embedding'
          ? { dimensions: model.dimensions, pooling: model.pooling, normalized: model.normalize }
          : {}),
      }),
    );
    const tensors = [...this.#tensors.values()].map(
      ({ name, kind, fingerprint, inputs, outputs }): BackendModel => ({
        name,
        kind,
        context: 0,
        chat_template: false,
        fingerprint,
        inputs: [...inputs],
        outputs: [...outputs],
      }),
    );
    return [...read, ...tensors];
  }

  async close(): Promise<void> {
    for (const served of [...this.#engines.values(), ...this.#scorers.values(), ...this.#embedders.values()]) {
      await served.close();
      served.model.release();
    }
    for (const model of this.#tensors.values()) model.release();
  }
}

/** Loads every model of the configuration; paths start from `folder`. `observe` makes what an engine, or a reward that keeps what it has read, tells its work to. */
export async function loadModels(config: Config, folder: string, observe?: (model: string) => EngineObserver): Promise<Models> {
  const library = await openLibrary(config.ort.library);
  const devices = new Devices(
    library,
    config.ort.search.map((each) => resolve(folder, each)),
  );
  const models = new Models();
  for (const [name, entry] of Object.entries(config.models)) {
    const device = deviceOf(devices, name, entry);
    const model = await loadModel(library, name, resolve(folder, entry.path), entry, device);
    checkCache(model, device, entry);
    if (model.kind === 'policy') await model.tryDevice?.();
    const onDevice = model.kind === 'policy' && model.memory;
    const maxKvBytes = entry.max_kv_bytes ?? (onDevice ? DEVICE_KV_BYTES : quarterOfMemory());
    models.add(model, { slots: entry.slots, maxWaiting: entry.max_waiting, maxKvBytes }, observe);
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
