import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Config, config } from '../schemas/config.ts';

const DEFAULT_FILE = 'winnow.config.json';

/** Path of the configuration: `WINNOW_CONFIG`, else winnow.config.json where the process was started. */
export const configPath = (): string => resolve(process.env.WINNOW_CONFIG || DEFAULT_FILE);

/** @throws Error that names the path of the field, what was given and what is allowed */
export function readConfig(path: string): Config {
  let given: unknown;
  try {
    given = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`The configuration ${path} cannot be read: ${reason}`, { cause });
  }
  const parsed = config.safeParse(given);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map(({ path: field, message }) => {
    const place = field.map(String).join('.') || 'the whole';
    return `  ${place}: ${message} Given: ${JSON.stringify(at(given, field)) ?? 'nothing'}.`;
  });
  throw new Error(`The configuration ${path} is not valid:\n${lines.join('\n')}`);
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | null | undefined)?.[key], value);
}
