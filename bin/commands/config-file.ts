/** winnow.config.json as a command changes it: entries are added, what stands there stays, and the whole is valid or not written. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { ConfigError, loadConfig } from '../../src/config/load.ts';
import { CannotStart } from '../settings.ts';

/** Entries by section and name: `{ models: { NAME: {...} } }`. */
export type ConfigEntries = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

type Json = Record<string, Record<string, unknown> | undefined>;

/**
 * Adds entries to the file at `path`. One that is there with the same content is left; in a file of our own writing, nothing
 * but the new lines changes.
 *
 * @throws CannotStart where a name is taken by something else, or the result would not be a valid config: then the file stays
 */
export function addToConfig(path: string, added: ConfigEntries): void {
  const json = readJson(path);
  for (const [section, entries] of Object.entries(added)) {
    for (const [name, entry] of Object.entries(entries)) {
      const there = json[section] && Object.hasOwn(json[section], name) ? json[section][name] : undefined;
      if (there !== undefined && JSON.stringify(there) !== JSON.stringify(entry)) {
        throw new CannotStart(
          `${path}: ${section}.${name} is there already and says something else. Choose another name by --name, or change it by hand.`,
        );
      }
      json[section] = { ...json[section], [name]: entry };
    }
  }
  try {
    loadConfig(json);
  } catch (error) {
    if (error instanceof ConfigError)
      throw new CannotStart(`${path} would not be valid, so it was not changed:\n${error.message}`);
    throw error;
  }
  writeFileSync(`${path}.new`, `${formatConfig(json)}\n`);
  renameSync(`${path}.new`, path);
}

function readJson(path: string): Json {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Json;
  } catch (error) {
    throw new CannotStart(`${path} cannot be read: ${(error as Error).message}. WINNOW_CONFIG names another file.`);
  }
}

const WIDTH = 130; // biome.json's

/** JSON as the file is written by hand: sections and what is long on lines of their own, short entries on one. */
export function formatConfig(value: unknown, depth = 0, before = 0): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const list = Array.isArray(value);
  const [open, close] = list ? '[]' : '{}';
  const members = Object.entries(value).map(([key, inner]) => ({ label: list ? '' : `${JSON.stringify(key)}: `, inner }));
  if (members.length === 0) return `${open}${close}`;
  const pad = list ? '' : ' ';
  const flat = `${open}${pad}${members.map(({ label, inner }) => label + formatConfig(inner, 99)).join(', ')}${pad}${close}`;
  if (depth > 1 && (depth >= 99 || before + flat.length < WIDTH)) return flat;
  const indent = '  '.repeat(depth + 1);
  const lines = members.map(
    ({ label, inner }) => `${indent}${label}${formatConfig(inner, depth + 1, indent.length + label.length)}`,
  );
  return `${open}\n${lines.join(',\n')}\n${'  '.repeat(depth)}${close}`;
}
