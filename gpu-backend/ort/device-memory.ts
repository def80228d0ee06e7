import type { Handle, OrtLibrary } from './library.ts';
import type { Session } from './session.ts';
import { type ElementType, elementBytes, elementTypes } from './tensor.ts';

/** A tensor that lies in the memory of a device: a view, whose release frees nothing but itself. */
export class DeviceTensor {
  readonly handle: Handle;
  readonly #library: OrtLibrary;

  /** Use `DeviceMemory.view`. */
  constructor(library: OrtLibrary, handle: Handle) {
    this.#library = library;
    this.handle = handle;
  }

  release(): void {
    this.#library.release('ReleaseValue', this.handle);
  }
}

/** Memory where a session keeps one of its inputs, taken once and for all; tensors of any type and shape are views of it. */
export class DeviceMemory {
  readonly bytes: number;
  readonly #session: Session;
  readonly #info: Handle;
  readonly #allocator: Handle;
  readonly #value: Handle;
  readonly #pointer: Handle;

  /**
   * @param input  the session's input beside which it is to lie
   * @throws Error where there is not so much
   */
  constructor(session: Session, input: string, bytes: number) {
    const { library } = session;
    this.bytes = bytes;
    this.#session = session;
    this.#info = session.memoryInfo(input); // the session's
    this.#allocator = library.create('CreateAllocator', session.handle, this.#info);
    const shape = BigInt64Array.of(BigInt(Math.ceil(bytes / elementBytes.int32)));
    try {
      this.#value = library.create('CreateTensorAsOrtValue', this.#allocator, shape, shape.length, elementTypes.int32);
    } catch (cause) {
      library.release('ReleaseAllocator', this.#allocator);
      throw cause;
    }
    this.#pointer = library.create('GetTensorMutableData', this.#value);
  }

  /**
   * A tensor over its beginning, or from a byte on where the device's memory has addresses.
   *
   * @throws Error where it is longer than the memory
   */
  view(type: ElementType, shape: readonly number[], from = 0): DeviceTensor {
    const { library, device } = this.#session;
    const bytes = shape.reduce((product, size) => product * size, elementBytes[type]);
    if (from + bytes > this.bytes)
      throw new Error(`A tensor of shape [${shape}] from byte ${from} on needs ${from + bytes} bytes; there are ${this.bytes}.`);
    if (from > 0 && !device.addressable) throw new Error(`Memory of ${device.provider} can be bound from its beginning only.`);
    const dimensions = BigInt64Array.from(shape, BigInt);
    const handle = library.create(
      'CreateTensorWithDataAsOrtValue',
      this.#info,
      this.#pointer + BigInt(from),
      bytes,
      dimensions,
      shape.length,
      elementTypes[type],
    );
    return new DeviceTensor(library, handle);
  }

  release(): void {
    const { library } = this.#session;
    this.#session.exclusively(() => {
      library.release('ReleaseValue', this.#value);
      library.release('ReleaseAllocator', this.#allocator);
    });
  }
}
