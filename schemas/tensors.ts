/** POST /tensors of a gpu-backend: named tensors through any ONNX graph. */
import { z } from 'zod';
import { answeredBy } from './backend.ts';

export const tensorType = z.enum([
  'float32',
  'float64',
  'float16',
  'bfloat16',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'bool',
]);

const shape = z
  .array(
    z
      .int()
      .min(0)
      .max(2 ** 31),
  )
  .max(16);
// JSON has no number for these
const element = z.union([z.number(), z.boolean(), z.enum(['NaN', 'Infinity', '-Infinity'])]);

export const tensor = z.strictObject({
  type: tensorType,
  shape: shape.describe('Its product is the number of elements; [] is one number.'),
  data: z
    .union([z.array(element), z.string()])
    .describe('Elements in row-major order, or their bytes, little endian, in base64. float16 and bfloat16 by base64 only.'),
});
export type WireTensor = z.infer<typeof tensor>;

export const tensorsRequest = z.strictObject({
  model: z.string(),
  inputs: z.record(z.string(), tensor).describe('Every input of the graph by its name, as GET /models lists them.'),
  encoding: z
    .enum(['numbers', 'base64'])
    .optional()
    .describe('Of the outputs: `numbers` where absent; of 16-bit floats always base64.'),
});
export type TensorsRequest = z.infer<typeof tensorsRequest>;

export const tensorsResponse = z.looseObject({ outputs: z.record(z.string(), tensor), fingerprint: answeredBy });
export type TensorsResponse = z.infer<typeof tensorsResponse>;
