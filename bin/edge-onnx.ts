/** The Worker with its reward models inside: a build variant, taken where the config names a backend of kind edge_onnx. */
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import type { Config } from '../schemas/config.ts';
import type { BundledModel } from '../src/backends/edge-onnx/models.ts';
import { readModelFolder } from './bundled-model.ts';
import { writeGenerated } from './generated.ts';
import { CannotStart, readConfig, root } from './settings.ts';

/** What the Worker's `#` imports stand for by this config; one that is absent keeps its meaning of package.json. */
export function workerAliases(configPath: string): Record<string, string> {
  const models = edgeModels(readConfig(configPath), configPath);
  return { '#winnow.config.json': configPath, ...(models ? { '#edge-onnx': edgeModule(models, dirname(configPath)) } : {}) };
}

/** A model that rewards read in the Worker: its folder, and as what they read it. */
interface ServedModel {
  readonly path: string;
  readonly kind: BundledModel['kind'];
}

/** Kinds of reward that a model in the Worker serves, and the kind of model that they read. */
const READ = { classifier: 'outcome', process: 'process' } as const;

/** The models that edge_onnx backends serve, by name; undefined where the config has no such backend. */
function edgeModels({ backends, rewards, models }: Config, file: string): Map<string, ServedModel> | undefined {
  const isEdge = (backend: string) => backends[backend]?.kind === 'edge_onnx';
  if (!Object.keys(backends).some(isEdge)) return undefined;
  const served = new Map<string, ServedModel>();
  for (const [name, reward] of Object.entries(rewards)) {
    if (!('backend' in reward) || !isEdge(reward.backend)) continue; // made of texts, or of other rewards
    if (reward.kind !== 'classifier' && reward.kind !== 'process')
      throw new CannotStart(
        `${file}: rewards.${name}: its backend is of kind edge_onnx, which has no rewards of kind ${reward.kind}. ` +
          `It has ${Object.keys(READ).join(' and ')}; give this reward a gpu_backend.`,
      );
    const { model } = reward;
    const entry = Object.hasOwn(models, model) ? models[model] : undefined;
    const known = Object.keys(models).join(', ') || 'none';
    if (!entry)
      throw new CannotStart(`${file}: rewards.${name}.model: models has no "${model}" that says its folder. Known: ${known}.`);
    const kind = READ[reward.kind];
    if ((served.get(model)?.kind ?? kind) !== kind)
      throw new CannotStart(
        `${file}: rewards.${name}.model: "${model}" is read as a classifier and as a process reward; it is one.`,
      );
    served.set(model, { path: entry.path, kind });
  }
  return served;
}

/** Writes the module that hands the wasm and the models to the adapter. One for an isolate: the adapter keeps what it loads. */
function edgeModule(models: ReadonlyMap<string, ServedModel>, configFolder: string): string {
  const folders = [...models].map(([name, { path, kind }]) => readModelFolder(name, resolve(configFolder, path), kind));
  const wasm = createRequire(import.meta.url).resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm');
  const adapter = join(root, 'src', 'backends', 'edge-onnx.ts');
  const text = [
    `import runtime from ${JSON.stringify(wasm)};`,
    `import { edgeOnnx as connect } from ${JSON.stringify(adapter)};`,
    ...folders.map(({ weights }, index) => `import weights${index} from ${JSON.stringify(weights)};`),
    'const models = [',
    ...folders.map(({ model }, index) => `  { ...${JSON.stringify(model)}, weights: weights${index} },`),
    '];',
    'const port = connect({ runtime, models });',
    'export const edgeOnnx = () => port;\n',
  ].join('\n');
  return writeGenerated('mjs', text);
}
