import { Binding } from './binding.ts';
import type { Device } from './device.ts';
import type { DeviceMemory, DeviceTensor } from './device-memory.ts';
import type { OrtLibrary } from './library.ts';
import { type GraphNode, smallModel } from './onnx-graph.ts';
import { Session } from './session.ts';
import { Tensor } from './tensor.ts';

/** Memories of equal use, one a cache, each seen as [units, words]. */
export interface Units {
  readonly memories: readonly DeviceMemory[];
  readonly units: number;
}

// Runs of few shapes: what is moved is filled up to a power of two, from here on, by moving its first unit again.
const FEWEST = 64;

/**
 * Moves units of memory on a device by two operators for each cache: all that is read is gathered before anything is
 * written, so what is read and what is written may overlap, and lie in one memory. Units are moved as words of 32 bits,
 * whatever they are: nothing is rounded.
 */
export class PositionMover {
  readonly #library: OrtLibrary;
  readonly #words: readonly number[];
  readonly #moving: Session;
  readonly #clearing: Session;

  /** @param words  of a unit, of each cache */
  constructor(library: OrtLibrary, device: Device, words: readonly number[]) {
    this.#library = library;
    this.#words = words;
    const folder = '.'; // no weights lie outside
    this.#moving = new Session(library, { bytes: moving(words), folder }, { threads: 1, device });
    this.#clearing = new Session(library, { bytes: clearing(words), folder }, { threads: 1, device });
  }

  /** Copies unit `from[i]` of each source to unit `to[i]` of its target, for all i at once; no target twice. */
  async move(sources: Units, targets: Units, from: readonly number[], to: readonly number[]): Promise<void> {
    if (from.length === 0) return;
    const count = Math.max(FEWEST, 2 ** Math.ceil(Math.log2(from.length)));
    const indexes = (values: readonly number[]) =>
      BigInt64Array.from({ length: count }, (_, place) => BigInt(values[place < values.length ? place : 0]!));
    const targeted = this.#tensors(targets);
    const sourced = sources === targets ? targeted : this.#tensors(sources);
    const binding = new Binding(
      this.#moving,
      {
        from: new Tensor(this.#library, 'int64', [count], indexes(from)),
        to: new Tensor(this.#library, 'int64', [count, 1], indexes(to)),
        ...named('source', sourced),
        ...named('target', targeted),
      },
      named('moved', targeted),
    );
    await this.#run(this.#moving, binding);
  }

  /** Sets all of it to zero. */
  async clear(targets: Units): Promise<void> {
    const zeros = Object.fromEntries(
      this.#words.flatMap((words, index) => [
        [`zero${index}`, new Tensor(this.#library, 'int32', [1, 1], new Int32Array(1))],
        [`shape${index}`, new Tensor(this.#library, 'int64', [2], BigInt64Array.of(BigInt(targets.units), BigInt(words)))],
      ]),
    );
    await this.#run(this.#clearing, new Binding(this.#clearing, zeros, named('cleared', this.#tensors(targets))));
  }

  release(): void {
    this.#moving.release();
    this.#clearing.release();
  }

  #tensors({ memories, units }: Units): DeviceTensor[] {
    return memories.map((memory, index) => memory.view('int32', [units, this.#words[index]!]));
  }

  async #run(session: Session, binding: Binding): Promise<void> {
    try {
      await session.run(binding);
    } finally {
      binding.release();
    }
  }
}

const named = <T>(name: string, values: readonly T[]): Record<string, T> =>
  Object.fromEntries(values.map((value, index) => [`${name}${index}`, value]));

function moving(words: readonly number[]): Uint8Array {
  const nodes = words.flatMap((_, index): GraphNode[] => [
    { operator: 'Gather', inputs: [`source${index}`, 'from'], outputs: [`gathered${index}`], attributes: { axis: 0 } },
    { operator: 'ScatterND', inputs: [`target${index}`, 'to', `gathered${index}`], outputs: [`moved${index}`] },
  ]);
  const units = (name: string) =>
    words.map((size, index) => ({ name: `${name}${index}`, type: 'int32', shape: [`${name}s`, size] }) as const);
  const indexes = [
    { name: 'from', type: 'int64', shape: ['count'] },
    { name: 'to', type: 'int64', shape: ['count', 1] },
  ] as const;
  return smallModel(nodes, [...indexes, ...units('source'), ...units('target')], units('moved'));
}

function clearing(words: readonly number[]): Uint8Array {
  const nodes = words.map((_, index): GraphNode => {
    return { operator: 'Expand', inputs: [`zero${index}`, `shape${index}`], outputs: [`cleared${index}`] };
  });
  const inputs = words.flatMap((_, index) => [
    { name: `zero${index}`, type: 'int32', shape: [1, 1] } as const,
    { name: `shape${index}`, type: 'int64', shape: [2] } as const,
  ]);
  return smallModel(
    nodes,
    inputs,
    words.map((size, index) => ({ name: `cleared${index}`, type: 'int32', shape: ['units', size] })),
  );
}
