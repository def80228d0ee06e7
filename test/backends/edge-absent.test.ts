import { expect, test } from 'vitest';
import { connect } from '../../src/backends/registry.ts';

test('a Worker that was bundled without models says how it gets them', () => {
  expect(() => connect('edge', { kind: 'edge_onnx' }, {})).toThrow(
    'Bundle it by npm start, npm run dev, npm run build or npm run deploy',
  );
});
