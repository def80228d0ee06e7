import type { WinnowError } from '../../schemas/errors.ts';

/** All that comes, in order. */
export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of source) all.push(one);
  return all;
}

/** What it failed with. */
export async function failureOf(working: Promise<unknown>): Promise<WinnowError> {
  try {
    await working;
  } catch (thrown) {
    return thrown as WinnowError; // the test that reads it says which one it is
  }
  throw new Error('It did not fail.');
}
