import type { Handle } from './library.ts';
import type { Lock } from './lock.ts';

/** What differs from one execution provider to another. */
export interface Device {
  readonly provider: string;
  /** What ONNX Runtime calls its memory: the beginning of the name. */
  readonly memory: string;
  /** Held by every call that reaches the device; null where calls may overlap. */
  readonly lock: Lock | null;
  /** Whether a part of its memory can be bound by its address. Elsewhere a pointer is the handle of a whole. */
  readonly addressable: boolean;
  /** Adds the provider to the options of a session. */
  append(options: Handle): void;
}

/** Where nothing else is asked for. */
export const cpuDevice: Device = {
  provider: 'cpu',
  memory: 'Cpu',
  lock: null,
  addressable: true,
  append: () => {},
};
