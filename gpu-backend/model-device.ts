import type { ModelConfig } from '../schemas/config.ts';
import type { Model } from './models/load.ts';
import type { Device } from './ort/device.ts';
import type { Devices } from './ort/devices.ts';

/**
 * Opens the device of a model: the first of its providers that this machine has.
 *
 * @throws Error that says what each of them lacks
 */
export function deviceOf(devices: Devices, name: string, { provider }: ModelConfig): Device {
  try {
    return devices.first(provider, (reason) => console.warn(`models.${name}.provider: ${reason} The next one is taken.`));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const next =
      provider.length > 1
        ? ''
        : ' There is no other one to take: a list, as ["webgpu", "cpu"], goes on with the next where one cannot be used.';
    throw new Error(`models.${name}.provider: ${reason}${next}`, { cause });
  }
}

/**
 * Says where the keys and values of a policy on a device lie in the host's memory: each step then waits for them.
 *
 * @throws Error where `require_device_cache` is set
 */
export function checkCache(model: Model, { provider }: Device, { require_device_cache: required }: ModelConfig): void {
  if (model.kind !== 'policy' || provider === 'cpu' || model.memory) return;
  const message =
    `models.${model.name}: its keys and values lie in the host's memory although it runs on ${provider}, as the graph has no attention ` +
    'that this provider computes in place. Export it for this provider, with onnxruntime-genai and float16 for cuda (docs/providers.md).';
  if (required) throw new Error(`${message} require_device_cache is set.`);
  console.warn(`${message} It is served, and slow.`);
}
