/** What a backend refuses, as it is said to who asked the edge: of the protocol they have seen nothing. */
import { type ErrorCode, WinnowError } from './errors.ts';

export interface Refused {
  readonly code: ErrorCode;
  readonly message: string;
  /** A field of the protocol. */
  readonly param: string | null;
  /** Seconds. */
  readonly retryAfter: number | undefined;
}

/** The refusal with the field that the caller gave; undefined where it is about something that the edge made of the request. */
export function saidToCaller({ code, message, param, retryAfter }: Refused): WinnowError | undefined {
  const field = param === null ? null : paramOf(param);
  if (field === null && edgesFault.includes(code)) return undefined;
  return new WinnowError(code, message, { param: field, ...(retryAfter === undefined ? {} : { retryAfter }) });
}

/** The field of the caller's body that a field of the protocol was made from; null where it was made from none. */
function paramOf(param: string): string | null {
  const [, member, rest = ''] = /^prompt\.(text|messages)(.*)$/.exec(param) ?? [];
  if (member === undefined) return null;
  return member === 'text' ? 'prompt' : `messages${rest}`;
}

/** Codes by which a backend refuses what the edge made of the request: nothing that the caller could mend. */
const edgesFault: readonly ErrorCode[] = [
  'invalid_json',
  'invalid_value',
  'missing_required_parameter',
  'unknown_parameter',
  'invalid_api_key',
  'unknown_url',
  'internal_error',
];
