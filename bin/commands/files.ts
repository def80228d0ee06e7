/** Files that commands of `npx winnow` are given. */
import { writeFileSync } from 'node:fs';
import { plain } from '../hub/plain.ts';
import { CannotStart } from '../settings.ts';
import { UsageError } from './command.ts';

/** The one FILE that a command takes. @throws UsageError where there are none or several */
export function oneFile(command: string, positionals: readonly string[]): string {
  const [file] = positionals;
  if (file !== undefined && positionals.length === 1) return file;
  throw new UsageError(`${command} takes one FILE; given: ${positionals.map((word) => plain(word, 80)).join(' ') || 'none'}.`);
}

/** @throws CannotStart where it cannot be written */
export function writeFile(file: string, content: string): void {
  try {
    writeFileSync(file, content);
  } catch (error) {
    throw new CannotStart(`${plain(file)} cannot be written (${(error as NodeJS.ErrnoException).code}).`);
  }
}
