import type { Handle, OrtLibrary } from './library.ts';

/** Element types by their number in the C API (ONNXTensorElementDataType). */
export const elementTypes = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
} as const;
export type ElementType = keyof typeof elementTypes;
export const elementBytes: Record<ElementType, number> = {
  float32: 4,
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  int32: 4,
  int64: 8,
  bool: 1,
  float16: 2,
  float64: 8,
  uint32: 4,
  uint64: 8,
  bfloat16: 2,
};

/** The name of an element type, or the number where this backend has none for it. */
export const elementName = (number: number): ElementType | `type ${number}` =>
  (Object.keys(elementTypes) as ElementType[]).find((name) => elementTypes[name] === number) ?? `type ${number}`;

/**
 * A tensor over memory that JavaScript owns: the runtime reads and writes `data` in place, nothing is copied. `data` may
 * be longer than the shape, as where only the first rows of a buffer take part in a run.
 */
export class Tensor {
  /** Kept for the runtime's sake: its pointer is good as long as this array lives. */
  readonly data: ArrayBufferView;
  readonly shape: readonly number[];
  readonly handle: Handle;
  readonly #library: OrtLibrary;

  constructor(library: OrtLibrary, type: ElementType, shape: readonly number[], data: ArrayBufferView) {
    const bytes = shape.reduce((product, size) => product * size, elementBytes[type]);
    if (bytes > data.byteLength)
      throw new Error(`A tensor of shape [${shape}] needs ${bytes} bytes; ${data.byteLength} were given.`);
    this.#library = library;
    this.data = data;
    this.shape = shape;
    const dimensions = BigInt64Array.from(shape, BigInt);
    this.handle = library.create(
      'CreateTensorWithDataAsOrtValue',
      library.cpuMemory,
      data,
      bytes,
      dimensions,
      shape.length,
      elementTypes[type],
    );
  }

  release(): void {
    this.#library.release('ReleaseValue', this.handle);
  }
}
