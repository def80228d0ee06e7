import { createHash, timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { WinnowError } from '../../schemas/errors.ts';

/** Lets a request through that brings the key between edge and backend; every request where none is set. */
export function access(key: string | undefined): MiddlewareHandler {
  if (!key) return (_, next) => next();
  const expected = digest(`Bearer ${key}`);
  return async (c, next) => {
    // digests have one length, so the comparison takes one time
    if (!timingSafeEqual(digest(c.req.header('authorization') ?? ''), expected)) {
      throw new WinnowError(
        'invalid_api_key',
        'The key is missing or wrong. Send authorization: Bearer and the value of WINNOW_BACKEND_KEY.',
      );
    }
    await next();
  };
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
