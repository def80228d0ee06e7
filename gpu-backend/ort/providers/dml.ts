import { appendNamed, notInside, type Provider } from './provider.ts';

/** DirectX 12 on Windows. */
export const dml: Provider = {
  memory: 'DML',
  overlaps: false,
  addressable: false,
  append: (library, session, options) => appendNamed(library, session, 'DML', options),
  explain: (message, { path, version }) => {
    if (process.platform !== 'win32')
      return `it exists on Windows only; this is ${process.platform}. cuda and webgpu are for Linux.`;
    if (notInside(message))
      return `the ONNX Runtime ${version} at ${path} has no DirectML inside. Name one that has in ort.library: onnxruntime.dll of the NuGet package Microsoft.ML.OnnxRuntime.DirectML, with DirectML.dll beside it.`;
    return message;
  },
};
