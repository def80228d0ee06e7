import { edgeOnnx } from '#edge-onnx';
import type { BackendConfig } from '../../schemas/config.ts';
import { gpuBackend } from './gpu-backend.ts';
import type { BackendPort } from './port.ts';

/** Environment variables and secrets of the process or the Worker. */
export type Environment = Readonly<Record<string, unknown>>;

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

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
  }
}
