import { setTimeout as after } from 'node:timers/promises';

const TRIES = 5;
/** A kept connection that the server closed as the request left. The same seed gives the same answer. */
const CLOSED: readonly unknown[] = ['UND_ERR_SOCKET', 'ECONNRESET'];

export interface Asked extends Omit<RequestInit, 'signal'> {
  readonly signal: AbortSignal;
  /** Of each try. */
  readonly timeoutMs: number;
}

/**
 * Asks a running Winnow, and again where it says to come again (429) or its connection was closed: five times at most.
 *
 * @returns the last response, whatever its status
 * @throws what fetch throws where nobody answers, and the signal's reason where it is aborted
 */
export async function ask(url: string, { signal, timeoutMs, ...request }: Asked): Promise<Response> {
  for (let attempt = 1; ; attempt++) {
    const response = await fetch(url, { ...request, signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) }).catch(
      (error: Error & { readonly cause?: { readonly code?: unknown } }) => {
        signal.throwIfAborted();
        if (CLOSED.includes(error.cause?.code) && attempt < TRIES) return null;
        throw error;
      },
    );
    if (response === null) continue;
    if (response.status !== 429 || attempt === TRIES) return response;
    await response.body?.cancel();
    await after(1000 * (Number(response.headers.get('retry-after')) || attempt), undefined, { signal });
  }
}
