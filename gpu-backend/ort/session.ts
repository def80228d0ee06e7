import type { Binding } from './binding.ts';
import type { FunctionName } from './functions.ts';
import type { Handle, OrtLibrary } from './library.ts';
import { type ElementType, elementName } from './tensor.ts';

/** An input or output of a graph. A dimension that the graph leaves open is -1. */
export interface GraphValue {
  readonly name: string;
  readonly type: ElementType | `type ${number}`;
  readonly shape: readonly number[];
}

export interface SessionOptions {
  /** Threads inside one operator. */
  readonly threads: number;
}

/** Where a graph comes from: a file, or its bytes with the folder that its external data lie in. */
export type GraphSource = string | { readonly bytes: Uint8Array; readonly folder: string };

const OPTIMISE_ALL = 99; // ORT_ENABLE_ALL
// Threads that spin between operators starve Node and workerd on two cores (design 7).
const ALLOW_SPINNING = '0';

/** A graph ready to run. `run` may be called again while another run is under way. */
export class Session {
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
  readonly handle: Handle;
  readonly library: OrtLibrary;

  constructor(library: OrtLibrary, source: GraphSource, options: SessionOptions) {
    this.library = library;
    this.handle = createSession(library, source, options);
    this.inputs = graphValues(library, this.handle, 'Input');
    this.outputs = graphValues(library, this.handle, 'Output');
  }

  /** Computes the outputs of `binding` from its inputs, off the event loop. */
  run(binding: Binding): Promise<void> {
    return this.library.callAsync('RunWithBinding', this.handle, null, binding.handle);
  }

  release(): void {
    this.library.release('ReleaseSession', this.handle);
  }
}

function createSession(library: OrtLibrary, source: GraphSource, { threads }: SessionOptions): Handle {
  const options = library.create('CreateSessionOptions');
  try {
    library.call('SetSessionGraphOptimizationLevel', options, OPTIMISE_ALL);
    library.call('SetIntraOpNumThreads', options, threads);
    library.call('AddSessionConfigEntry', options, 'session.intra_op.allow_spinning', ALLOW_SPINNING);
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
  const tensor = library.create('CastTypeInfoToTensorInfo', info); // belongs to `info`
  const dimensions = new BigInt64Array(library.number('GetDimensionsCount', tensor));
  if (dimensions.length > 0) library.call('GetDimensions', tensor, dimensions, dimensions.length);
  const type = elementName(library.number('GetTensorElementType', tensor));
  return { type, shape: Array.from(dimensions, Number) };
}
