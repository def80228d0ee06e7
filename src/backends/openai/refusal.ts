import type { Prompt } from '../../../schemas/backend.ts';
import { WinnowError } from '../../../schemas/errors.ts';

/** What an error of the server is said of. */
export interface Refused {
  readonly prompt: Prompt;
  readonly model: string;
  readonly path: string;
  /** Name of the environment variable that holds the key; undefined where none is sent. */
  readonly keyName: string | undefined;
  readonly key: string | undefined;
}

/** What a server says went wrong, whatever shape it says it in. */
interface Said {
  readonly message: string;
  /** Its code and its type, as words. */
  readonly code: string;
}

const LONGEST = 240; // characters of the server's own words
const DAY_S = 86_400;

/** An answer with an error status, as ours, with what the server says of the cause. */
export async function refusalOf(response: Response, of: Refused): Promise<WinnowError> {
  const { status, headers } = response;
  if (status >= 300 && status < 400) return redirected(status, response);
  const text = await response.text().catch(() => '');
  return failureOf(status, said(parsed(text)), of, retryAfter(headers));
}

/** An error inside an answer with status 200. */
export const failureInside = (json: unknown, of: Refused): WinnowError => {
  const { message, code } = said(json);
  const status = Number(/\b[45]\d\d\b/.exec(code)?.[0] ?? 500);
  return failureOf(status, { message, code }, of, undefined);
};

/** Whether the same request may be sent again: the server was busy, or never saw it. */
export const mayTryAgain = (status: number): boolean => status === 408 || status === 409 || status === 429 || status >= 500;

function failureOf(status: number, { message, code }: Said, of: Refused, wait: number | undefined): WinnowError {
  const param = 'text' in of.prompt ? 'prompt' : 'messages';
  const words = quote(message, of);
  if (status === 401 || status === 403) return new WinnowError('backend_error', refusedKey(status, of)); // its words may hold the key
  if (isContext(status, message, code))
    return new WinnowError('context_length_exceeded', `The prompt does not fit the policy's context.${words}`, { param });
  if (status === 429 && /insufficient_quota|billing/.test(code))
    return new WinnowError('backend_error', 'The account at the server of this policy has no credit left (insufficient_quota).');
  if (status === 429 || status === 529)
    return new WinnowError('rate_limit_exceeded', `The server of this policy is busy or its rate limit is reached.${words}`, {
      retryAfter: wait ?? 1,
    });
  if (status === 404 && (/model/i.test(code) || /model/i.test(message)))
    return new WinnowError('backend_error', `The server of this policy has no model ${JSON.stringify(of.model)}.${words}`);
  if (status === 404 || status === 405)
    return new WinnowError(
      'backend_error',
      `The server of this policy has no route ${of.path} (status ${status}). Check "url" and "api" of its backend.`,
    );
  if (status === 503)
    return new WinnowError(
      'backend_unreachable',
      `The server of this policy is not ready.${words}`,
      wait ? { retryAfter: wait } : {},
    );
  return new WinnowError('backend_error', `The server of this policy answered with status ${status}.${words}`);
}

const redirected = (status: number, response: Response): WinnowError => {
  response.body?.cancel().catch(() => {}); // nothing in it is read
  const message = `The server of this policy answered with a redirect (status ${status}), which is not followed: the key would go along. Set "url" of its backend to where it leads.`;
  return new WinnowError('backend_error', message);
};

const refusedKey = (status: number, { keyName, key }: Refused): string => {
  if (!keyName)
    return `The server of this policy wants a key (status ${status}). Name the environment variable that holds it in "key" of its backend.`;
  if (!key)
    return `The server of this policy wants a key (status ${status}), and the environment variable ${keyName} is not set.`;
  return `The server of this policy refuses the key in the environment variable ${keyName} (status ${status}).`;
};

const isContext = (status: number, message: string, code: string): boolean =>
  (status === 400 || status === 413 || status === 422 || status === 500) &&
  (/context_length_exceeded|exceed_context_size/.test(code) ||
    /(maximum|max|available|model'?s)[^.]{0,40} context|context (length|size|window)|exceeds? .{0,40}context|(prompt|input) .{0,40}too (long|large)|must have less than \d+ tokens/i.test(
      message,
    ));

/** {error: {message}}, {error: text}, {message}, {detail: text | [{msg}]}, a list of one of them, or plain text. */
function said(json: unknown): Said {
  if (typeof json === 'string') return { message: json, code: '' };
  if (Array.isArray(json)) return said(json[0]);
  if (typeof json !== 'object' || json === null) return { message: '', code: '' };
  const { error, message, msg, detail, code, type, error_type: kind } = json as Record<string, unknown>;
  if (error !== undefined && error !== null) {
    const inner = said(error);
    return { message: inner.message, code: words(inner.code, kind) };
  }
  if (detail !== undefined) return said(detail);
  const text = typeof message === 'string' ? message : typeof msg === 'string' ? msg : '';
  return { message: text, code: words(code, type) };
}

const words = (...parts: readonly unknown[]): string =>
  parts.filter((part) => typeof part === 'string' || typeof part === 'number').join(' ');

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return /^\s*</.test(text) ? '' : text; // a page of a proxy is no message
  }
};

/** The server's own words behind ours: without addresses, paths and the key, and not at length. */
function quote(message: string, { key }: Refused): string {
  if (message.trim() === '') return '';
  const clean = (key ? message.replaceAll(key, '(key)') : message)
    .replaceAll(/\b[a-z][a-z0-9+.-]*:\/\/\S+/gi, '(address)')
    .replaceAll(/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g, '(address)')
    .replaceAll(/\blocalhost(?::\d+)?\b/gi, '(address)')
    .replaceAll(/(?<![\w/])\/[\w.-]+(?:\/[\w.-]+)+/g, '(path)')
    .replaceAll(/\bsk-[\w*-]+/g, '(key)')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return ` It says: ${JSON.stringify(clean.length > LONGEST ? `${clean.slice(0, LONGEST)}...` : clean)}.`;
}

/** Seconds, from any of the headers that servers use; undefined where none can be read. */
function retryAfter(headers: Headers): number | undefined {
  const ms = Number(headers.get('retry-after-ms') ?? headers.get('x-ms-retry-after-ms') ?? Number.NaN);
  const given = headers.get('retry-after') ?? '';
  const seconds = Number.isFinite(ms)
    ? ms / 1000
    : /^\s*\d+(\.\d+)?\s*$/.test(given)
      ? Number(given)
      : (Date.parse(given) - Date.now()) / 1000;
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, DAY_S) : undefined;
}
