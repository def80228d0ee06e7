import { errorCodes, WinnowError } from '../../schemas/errors.ts';

const ATTEMPTS = 3;
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2_000; // a backend that wants more is busy: the caller is told rather than kept

/** Tries again what may be tried again, with growing pauses and jitter; gives up when the signal says so. */
export async function retrying<T>(signal: AbortSignal, attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (failure) {
      const wait = pause(failure, tries);
      if (wait === null || signal.aborted) throw failure;
      await pausing(wait, signal);
      if (signal.aborted) throw failure;
    }
  }
}

/** Waits, and no longer than until the signal. */
function pausing(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}

/** Milliseconds to wait before the next try; null when there is to be none. */
function pause(failure: unknown, tries: number): number | null {
  if (!(failure instanceof WinnowError) || !errorCodes[failure.code].retry || tries >= ATTEMPTS) return null;
  if (failure.code === 'deadline_exceeded') return null;
  const wait = failure.retryAfter ? failure.retryAfter * 1000 : FIRST_WAIT_MS * 2 ** (tries - 1);
  return wait > LONGEST_WAIT_MS ? null : wait * (0.75 + 0.5 * Math.random());
}
