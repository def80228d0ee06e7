import type { Binding } from './binding.ts';
import { cpuDevice, type Device } from './device.ts';
import type { FunctionName } from './functions.ts';
import type { Handle, OrtLibrary } from './library.ts';
import { type ElementType, elementBytes, elementName, type Tensor } from './tensor.ts';

/** An input or output of a graph. A dimension that the graph leaves open is -1. */
export interface GraphValue {
  readonly name: string;
  readonly type: ElementType | `type ${number}`;
  readonly shape: readonly number[];
}

export interface SessionOptions {
  /** Threads inside one operator. */
  readonly threads: number;
  /** Between two operators of a run its threads spin, not sleep; behind the run they sleep. */
  readonly spin?: boolean;
  /** Where it runs; the cpu where absent. What a device cannot compute the cpu does. */
  readonly device?: Device | undefined;
}

/** Where a graph comes from: a file, or its bytes with the folder that its external data lie in. */
export type GraphSource = string | { readonly bytes: Uint8Array; readonly folder: string };

const OPTIMISE_ALL = 99; // ORT_ENABLE_ALL
// Threads that go on spinning behind a run starve Node and workerd on two cores, so they stop with it. Within one, a step
// of SmolLM2 takes 13 to 16 ms in place of 19 to 21 at one row, and 6 to 12 % less at 16.
const SPINNING = [
  ['session.intra_op.allow_spinning', '1'],
  ['session.force_spinning_stop', '1'],
] as const;
const SLEEPING = [['session.intra_op.allow_spinning', '0']] as const;

/** A graph ready to run. `run` may be called again while another run is under way. */
export class Session {
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
  readonly handle: Handle;
  readonly library: OrtLibrary;
  readonly device: Device;

  constructor(library: OrtLibrary, source: GraphSource, options: SessionOptions) {
    this.library = library;
    this.device = options.device ?? cpuDevice;
    if (this.device.lock?.held) throw new Error(`A session was to be made on ${this.device.provider} while another one runs.`);
    this.handle = createSession(library, source, options);
    this.inputs = graphValues(library, this.handle, 'Input');
    this.outputs = graphValues(library, this.handle, 'Output');
  }

  /** Computes the outputs of `binding` from its inputs, off the event loop. */
  run(binding: Binding): Promise<void> {
    const compute = () => this.library.callAsync('RunWithBinding', this.handle, null, binding.handle);
    const { lock } = this.device;
    if (!lock) return compute();
    return lock.hold(() => {
      binding.upload();
      return compute();
    });
  }

  /** Does what touches the device when nothing else does: at once where nothing runs there. */
  exclusively(work: () => void): void {
    const { lock } = this.device;
    if (lock) lock.hold(work).catch((cause) => console.error(cause));
    else work();
  }

  /** Where an input is read from: memory of this session's, gone with it. */
  memoryInfo(input: string): Handle {
    const infos: (Handle | null)[] = this.inputs.map(() => null);
    this.library.call('SessionGetMemoryInfoForInputs', this.handle, infos, infos.length);
    const info = infos[this.inputs.findIndex(({ name }) => name === input)];
    if (!info) throw new Error(`The graph has no input "${input}".`);
    return info;
  }

  /** The name of the memory that an input is read from, as `Cpu` or `Cuda`. */
  memoryOf(input: string): string {
    return this.library.decoded('MemoryInfoGetName', this.memoryInfo(input));
  }

  /**
   * Computes every output, whatever its shape turns out to be: the runtime allocates them, and they are copied. For graphs
   * that are asked now and then; what runs in a loop binds its tensors.
   */
  async outputsOf(inputs: Readonly<Record<string, Tensor>>): Promise<Record<string, OutputTensor>> {
    const { library } = this;
    const names = this.outputs.map(({ name }) => name);
    const values: (Handle | null)[] = names.map(() => null);
    const given = Object.values(inputs).map(({ handle }) => handle);
    const count = given.length;
    const compute = () =>
      library.callAsync('Run', this.handle, null, Object.keys(inputs), given, count, names, names.length, values);
    try {
      await (this.device.lock ? this.device.lock.hold(compute) : compute());
      return Object.fromEntries(names.map((name, index) => [name, outputTensor(library, values[index]!)]));
    } finally {
      for (const value of values) if (value !== null) library.release('ReleaseValue', value);
    }
  }

  release(): void {
    this.exclusively(() => this.library.release('ReleaseSession', this.handle));
  }
}

/** What a graph gave: its own memory now. */
export interface OutputTensor {
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array<ArrayBuffer>;
}

function outputTensor(library: OrtLibrary, value: Handle): OutputTensor {
  const info = library.create('GetTensorTypeAndShape', value);
  try {
    const { type, shape } = typeAndShape(library, info);
    if (type.startsWith('type ')) throw new Error(`An output has ${type} of ONNX, which is not served.`);
    const element = type as ElementType; // by the line above
    const bytes = shape.reduce((product, size) => product * size, elementBytes[element]);
    return { type: element, shape, bytes: library.copyOf(library.create('GetTensorMutableData', value), bytes) };
  } finally {
    library.release('ReleaseTensorTypeAndShapeInfo', info);
  }
}

function createSession(library: OrtLibrary, source: GraphSource, { threads, spin, device = cpuDevice }: SessionOptions): Handle {
  const options = library.create('CreateSessionOptions');
  try {
    library.call('SetSessionGraphOptimizationLevel', options, OPTIMISE_ALL);
    library.call('SetIntraOpNumThreads', options, threads);
    for (const [entry, value] of spin ? SPINNING : SLEEPING) library.call('AddSessionConfigEntry', options, entry, value);
    device.append(options);
    if (typeof source === 'string') return library.create('CreateSession', library.env, source, options);
    library.call('AddSessionConfigEntry', options, 'session.model_external_initializers_file_folder_path', source.folder);
    return library.create('CreateSessionFromArray', library.env, source.bytes, source.bytes.byteLength, options);
  } finally {
    library.release('ReleaseSessionOptions', options);
  }
}

function graphValues(library: OrtLibrary, session: Handle, side: 'Input' | 'Output'): GraphValue[] {
  const count = library.number(`SessionGet${side}Count` as FunctionName, session);
  return Array.from({ length: count }, (_, index) => {
    const name = library.text(`SessionGet${side}Name` as FunctionName, session, index);
    const info = library.create(`SessionGet${side}TypeInfo` as FunctionName, session, index);
    try {
      return { name, ...tensorType(library, info) };
    } finally {
      library.release('ReleaseTypeInfo', info);
    }
  });
}

function tensorType(library: OrtLibrary, info: Handle): Omit<GraphValue, 'name'> {
  return typeAndShape(library, library.create('CastTypeInfoToTensorInfo', info)); // which belongs to `info`
}

function typeAndShape(library: OrtLibrary, tensor: Handle): Omit<GraphValue, 'name'> {
  const dimensions = new BigInt64Array(library.number('GetDimensionsCount', tensor));
  if (dimensions.length > 0) library.call('GetDimensions', tensor, dimensions, dimensions.length);
  const type = elementName(library.number('GetTensorElementType', tensor));
  return { type, shape: Array.from(dimensions, Number) };
}
