import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { API_VERSION, type Argument, type FunctionName, functions } from './functions.ts';

type Koffi = typeof import('koffi').default;
/** A pointer of the C API. */
export type Handle = bigint;
// biome-ignore lint/suspicious/noExplicitAny: koffi types its functions so; the table in functions.ts says what they take
type NativeFunction = ((...args: any[]) => any) & { async: (...args: any[]) => void };

// koffi's own 128 KiB overflow in ONNX Runtime's WebGPU provider; one size for every provider
const ASYNC_STACK_BYTES = 4 << 20;
const LOG_ERRORS_ONLY = 3;

/**
 * ONNX Runtime's shared library: one environment and the function table. Every status is checked and released here, so
 * a failed call is an Error with the runtime's own message.
 */
export class OrtLibrary {
  readonly version: string;
  readonly path: string;
  /** Commit and flags of the build, in words. */
  readonly buildInfo: string;
  /** Held for good: koffi unloads a library whose handle is collected, and the functions below would point to nothing. */
  readonly loaded: ReturnType<Koffi['load']>;
  /** Others that it needs, held likewise. */
  readonly #preloaded: ReturnType<Koffi['load']>[] = [];
  readonly #load: (path: string) => ReturnType<Koffi['load']>;
  readonly #functions: Record<FunctionName, NativeFunction>;
  readonly #decodeText: (pointer: Handle) => string;
  readonly #view: (pointer: Handle, bytes: number) => ArrayBuffer;
  readonly env: Handle;
  readonly cpuMemory: Handle;
  readonly allocator: Handle;

  /** Use `openLibrary`. */
  constructor(koffi: Koffi, path: string) {
    this.path = path;
    this.#load = (each) => load(koffi, each);
    this.loaded = load(koffi, path);
    const api = functionTable(koffi, this.loaded, path);
    this.version = api.version;
    this.#functions = api.functions;
    this.#decodeText = (pointer) => koffi.decode.string(pointer);
    this.#view = (pointer, bytes) => koffi.view(pointer, bytes);
    this.buildInfo = this.#functions.GetBuildInfoString();
    this.env = this.create('CreateEnv', LOG_ERRORS_ONLY, 'winnow');
    this.cpuMemory = this.create('CreateCpuMemoryInfo', 0, 0); // OrtDeviceAllocator, OrtMemTypeDefault
    this.allocator = this.create('GetAllocatorWithDefaultOptions');
  }

  /** Calls a function that answers a status. */
  call(name: FunctionName, ...args: unknown[]): void {
    this.#check(name, this.#functions[name](...args));
  }

  /** The same on a thread of koffi's, with the event loop free. What the arguments point to must outlive the call. */
  callAsync(name: FunctionName, ...args: unknown[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#functions[name].async(...args, (error: Error | null, status: Handle | null) => {
        if (error) return reject(error);
        try {
          this.#check(name, status);
          resolve();
        } catch (failure) {
          reject(failure);
        }
      });
    });
  }

  /** Calls a function whose last argument is a pointer to what it makes. */
  create(name: FunctionName, ...args: unknown[]): Handle {
    return this.#out(name, args) as Handle;
  }

  /** Calls a function whose last argument is a pointer to a number that it writes. */
  number(name: FunctionName, ...args: unknown[]): number {
    return Number(this.#out(name, args));
  }

  /** Calls a function whose last argument is a pointer to a text that stays the runtime's. */
  decoded(name: FunctionName, ...args: unknown[]): string {
    return this.#out(name, args) as string;
  }

  /** Reads a text that the function allocated, and frees it. */
  text(name: FunctionName, ...args: unknown[]): string {
    const pointer = this.create(name, ...args, this.allocator);
    const text = this.#decodeText(pointer);
    this.call('AllocatorFree', this.allocator, pointer);
    return text;
  }

  /** A copy of what a pointer points to. */
  copyOf(pointer: Handle, bytes: number): Uint8Array<ArrayBuffer> {
    return bytes === 0 ? new Uint8Array() : new Uint8Array(this.#view(pointer, bytes)).slice();
  }

  /** Loads a library that this one will look for by its name. */
  preload(path: string): void {
    this.#preloaded.push(this.#load(path));
  }

  release(name: FunctionName, handle: Handle): void {
    this.#functions[name](handle);
  }

  #out(name: FunctionName, args: unknown[]): unknown {
    const out: unknown[] = [null];
    this.call(name, ...args, out);
    return out[0];
  }

  #check(name: FunctionName, status: Handle | null): void {
    if (status === null) return;
    const message: string = this.#functions.GetErrorMessage(status);
    this.#functions.ReleaseStatus(status);
    throw new Error(`ONNX Runtime, ${name}: ${message}`);
  }
}

