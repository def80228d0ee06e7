import { appendNamed, notInside, type Provider } from './provider.ts';

/** Apple's Core ML. Inputs and outputs lie in the memory of the host, keys and values with them. */
export const coreml: Provider = {
  memory: 'Cpu',
  overlaps: false, // until proven needless
  addressable: true,
  append: (library, session, options) => appendNamed(library, session, 'CoreML', options),
  explain: (message, { path, version }) => {
    if (process.platform !== 'darwin')
      return `it exists on macOS only; this is ${process.platform}. cuda and webgpu are for Linux.`;
    if (notInside(message))
      return `the ONNX Runtime ${version} at ${path} has no Core ML inside. That of the package onnxruntime-node for macOS has.`;
    return message;
  },
};
