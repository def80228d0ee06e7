import { WinnowError } from '../schemas/errors.ts';
import type { TensorsRequest, TensorsResponse, WireTensor } from '../schemas/tensors.ts';
import type { TensorInput, TensorModel } from './models/tensor-model.ts';
import type { Models } from './models.ts';
import type { OutputTensor } from './ort/session.ts';
import { type ElementType, elementBytes } from './ort/tensor.ts';

// Elements of one request, its outputs included, as JSON: some 100 MB of text.
const MOST_NUMBERS = 8_388_608;

/** Runs a graph on the tensors of a request. */
export async function tensors(models: Models, { model: name, inputs, encoding }: TensorsRequest): Promise<TensorsResponse> {
  const model = models.tensors(name);
  const read = Object.fromEntries(model.inputs.map(({ name: input }) => [input, inputOf(model, input, inputs)]));
  const strange = Object.keys(inputs).find((input) => !Object.hasOwn(read, input));
  if (strange !== undefined)
    throw refused(`The model has no input ${JSON.stringify(strange)}. It has: ${listed(model)}.`, strange);
  const outputs = await model.run(read).catch((cause) => {
    console.error(cause); // the runtime's words name nodes and files
    throw new WinnowError('invalid_value', `The graph refused these tensors. Its inputs are: ${listed(model)}.`, {
      param: 'inputs',
      cause,
    });
  });
  return {
    outputs: Object.fromEntries(
      Object.entries(outputs).map(([output, tensor]) => [output, written(tensor, encoding ?? 'numbers')]),
    ),
    fingerprint: model.fingerprint,
  };
}

function inputOf(model: TensorModel, name: string, inputs: TensorsRequest['inputs']): TensorInput {
  const given = Object.hasOwn(inputs, name) ? inputs[name] : undefined;
  if (!given) throw refused(`The input ${JSON.stringify(name)} is missing. The model has: ${listed(model)}.`, name);
  const wanted = model.inputs.find((input) => input.name === name)!;
  if (given.type !== wanted.type) throw refused(`${JSON.stringify(name)} is ${wanted.type}; ${given.type} was given.`, name);
  const fits =
    wanted.shape.length === given.shape.length && wanted.shape.every((size, axis) => size < 0 || size === given.shape[axis]);
  if (!fits)
    throw refused(`${JSON.stringify(name)} has the shape [${wanted.shape.map(open)}]; [${given.shape}] was given.`, name);
  const count = given.shape.reduce((product, size) => product * size, 1);
  const bytes = typeof given.data === 'string' ? new Uint8Array(Buffer.from(given.data, 'base64')) : packed(given, name);
  if (bytes.length !== count * elementBytes[given.type])
    throw refused(
      `The shape [${given.shape}] of ${JSON.stringify(name)} has ${count} elements; ${bytes.length / elementBytes[given.type]} were given.`,
      name,
    );
  return { type: given.type, shape: given.shape, bytes };
}

const open = (size: number): string => (size < 0 ? 'any' : String(size));
const listed = ({ inputs }: TensorModel): string =>
  inputs.map(({ name, type, shape }) => `${name} (${type} [${shape.map(open)}])`).join(', ');
const refused = (message: string, name: string): WinnowError =>
  new WinnowError('invalid_value', message, { param: `inputs.${name}` });

type Half = 'float16' | 'bfloat16';
type Written = Exclude<ElementType, Half>;
const isHalf = (type: ElementType): type is Half => type === 'float16' || type === 'bfloat16';
const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
} as const satisfies Record<Written, unknown>;

/** Elements as bytes; a number that its type cannot hold is refused, not wrapped around. */
function packed({ type, data }: WireTensor, name: string): Uint8Array {
  if (isHalf(type)) throw refused(`${JSON.stringify(name)} is ${type}: give its bytes in base64.`, name);
  const elements = (data as (number | boolean | string)[]).map(Number); // an array: text was told apart before
  const big = type === 'int64' || type === 'uint64';
  const whole = !type.startsWith('float');
  if (whole && !elements.every(Number.isSafeInteger))
    throw refused(`${JSON.stringify(name)} is ${type}: whole numbers below 2^53, or base64.`, name);
  const values = big ? arrays[type as 'int64'].from(elements, BigInt) : arrays[type as 'int32'].from(elements);
  if (whole && elements.some((element, index) => Number(values[index]) !== element))
    throw refused(`A number of ${JSON.stringify(name)} does not fit ${type}.`, name);
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function written({ type, shape, bytes }: OutputTensor, encoding: 'numbers' | 'base64'): WireTensor {
  const base64 = () => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  if (encoding === 'base64' || isHalf(type)) return { type, shape: [...shape], data: base64() };
  const values = new arrays[type](bytes.buffer, bytes.byteOffset, bytes.byteLength / elementBytes[type]);
  if (values.length > MOST_NUMBERS)
    throw new WinnowError('invalid_value', `An output has ${values.length} elements; ask for encoding base64.`, {
      param: 'encoding',
    });
  return { type, shape: [...shape], data: Array.from(values as ArrayLike<number | bigint>, (value) => element(value, type)) };
}

function element(value: number | bigint, type: ElementType): number | boolean | 'NaN' | 'Infinity' | '-Infinity' {
  if (type === 'bool') return value !== 0;
  const number = Number(value);
  if (typeof value === 'bigint' && !Number.isSafeInteger(number))
    throw new WinnowError('invalid_value', 'An output has whole numbers beyond 2^53; ask for encoding base64.', {
      param: 'encoding',
    });
  if (Number.isFinite(number)) return number;
  return String(number) as 'NaN' | 'Infinity' | '-Infinity'; // what is not finite is one of these
}
