/** How the benches read what stands behind their command. */
import type { ParseArgsConfig } from 'node:util';
import { readArguments, UsageError } from '../bin/commands/command.ts';
import { CannotStart } from '../bin/settings.ts';

/** The values of the options. @throws CannotStart with what was given and which options there are */
export function readOptions<const Options extends NonNullable<ParseArgsConfig['options']>>(
  options: Options,
  args: readonly string[] = process.argv.slice(2),
) {
  try {
    return readArguments(args, { options }).values;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const names = Object.keys(options).map((name) => `--${name}`);
    throw new CannotStart(`${error.message}\nOptions: ${names.join(', ')}.`);
  }
}

/** @throws CannotStart where it is no whole number from 1 */
export function readCount(option: string, given: string): number {
  const count = Number(given);
  if (Number.isSafeInteger(count) && count > 0) return count;
  throw new CannotStart(`${option} is "${given}". It is a whole number from 1.`);
}

/** Counts with commas between them. @throws CannotStart where one is no whole number from 1 */
export const readCounts = (option: string, given: string): number[] => given.split(',').map((one) => readCount(option, one));

/** Those of a list that are named, with commas between them; all where nothing is. @throws CannotStart where there is no such one */
export function readNames<Entry extends { readonly name: string }>(
  option: string,
  given: string | undefined,
  all: readonly Entry[],
): Entry[] {
  const wanted = given?.split(',');
  const missing = wanted?.find((name) => !all.some((entry) => entry.name === name));
  if (missing !== undefined)
    throw new CannotStart(`${option} has "${missing}". There are: ${all.map(({ name }) => name).join(', ')}.`);
  return all.filter(({ name }) => wanted?.includes(name) ?? true);
}
