import { quoted, WinnowError } from '../../schemas/errors.ts';

/** The entry of that name, or an error that lists the known ones. `what` is the noun of the message. */
export function named<Entry>(entries: Readonly<Record<string, Entry>>, name: string, what: string, param: string): Entry {
  const entry = Object.hasOwn(entries, name) ? entries[name] : undefined;
  if (entry !== undefined) return entry;
  const known = Object.keys(entries).join(', ') || 'none';
  throw new WinnowError('model_not_found', `No ${what} is named ${quoted(name)}. Known: ${known}.`, { param });
}
