import { DeviceTensor } from './device-memory.ts';
import type { Handle, OrtLibrary } from './library.ts';
import type { Session } from './session.ts';
import type { Tensor } from './tensor.ts';

type Bound = Tensor | DeviceTensor;

/**
 * Which tensors a run reads and writes. It can be run again and again: what changes between two runs is what lies in the
 * tensors. Outputs are written in place, past and present cache may be one tensor.
 */
export class Binding {
  readonly handle: Handle;
  readonly #session: Session;
  readonly #library: OrtLibrary;
  /** Held so that their memory outlives the runs. */
  readonly #tensors: readonly Bound[];
  /** Inputs that lie in the host's memory. The runtime copies them to a device as they are bound, never again. */
  readonly #fromHost: readonly (readonly [name: string, tensor: Tensor])[];

  constructor(session: Session, inputs: Readonly<Record<string, Bound>>, outputs: Readonly<Record<string, Bound>>) {
    this.#session = session;
    this.#library = session.library;
    this.#tensors = [...new Set([...Object.values(inputs), ...Object.values(outputs)])];
    this.handle = this.#library.create('CreateIoBinding', session.handle);
    const { lock } = session.device;
    const given = Object.entries(inputs);
    this.#fromHost = lock ? given.filter((input): input is [string, Tensor] => !(input[1] instanceof DeviceTensor)) : [];
    for (const [name, tensor] of given)
      if (!lock || tensor instanceof DeviceTensor) this.#library.call('BindInput', this.handle, name, tensor.handle);
    for (const [name, tensor] of Object.entries(outputs)) this.#library.call('BindOutput', this.handle, name, tensor.handle);
  }

  /** Before each run, with the device's lock held: what the host's memory holds now goes to the device. */
  upload(): void {
    for (const [name, tensor] of this.#fromHost) this.#library.call('BindInput', this.handle, name, tensor.handle);
  }

  /** Releases the binding and its tensors' handles; the memory under them stays. */
  release(): void {
    this.#session.exclusively(() => {
      this.#library.release('ReleaseIoBinding', this.handle);
      for (const tensor of this.#tensors) tensor.release();
    });
  }
}
