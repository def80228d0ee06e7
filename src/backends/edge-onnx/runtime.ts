import { env, InferenceSession, Tensor } from 'onnxruntime-web/wasm';
import { padded } from '../../tokens/padding.ts';

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

  /** A graph from `input_ids` and `attention_mask`, int64 [rows, length], to `logits`, float32 [rows, 1]. */
  open(weights: ArrayBuffer): Promise<EdgeSession> {
    return this.inTurn(async () => {
      const session = await instantiating(this.#compiled, () =>
        InferenceSession.create(new Uint8Array(weights), { executionProviders: ['wasm'], graphOptimizationLevel: 'all' }),
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

  /** One logit a row, in order. */
  async run(rows: readonly (readonly number[])[], padding: number): Promise<number[]> {
    const { length, ids, mask } = padded(rows, padding);
    const shape = [rows.length, length];
    const { logits } = await this.#runtime.inTurn(() =>
      this.#session.run({ input_ids: new Tensor('int64', ids, shape), attention_mask: new Tensor('int64', mask, shape) }),
    );
    if (logits?.type !== 'float32' || logits.size !== rows.length)
      throw new Error(`The graph gave ${logits?.type} [${logits?.dims}] for ${rows.length} texts; one float32 each is needed.`);
    return Array.from(logits.data as Float32Array); // float32, by the line above
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
