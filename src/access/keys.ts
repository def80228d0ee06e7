import { WinnowError } from '../../schemas/errors.ts';

/** The keys of WINNOW_API_KEYS: a list with commas; none means that no key is asked for. */
export const readKeys = (list: unknown): string[] =>
  typeof list === 'string'
    ? list
        .split(',')
        .map((key) => key.trim())
        .filter((key) => key !== '')
    : [];

/** Lets a request pass whose bearer token is one of the keys. Every key is compared, each in constant time. */
export async function requireKey(authorization: string | undefined, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) throw refused('No API key was given. Send it in the header "Authorization: Bearer KEY".');
  const given = await digest(token);
  let found = 0;
  for (const key of keys) found |= equal(given, await digest(key));
  if (found === 0) throw refused('The API key is not one of the known ones.');
}

const refused = (message: string): WinnowError => new WinnowError('invalid_api_key', message);

/** Of equal length for every key, so that the comparison tells nothing of it. */
async function digest(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
}

/** 1 where all bytes are equal; looks at each of them in any case. */
function equal(a: Uint8Array, b: Uint8Array): number {
  let difference = 0;
  for (const [place, byte] of a.entries()) difference |= byte ^ b[place]!;
  return Number(difference === 0);
}
