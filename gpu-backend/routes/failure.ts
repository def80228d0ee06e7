import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { errorCodes, WinnowError } from '../../schemas/errors.ts';

/** Anything thrown -> OpenAI's error object (api.md 3). What is not a WinnowError is our bug: logged, and told as 500. */
export function failure(c: Context, thrown: unknown): Response {
  const error = told(thrown);
  if (error.retryAfter !== undefined) c.header('retry-after', String(error.retryAfter));
  return c.json(bodyOf(error), errorCodes[error.code].status as ContentfulStatusCode);
}

/** The same object where the status has gone out already: the last event of a stream. */
export const errorBody = (thrown: unknown): object => bodyOf(told(thrown));

function told(thrown: unknown): WinnowError {
  if (thrown instanceof WinnowError) return thrown;
  console.error(thrown);
  return new WinnowError('internal_error', 'The backend failed; its log says how.');
}

function bodyOf({ code, message, param }: WinnowError) {
  const name = code === 'no_candidates_supplied' ? 'no_candidates' : code;
  return { error: { message, type: errorCodes[code].type, param, code: name } };
}
