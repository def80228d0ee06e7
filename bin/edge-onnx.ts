/** The Worker with its reward models inside: a build variant, taken where the config names a backend of kind edge_onnx. */
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import type { Config } from '../schemas/config.ts';
import { readModelFolder } from './bundled-model.ts';
import { writeGenerated } from './generated.ts';
import { CannotStart, readConfig, root } from './settings.ts';

/** What the Worker's `#` imports stand for by this config; one that is absent keeps its meaning of package.json. */
export function workerAliases(configPath: string): Record<string, string> {
  const models = edgeModels(readConfig(configPath), configPath);
  return { '#winnow.config.json': configPath, ...(models ? { '#edge-onnx': edgeModule(models, dirname(configPath)) } : {}) };
}

/** Folders of the models that edge_onnx backends serve, by name; undefined where the config has no such backend. */
function edgeModels({ backends, rewards, models }: Config, file: string): Map<string, string> | undefined {
  const isEdge = (backend: string) => backends[backend]?.kind === 'edge_onnx';
  if (!Object.keys(backends).some(isEdge)) return undefined;
  const served = Object.entries(rewards).filter(([, { backend }]) => isEdge(backend));
  return new Map(
    served.map(([name, { kind, model }]) => {
      if (kind !== 'classifier')
        throw new CannotStart(
          `${file}: rewards.${name}: its backend is of kind edge_onnx, which has no rewards of kind ${kind}.`,
        );
      const entry = Object.hasOwn(models, model) ? models[model] : undefined;
      if (entry) return [model, entry.path];
      const known = Object.keys(models).join(', ') || 'none';
      throw new CannotStart(`${file}: rewards.${name}.model: models has no "${model}" that says its folder. Known: ${known}.`);
    }),
  );
}

/** Writes the module that hands the wasm and the models to the adapter. One for an isolate: the adapter keeps what it loads. */
function edgeModule(models: ReadonlyMap<string, string>, configFolder: string): string {
  const folders = [...models].map(([name, path]) => readModelFolder(name, resolve(configFolder, path)));
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
