import { env, InferenceSession, Tensor } from 'onnxruntime-web/wasm';
import { padded } from '../../tokens/padding.ts';
import type { RewardInput } from '../../tokens/reward-row.ts';
import type { RowPadding } from './models.ts';
import { isPast, noPast } from './no-past.ts';

/**
 * onnxruntime-web over a module that was compiled with the Worker. One for an isolate: it is one wasm memory with one stack,
 * so whatever it does is done in turn.
 *
 * Nothing here waits for anything outside of the isolate: a call runs to its end within one turn of the event loop. So a
 * request that is cut off never leaves a half-done call, nor a promise that others wait for in vain.
 */
export class OrtRuntime {
  readonly #compiled: WebAssembly.Module;
  #last: Promise<unknown> = Promise.resolve();

  constructor(compiled: WebAssembly.Module) {
    this.#compiled = compiled;
  }

  /** A graph from ids, mask, types and places, int64 [rows, length], to `logits`, float32 [rows, ...]: optimised by the build. */
  open(weights: ArrayBuffer): Promise<EdgeSession> {
    return this.inTurn(async () => {
      const session = await instantiating(this.#compiled, () =>
        InferenceSession.create(new Uint8Array(weights), { executionProviders: ['wasm'], graphOptimizationLevel: 'disabled' }),
      );
      return new EdgeSession(this, session);
    });
  }

  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {}); // whoever asked hears of it
    return result;
  }
}

/** A loaded graph. */
export class EdgeSession {
  readonly #runtime: OrtRuntime;
  readonly #session: InferenceSession;

  constructor(runtime: OrtRuntime, session: InferenceSession) {
    this.#runtime = runtime;
    this.#session = session;
  }

  /**
   * Runs rows of different lengths; those for a `side` of `equal` have one.
   *
   * @returns the logits of each row, in order: [labels], or [length of the longest row, labels] with the row's own where its
   *          tokens are padded to
   */
  async run(rows: readonly RewardInput[], { id, side }: RowPadding): Promise<Float32Array[]> {
    const towards = side === 'left' ? 'left' : 'right';
    const ids = rows.map((row) => row.ids);
    const { length, ids: input_ids, mask: attention_mask } = padded(ids, id, towards);
    const values: Record<string, () => BigInt64Array> = {
      input_ids: () => input_ids,
      attention_mask: () => attention_mask,
      token_type_ids: () =>
        padded(
          rows.map(({ types, ids }) => types ?? ids.map(() => 0)),
          0,
          towards,
        ).ids,
      position_ids: () =>
        padded(
          ids.map((row) => [...row.keys()]),
          0,
          towards,
        ).ids,
    };
    const shape = [rows.length, length];
    const { inputNames, inputMetadata } = this.#session;
    const read = inputNames.filter((name) => !isPast(name));
    const feeds = Object.fromEntries([
      ...read.map((name) => [name, new Tensor('int64', values[name]!(), shape)] as const),
      ...noPast(inputMetadata, rows.length).map(
        ([name, dims]) => [name, new Tensor('float32', new Float32Array(), dims)] as const,
      ),
    ]);
    const { logits } = await this.#runtime.inTurn(() => this.#session.run(feeds, ['logits']));
    if (logits?.type !== 'float32' || logits.dims[0] !== rows.length)
      throw new Error(`The graph gave ${logits?.type} [${logits?.dims}] for ${rows.length} texts.`);
    const all = logits.data as Float32Array; // float32, by the line above
    const size = all.length / rows.length;
    return rows.map((_, row) => all.subarray(row * size, (row + 1) * size));
  }
}

const PLACEHOLDER = new ArrayBuffer(1);

/**
 * Lets ONNX Runtime take a compiled module where it would compile bytes, which a Worker may not. It has no option for that:
 * it is handed a placeholder for the bytes, and the call that would compile the placeholder gets the module.
 */
async function instantiating<T>(compiled: WebAssembly.Module, work: () => Promise<T>): Promise<T> {
  env.wasm.numThreads = 1;
  env.wasm.wasmBinary = PLACEHOLDER;
  const { instantiate } = WebAssembly;
  const replaced = async (source: unknown, imports?: WebAssembly.Imports) =>
    source instanceof Uint8Array && source.buffer === PLACEHOLDER
      ? { module: compiled, instance: new WebAssembly.Instance(compiled, imports) }
      : instantiate(source as WebAssembly.Module, imports);
  WebAssembly.instantiate = replaced as typeof instantiate; // bytes give a pair, a module an instance: the types know one
  try {
    return await work();
  } finally {
    WebAssembly.instantiate = instantiate;
  }
}
