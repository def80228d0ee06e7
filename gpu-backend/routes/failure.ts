import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { errorCodes, WinnowError } from '../../schemas/errors.ts';

/** Anything thrown -> OpenAI's error object (api.md 3). What is not a WinnowError is our bug: logged, and told as 500. */
export function failure(c: Context, thrown: unknown): Response {
  if (!(thrown instanceof WinnowError)) console.error(thrown);
  const error =
    thrown instanceof WinnowError ? thrown : new WinnowError('internal_error', 'The backend failed; its log says how.');
  const { status, type } = errorCodes[error.code];
  if (error.retryAfter !== undefined) c.header('retry-after', String(error.retryAfter));
  const code = error.code === 'no_candidates_supplied' ? 'no_candidates' : error.code;
  return c.json({ error: { message: error.message, type, param: error.param, code } }, status as ContentfulStatusCode);
}
