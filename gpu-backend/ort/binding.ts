import type { Handle, OrtLibrary } from './library.ts';
import type { Session } from './session.ts';
import type { Tensor } from './tensor.ts';

/**
 * Which tensors a run reads and writes. It can be run again and again: what changes between two runs is what lies in the
 * tensors. Outputs are written in place, past and present cache may be one tensor.
 */
export class Binding {
  readonly handle: Handle;
  readonly #library: OrtLibrary;
  /** Held so that their memory outlives the runs. */
  readonly #tensors: readonly Tensor[];

  constructor(session: Session, inputs: Readonly<Record<string, Tensor>>, outputs: Readonly<Record<string, Tensor>>) {
    this.#library = session.library;
    this.#tensors = [...new Set([...Object.values(inputs), ...Object.values(outputs)])];
    this.handle = this.#library.create('CreateIoBinding', session.handle);
    for (const [name, tensor] of Object.entries(inputs)) this.#library.call('BindInput', this.handle, name, tensor.handle);
    for (const [name, tensor] of Object.entries(outputs)) this.#library.call('BindOutput', this.handle, name, tensor.handle);
  }

  /** Releases the binding and its tensors' handles; the arrays under them stay. */
  release(): void {
    this.#library.release('ReleaseIoBinding', this.handle);
    for (const tensor of this.#tensors) tensor.release();
  }
}
