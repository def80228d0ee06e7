import { afterEach, expect, test, vi } from 'vitest';
import type { ErrorCode } from '../../schemas/errors.ts';
import { errorCodes, WinnowError } from '../../schemas/errors.ts';
import { retrying } from '../../src/backends/retry.ts';
import { withoutWaiting } from './waits.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

const never = new AbortController().signal;

/** Fails as often as there are failures, then succeeds. */
function failing(...failures: readonly unknown[]) {
  let calls = 0;
  const attempt = async () => {
    const failure = failures[calls++];
    if (failure !== undefined) throw failure;
    return 'done';
  };
  return { attempt, calls: () => calls };
}
const error = (code: ErrorCode, retryAfter?: number) =>
  new WinnowError(code, 'no', retryAfter === undefined ? {} : { retryAfter });

test('what may be tried again is, with growing pauses and jitter of a quarter', async () => {
  const waits = withoutWaiting();
  const { attempt, calls } = failing(error('backend_unreachable'), error('backend_error'));
  expect(await retrying(never, attempt)).toBe('done');
  expect(calls()).toBe(3);
  for (const [place, wait] of waits.entries()) {
    expect(wait).toBeGreaterThanOrEqual(75 * 2 ** place);
    expect(wait).toBeLessThanOrEqual(125 * 2 ** place);
  }
});

test('the third failure is the last one, and is what is thrown', async () => {
  withoutWaiting();
  const { attempt, calls } = failing(...Array.from({ length: 9 }, (_, place) => new WinnowError('backend_error', `${place}`)));
  await expect(retrying(never, attempt)).rejects.toThrow('2');
  expect(calls()).toBe(3);
});

const final = (Object.keys(errorCodes) as ErrorCode[]).filter((code) => !errorCodes[code].retry || code === 'deadline_exceeded');
test.each(final)('%s is not tried again', async (code) => {
  const { attempt, calls } = failing(error(code));
  await expect(retrying(never, attempt)).rejects.toMatchObject({ code });
  expect(calls()).toBe(1);
});

test('a fault of our own is not tried again', async () => {
  const { attempt, calls } = failing(new TypeError('a bug'));
  await expect(retrying(never, attempt)).rejects.toThrow('a bug');
  expect(calls()).toBe(1);
});

test('Retry-After is waited for where it is short; a busy backend is told at once', async () => {
  const waits = withoutWaiting();
  expect(await retrying(never, failing(error('rate_limit_exceeded', 1)).attempt)).toBe('done');
  expect(waits[0]).toBeGreaterThanOrEqual(750);
  const busy = failing(error('rate_limit_exceeded', 30));
  await expect(retrying(never, busy.attempt)).rejects.toMatchObject({ code: 'rate_limit_exceeded' });
  expect(busy.calls()).toBe(1);
});

test('nothing is tried again after the signal, and a pause ends with it', async () => {
  const left = failing(error('backend_error'));
  await expect(retrying(AbortSignal.abort(), left.attempt)).rejects.toMatchObject({ code: 'backend_error' });
  expect(left.calls()).toBe(1);
  const leaving = new AbortController();
  const busy = failing(error('rate_limit_exceeded', 1));
  const began = performance.now();
  const waiting = retrying(leaving.signal, busy.attempt);
  setImmediate(() => leaving.abort());
  await expect(waiting).rejects.toMatchObject({ code: 'rate_limit_exceeded' });
  expect(performance.now() - began).toBeLessThan(900); // the pause is a second
  expect(busy.calls()).toBe(1);
});
