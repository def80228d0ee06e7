/** What `exports` of `cloudflare:workers` holds in these tests: the Worker's own exports. */
declare namespace Cloudflare {
  interface GlobalProps {
    mainModule: typeof import('../../src/index.ts');
  }
}

/** What the bundle makes of a model's file. */
declare module '*.onnx' {
  const bytes: ArrayBuffer;
  export default bytes;
}

declare module '*.wasm' {
  const compiled: WebAssembly.Module;
  export default compiled;
}
