/** What a command of `npx winnow` is, and how its arguments are read. */
import { type ParseArgsConfig, parseArgs } from 'node:util';

/**
 * One word after `npx winnow`.
 *
 * `run` gets what stands behind its name and resolves to the exit code. It throws `CannotStart` (bin/settings.ts) for what
 * the user can put right, which is printed without a stack and ends with code 1, and `UsageError` for wrong arguments.
 */
export interface Command {
  readonly name: string;
  /** One line for the list in `npx winnow help`. */
  readonly summary: string;
  /** All of `npx winnow help NAME`: how it is called, each option, an example. */
  readonly usage: string;
  run(args: readonly string[]): Promise<number>;
}

/** Wrong arguments: printed with the command's usage, code 2. */
export class UsageError extends Error {}

/** The exit code of wrong arguments, as in most command lines. */
export const USAGE = 2;

/**
 * Reads a command's arguments; whatever it does not know is an error.
 *
 * @throws UsageError with what was given and what is allowed
 */
export function readArguments<Config extends Omit<ParseArgsConfig, 'args'>>(args: readonly string[], config: Config) {
  try {
    return parseArgs({ strict: true, ...config, args: [...args] });
  } catch (error) {
    // node:util throws TypeError with a code for each wrong argument; anything else is our mistake in `config`
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (!code.startsWith('ERR_PARSE_ARGS_')) throw error;
    throw new UsageError(message);
  }
}
