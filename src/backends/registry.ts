import { edgeOnnx } from '#edge-onnx';
import type { BackendConfig } from '../../schemas/config.ts';
import { gpuBackend } from './gpu-backend.ts';
import type { Wanted } from './openai/abilities.ts';
import { refuseLacking } from './openai/abilities.ts';
import type { Learned } from './openai/learned.ts';
import { openai } from './openai.ts';
import type { BackendPort } from './port.ts';

/** Environment variables and secrets of the process or the Worker. */
export type Environment = Readonly<Record<string, unknown>>;

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** What servers showed of themselves, by their entry of the config: one probe each, and nothing of a request. */
const learned = new WeakMap<BackendConfig, Learned>();

/** The only list of adapters: a backend of the config as a port. */
export function connect(name: string, config: BackendConfig, environment: Environment): BackendPort {
  switch (config.kind) {
    case 'gpu_backend': {
      const moved = name === 'local' ? text(environment.WINNOW_BACKEND_URL) : undefined;
      const url = (moved ?? config.url).replace(/\/+$/, '');
      return gpuBackend({ url, key: text(environment[config.key]), fetch: (...call) => fetch(...call) });
    }
    case 'edge_onnx':
      return edgeOnnx();
    case 'openai': {
      const known = learned.get(config) ?? {};
      learned.set(config, known);
      const key = config.key === undefined ? undefined : text(environment[config.key]);
      return openai({ config, key, learned: known, fetch: (...call) => fetch(...call) });
    }
  }
}

/**
 * Refuses what a policy behind this backend cannot do, before anything is spent.
 *
 * @throws WinnowError `capability_missing`; `pathOf` says where a parameter stands in the caller's body
 */
export function refuseUnable(config: BackendConfig, wanted: Wanted, pathOf: (param: string) => string): void {
  if (config.kind === 'openai') refuseLacking(config, wanted, pathOf);
}
