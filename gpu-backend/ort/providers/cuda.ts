import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readElf } from '../elf.ts';
import type { Handle, OrtLibrary } from '../library.ts';
import { loadCudaLibraries, originOf } from './cuda-libraries.ts';
import { notInside, type Provider } from './provider.ts';

const SHARED = 'libonnxruntime_providers_shared.so';
const CUDA = 'libonnxruntime_providers_cuda.so';

/**
 * Build ids of the CUDA provider in the wheels of onnxruntime-gpu for Linux on x64 (CPython 3.11, 3.12, 3.13, 3.13t, 3.14,
 * 3.14t), by the commit of ONNX Runtime. A provider of another build is loaded all the same, and ends the process.
 */
const builds: Readonly<Record<string, { readonly version: string; readonly ids: readonly string[] }>> = {
  f2c39fe2f: {
    version: '1.30.0',
    ids: [
      '7fde82c2817d66cc2b29ea59e5ab3a8dfea34bd8',
      'cb49769971ffd58123f8d12b4284c2cc741d9c0b',
      '154ce37e50e3afbbf2a93bf1020caa6fe31036f2',
      '1f9622b6042da20ae4c6f3f8198f8b754bf657b1',
      'f8ad448f3eec1ced4a3305e1befe8c206f4ec872',
      '9af80e96a749f450f645ff77558035c0218b6d93',
    ],
  },
};

/** An NVIDIA GPU. Its files are not those of onnxruntime-node: docs/providers.md. */
export const cuda: Provider = {
  memory: 'Cuda',
  overlaps: false, // until proven needless
  addressable: true,
  prepare: (library, folders) => {
    if (process.platform === 'darwin') throw new Error('it exists on Linux and Windows only; this is darwin.');
    if (process.platform !== 'linux') return;
    const folder = dirname(library.path);
    const missing = [SHARED, CUDA].filter((name) => !existsSync(join(folder, name)));
    if (missing.length > 0) throw new Error(`${missing.join(' and ')} must lie beside ${library.path}. ${origin(library)}`);
    const { buildId, needed } = readElf(join(folder, CUDA));
    const build = builds[commitOf(library)];
    if (process.arch === 'x64' && build && !build.ids.includes(buildId))
      throw new Error(
        `${join(folder, CUDA)} (build ${buildId || 'unknown'}) is not of the build of ${library.path} (${library.buildInfo}): it would crash. ${origin(library)}`,
      );
    loadCudaLibraries(library, needed, folders);
  },
  append,
  explain: (message, library) => {
    if (notInside(message))
      return `the ONNX Runtime ${library.version} at ${library.path} has no CUDA bridge inside. ${origin(library)}`;
    const absent = /(lib[\w+-]+\.so[.\d]*): cannot open shared object/.exec(message)?.[1];
    if (absent) return `${absent} is missing: ${originOf(absent)}. Folders named in ort.search are looked into first.`;
    if (/no CUDA-capable device|CUDA failure 100\b/.test(message))
      return `there is no NVIDIA GPU that this process sees. In a container it needs --gpus all. ONNX Runtime said: ${message}`;
    if (/driver version is insufficient|CUDA failure 35\b/.test(message))
      return `${originOf('libcuda.so.1')}; this one is older. ONNX Runtime said: ${message}`;
    return message;
  },
};

function append(library: OrtLibrary, session: Handle, options: Readonly<Record<string, string>>): void {
  const made = library.create('CreateCUDAProviderOptions');
  try {
    const keys = Object.keys(options);
    if (keys.length > 0) library.call('UpdateCUDAProviderOptions', made, keys, Object.values(options), keys.length);
    library.call('SessionOptionsAppendExecutionProvider_CUDA_V2', session, made);
  } finally {
    library.release('ReleaseCUDAProviderOptions', made);
  }
}

const commitOf = ({ buildInfo }: OrtLibrary): string => /git-commit-id=(\w+)/.exec(buildInfo)?.[1] ?? '';

function origin({ version }: OrtLibrary): string {
  return `They come from PyPI's onnxruntime-gpu==${version} (folder onnxruntime/capi). Either put both beside a copy of this library, or install that package and name its own library in ort.library: SITE_PACKAGES/onnxruntime/capi/libonnxruntime.so.${version}.`;
}
