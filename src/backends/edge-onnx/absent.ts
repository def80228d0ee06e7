import type { BackendPort } from '../port.ts';

/** `#edge-onnx` of a Worker without models inside: its bundle has neither ONNX Runtime's 14 MB nor their weights. */
export function edgeOnnx(): BackendPort {
  throw new Error(
    'winnow.config.json names a backend of kind edge_onnx, and this Worker was bundled without its models. ' +
      'Bundle it by npm start, npm run dev, npm run build or npm run deploy: they put the models in.',
  );
}
