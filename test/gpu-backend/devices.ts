import { join } from 'node:path';
import { Engine, type EngineLimits } from '../../gpu-backend/engine/engine.ts';
import type { EngineObserver } from '../../gpu-backend/engine/observer.ts';
import { CausalLm } from '../../gpu-backend/models/causal-lm.ts';
import { DeviceStorage } from '../../gpu-backend/models/device-storage.ts';
import { ModelFiles } from '../../gpu-backend/models/files.ts';
import { openGenai } from '../../gpu-backend/models/genai-layout.ts';
import { loadTokenizer } from '../../gpu-backend/models/tokenizer.ts';
import { cpuDevice, type Device } from '../../gpu-backend/ort/device.ts';
import { Devices } from '../../gpu-backend/ort/devices.ts';
import { openLibrary } from '../../gpu-backend/ort/library.ts';
import { Lock } from '../../gpu-backend/ort/lock.ts';

export const library = await openLibrary();
export const devices = new Devices(library);

/** The WebGPU of this machine, or why there is none: for the names of tests that are skipped. */
export const webgpu: { readonly device: Device | null; readonly reason: string } = (() => {
  try {
    return { device: devices.open({ name: 'webgpu' }), reason: '' };
  } catch (cause) {
    return { device: null, reason: (cause as Error).message.split('\n')[0]!.slice(0, 90) };
  }
})();

/** The cpu as if it were a device apart: what is on it is locked, and moved by graphs. */
export const apart = (addressable: boolean): Device => ({ ...cpuDevice, provider: 'apart', lock: new Lock(), addressable });

const tiny = join(import.meta.dirname, '../fixtures/tiny-models/devices');

/** One of the tiny policies on a device; keys and values lie there. */
export async function tinyPolicy(name: 'float32' | 'float16', device: Device): Promise<CausalLm> {
  const files = new ModelFiles(join(tiny, name));
  const { session, layout } = await openGenai(library, files, { threads: 1, device });
  const { tokenizer } = await loadTokenizer(files);
  const model = new CausalLm({ name, fingerprint: '', session, layout, tokenizer, template: null });
  if (device.provider !== 'apart') {
    await model.tryDevice();
    return model;
  }
  const caches = layout.caches.map(({ past }) => ({ past, ...layout.cache }));
  const spareRows = device.addressable ? 0 : 1;
  return Object.assign(model, {
    memory: {
      spareRows,
      allocate: (sizes: { rows: number; kept: number }, context: number) =>
        new DeviceStorage(session, caches, sizes, spareRows * context),
    },
  });
}

export async function tinyEngine(
  name: 'float32' | 'float16',
  device: Device,
  limits: Partial<EngineLimits> = {},
  observer?: EngineObserver,
): Promise<Engine> {
  return new Engine(await tinyPolicy(name, device), { slots: 6, maxWaiting: 1000, maxKvBytes: 4 << 20, ...limits }, observer);
}
