import type { Device } from './device.ts';
import type { OrtLibrary } from './library.ts';
import { Lock } from './lock.ts';
import { smallModel } from './onnx-graph.ts';
import type { Provider } from './providers/provider.ts';
import { providers } from './providers/registry.ts';
import { Session } from './session.ts';

/** A provider and its options, under ONNX Runtime's names. */
export interface ProviderChoice {
  readonly name: string;
  readonly [option: string]: string | number | boolean | undefined;
}

/** The devices of this process. Whoever runs anything on one of them takes it from here, so that all share its lock. */
export class Devices {
  readonly #library: OrtLibrary;
  readonly #folders: readonly string[];
  readonly #locks = new Map<string, Lock>();
  /** By their choice. */
  readonly #open = new Map<string, Device>();

  /** @param folders  in which libraries of providers are looked for, before the usual ones */
  constructor(library: OrtLibrary, folders: readonly string[] = []) {
    this.#library = library;
    this.#folders = folders;
  }

  /**
   * Opens a device and tries it with a graph of one operator.
   *
   * @throws Error that says what is missing, and where it comes from
   */
  open(choice: ProviderChoice): Device {
    const key = JSON.stringify(choice);
    const known = this.#open.get(key);
    if (known) return known;
    const { name, ...options } = choice;
    const provider = providers[name];
    if (!provider) throw new Error(`No execution provider is named "${name}". Known: ${Object.keys(providers).join(', ')}.`);
    try {
      provider.prepare?.(this.#library, this.#folders);
      const device = this.#device(name, provider, options);
      new Session(this.#library, { bytes: identity, folder: '.' }, { threads: 1, device }).release();
      this.#open.set(key, device);
      return device;
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`The provider ${name} cannot be used: ${provider.explain(message, this.#library)}`, { cause });
    }
  }

  /**
   * The first of several that this machine has.
   *
   * @param skipped  told of each that it has not, with the reason
   * @throws Error with the reason of each where it has none
   */
  first(choices: readonly ProviderChoice[], skipped: (reason: string) => void): Device {
    const reasons: string[] = [];
    for (const choice of choices) {
      try {
        const device = this.open(choice);
        for (const reason of reasons) skipped(reason);
        return device;
      } catch (cause) {
        reasons.push(cause instanceof Error ? cause.message : String(cause));
      }
    }
    throw new Error(reasons.join('\n'));
  }

  #device(name: string, provider: Provider, given: Omit<ProviderChoice, 'name'>): Device {
    const told = Object.entries(given).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)] as const]));
    const options = Object.fromEntries(told);
    return {
      provider: name,
      memory: provider.memory,
      addressable: provider.addressable,
      lock: provider.overlaps ? null : this.#lock(name),
      append: (session) => provider.append(this.#library, session, options),
    };
  }

  #lock(name: string): Lock {
    const known = this.#locks.get(name) ?? new Lock();
    this.#locks.set(name, known);
    return known;
  }
}

const shape = ['length'];
const identity = smallModel(
  [{ operator: 'Identity', inputs: ['given'], outputs: ['same'] }],
  [{ name: 'given', type: 'float32', shape }],
  [{ name: 'same', type: 'float32', shape }],
);
