import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { OrtLibrary } from '../library.ts';

/** Where each of NVIDIA's libraries comes from, by the beginning of its name; what others need stands before them. */
const origins: Readonly<Record<string, string>> = {
  libcudart: "PyPI's nvidia-cuda-runtime~=13.0, or the CUDA toolkit 13",
  libcublasLt: "PyPI's nvidia-cublas~=13.0, or the CUDA toolkit 13",
  libcublas: "PyPI's nvidia-cublas~=13.0, or the CUDA toolkit 13",
  libcurand: "PyPI's nvidia-curand~=10.0, or the CUDA toolkit 13",
  libcufft: "PyPI's nvidia-cufft~=12.0, or the CUDA toolkit 13",
  libnvrtc: "PyPI's nvidia-cuda-nvrtc~=13.0, or the CUDA toolkit 13",
  libcudnn: "PyPI's nvidia-cudnn-cu13~=9.0",
  libcuda: "it comes with NVIDIA's driver, 580 or later for CUDA 13; in a container by --gpus all",
};

const stemOf = (name: string): string => name.split('.so')[0]!;

/** Where a library comes from, in words. */
export const originOf = (name: string): string => origins[stemOf(name)] ?? 'a package of this system';

/**
 * Loads the libraries of NVIDIA that a provider needs by their full paths, wherever they are found: the system's loader
 * then knows them by name, and no LD_LIBRARY_PATH is needed. One that is not found is left to it.
 */
export function loadCudaLibraries(library: OrtLibrary, needed: readonly string[], folders: readonly string[]): void {
  const order = Object.keys(origins);
  const wanted = needed
    .filter((name) => order.includes(stemOf(name)))
    .sort((a, b) => order.indexOf(stemOf(a)) - order.indexOf(stemOf(b)));
  const places = [...folders, ...usualFolders(dirname(library.path))];
  for (const name of wanted) {
    const folder = places.find((each) => existsSync(join(each, name)));
    if (folder) library.preload(join(folder, name));
  }
}

/** Beside the library, in the wheels of the Python environment that it lies in, in the toolkit's folders, in the driver's. */
function usualFolders(beside: string): string[] {
  const packages = join(beside, '..', '..', 'nvidia');
  const toolkits = entries('/usr/local').filter((name) => name.startsWith('cuda'));
  return [
    beside,
    ...entries(packages).map((name) => join(packages, name, 'lib')),
    ...[process.env.CUDA_PATH, process.env.CUDA_HOME].flatMap((home) => (home ? [join(home, 'lib64')] : [])),
    ...toolkits.map((name) => join('/usr/local', name, 'lib64')),
    '/usr/lib/wsl/lib',
    '/usr/lib/x86_64-linux-gnu',
    '/usr/lib/aarch64-linux-gnu',
    '/usr/lib64',
  ];
}

const entries = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder).sort().reverse() : []);
