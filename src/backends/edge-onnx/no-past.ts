/** What a graph says of one of its inputs. */
interface Declared {
  readonly name: string;
  readonly isTensor: boolean;
  readonly type?: string;
  readonly shape?: readonly (number | string)[];
}

const PAST = /^past_key_values[.]\d+[.](key|value)$/;

/** Keys or values of tokens that were read before, by Optimum's names. */
export const isPast = (name: string): boolean => PAST.test(name);

/**
 * The shapes of a past without positions, float32 [rows, heads, 0, head size], by name: a Worker reads each text whole.
 *
 * @throws Error where the graph leaves heads or head size open, or keeps its past in another type
 */
export function noPast(inputs: readonly Declared[], rows: number): [name: string, shape: number[]][] {
  return inputs.filter(({ name }) => isPast(name)).map((input) => [input.name, shapeOf(input, rows)]);
}

function shapeOf({ name, type, shape = [] }: Declared, rows: number): number[] {
  const [, heads, , size] = shape;
  if (type !== 'float32' || shape.length !== 4 || typeof heads !== 'number' || typeof size !== 'number')
    throw new Error(`its input ${name} must be float32 [batch, heads, length, head size], with heads and head size as numbers.`);
  return [rows, heads, 0, size];
}