/**
 * Loads libonnxruntime: `WINNOW_ORT_LIBRARY`, else `configured`, else the one inside the package onnxruntime-node.
 * There is no second engine to fall back to: where koffi or the library cannot be loaded, this says what to do.
 */
export async function openLibrary(configured?: string): Promise<OrtLibrary> {
  const koffi = await loadKoffi();
  const path = process.env.WINNOW_ORT_LIBRARY || configured || packagedLibrary();
  if (!existsSync(path)) {
    throw new Error(`No ONNX Runtime library is at ${path}. Set WINNOW_ORT_LIBRARY or ort.library to a libonnxruntime.`);
  }
  return new OrtLibrary(koffi, path);
}

function load(koffi: Koffi, path: string): ReturnType<Koffi['load']> {
  try {
    return koffi.load(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${path} cannot be loaded: ${reason}`, { cause });
  }
}

async function loadKoffi(): Promise<Koffi> {
  try {
    const { default: koffi } = await import('koffi');
    const settings = koffi.config();
    // refused once a function has been called, even where nothing changes
    if (settings.async_stack_size !== ASYNC_STACK_BYTES) koffi.config({ ...settings, async_stack_size: ASYNC_STACK_BYTES });
    return koffi;
  } catch (cause) {
    throw new Error(
      `koffi, which calls ONNX Runtime's C API, cannot load on ${process.platform}-${process.arch} with Node ${process.version}. ` +
        'It has builds for Linux, macOS and Windows on x64 and arm64; run npm ci again on this machine.',
      { cause },
    );
  }
}

/** The library that onnxruntime-node carries for this platform. */
function packagedLibrary(): string {
  const root = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  const folder = join(root, 'bin', 'napi-v6', process.platform, process.arch);
  const names = { win32: 'onnxruntime.dll', darwin: 'libonnxruntime.1.dylib' } as Record<string, string>;
  return join(folder, names[process.platform] ?? 'libonnxruntime.so.1');
}

function functionTable(koffi: Koffi, library: ReturnType<Koffi['load']>, path: string) {
  const getBase = library.func('OrtGetApiBase', 'void *', []);
  const [getApiPointer, getVersionPointer] = koffi.decode(getBase(), koffi.array('void *', 2)) as [Handle, Handle];
  const version: string = koffi.call(getVersionPointer, koffi.proto('str', []));
  const api: Handle | null = koffi.call(getApiPointer, koffi.proto('void *', ['uint32_t']), API_VERSION);
  if (api === null) {
    throw new Error(`The ONNX Runtime at ${path} is ${version}; version 1.${API_VERSION} or later is needed.`);
  }
  const types: Record<Argument, unknown> = {
    handle: 'void *',
    handles: 'void **',
    data: 'void *',
    text: 'str',
    texts: 'const char **',
    path: process.platform === 'win32' ? 'str16' : 'str',
    int: 'int',
    size: 'size_t',
    out: koffi.out(koffi.pointer('void *')),
    out_text: koffi.out(koffi.pointer('str')),
    out_int: koffi.out(koffi.pointer('int')),
    out_size: koffi.out(koffi.pointer('size_t')),
  };
  const results = { status: 'void *', text: 'str', nothing: 'void' };
  const length = Math.max(...Object.values(functions).map(({ index }) => index)) + 1;
  const pointers: Handle[] = koffi.decode(api, koffi.array('void *', length));
  const bound = Object.entries(functions).map(([name, { index, result, arguments: args }]) => {
    const prototype = koffi.proto(results[result], args.map((argument) => types[argument]) as string[]);
    return [name, koffi.decode(pointers[index], prototype)];
  });
  return { version, functions: Object.fromEntries(bound) as Record<FunctionName, NativeFunction> };
}
