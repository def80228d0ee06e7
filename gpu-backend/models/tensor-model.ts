import type { GraphValue, OutputTensor, Session } from '../ort/session.ts';
import { type ElementType, elementBytes, elementTypes, Tensor } from '../ort/tensor.ts';

/** A tensor as JavaScript has it. */
export interface TensorInput {
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** Any ONNX graph: named tensors in, named tensors out. For other modalities, and for what no other head reads. */
export class TensorModel {
  readonly kind = 'tensors';
  readonly name: string;
  readonly fingerprint: string;
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
  readonly #session: Session;

  /** @throws Error where an input has a type that no request can give (a sequence, text, bfloat16) */
  constructor({ name, fingerprint }: { name: string; fingerprint: string }, session: Session) {
    for (const { name: input, type } of [...session.inputs, ...session.outputs]) {
      if (!(type in elementTypes))
        throw new Error(
          `The model "${name}" has "${input}" of ${type} of ONNX; ${Object.keys(elementTypes).join(', ')} are served.`,
        );
    }
    this.name = name;
    this.fingerprint = fingerprint;
    this.inputs = session.inputs;
    this.outputs = session.outputs;
    this.#session = session;
  }

  /** Every output; the inputs were checked. */
  async run(inputs: Readonly<Record<string, TensorInput>>): Promise<Record<string, OutputTensor>> {
    const { library } = this.#session;
    const tensors = Object.entries(inputs).map(([name, { type, shape, bytes }]) => {
      const size = shape.reduce((product, each) => product * each, elementBytes[type]);
      return [name, new Tensor(library, type, shape, size === 0 ? new Uint8Array(1) : bytes)] as const;
    });
    try {
      return await this.#session.outputsOf(Object.fromEntries(tensors));
    } finally {
      for (const [, tensor] of tensors) tensor.release();
    }
  }

  release(): void {
    this.#session.release();
  }
}
