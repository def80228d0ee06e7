import type { SSEStreamingApi } from 'hono/streaming';
import { streamSSE } from 'hono/streaming';
import type { ProgressEvent } from '../../schemas/events.ts';
import type { AppContext } from './environment.ts';

const HEARTBEAT_MS = 15_000; // a proxy on the path may cut a stream that is silent for 100 s
const FIRST_SIGN_MS = 5_000; // until then a failure can still be told by its HTTP status

/** How a route writes what a run tells. */
export interface Voice<Result> {
  readonly event: (stream: SSEStreamingApi, event: ProgressEvent) => Promise<void>;
  readonly result: (stream: SSEStreamingApi, result: Result) => Promise<void>;
  readonly failure: (stream: SSEStreamingApi, thrown: unknown) => Promise<void>;
}

/**
 * Streams a run. Headers wait for its first sign of life, so that what is refused at once has its HTTP status; from then on
 * events go out as they come, with a heartbeat in silence. `abort` ends the work when the reader leaves.
 */
export async function streamRun<Result>(
  context: AppContext,
  work: (listen: (event: ProgressEvent) => void) => Promise<Result>,
  voice: Voice<Result>,
  abort: () => void,
): Promise<Response> {
  const inbox = new Inbox();
  const running = work((event) => inbox.put(event));
  running.then(
    () => inbox.close(),
    () => inbox.close(),
  );
  await Promise.race([inbox.changed(), new Promise((resolve) => setTimeout(resolve, FIRST_SIGN_MS))]);
  if (inbox.closed && inbox.empty) await running; // throws what failed before anything was told
  const response = streamSSE(context, async (stream) => {
    stream.onAbort(abort);
    const heart = setInterval(() => void stream.write(': keep-alive\n\n'), HEARTBEAT_MS);
    try {
      for await (const event of inbox.all()) await voice.event(stream, event);
      await voice.result(stream, await running);
    } catch (thrown) {
      await voice.failure(stream, thrown);
    } finally {
      clearInterval(heart);
    }
  });
  response.headers.set('cache-control', 'no-cache, no-transform'); // Hono's own lets a proxy compress, which holds events back
  response.headers.set('x-accel-buffering', 'no');
  return response;
}

/** Events that wait to be written: as many as a run tells, which its limits bound. */
class Inbox {
  readonly #events: ProgressEvent[] = [];
  #wake: () => void = () => {};
  #change = this.#next();
  closed = false;

  get empty(): boolean {
    return this.#events.length === 0;
  }

  put(event: ProgressEvent): void {
    this.#events.push(event);
    this.#wake();
  }

  close(): void {
    this.closed = true;
    this.#wake();
  }

  /** Resolves when something was put in, or nothing will be any more. */
  changed(): Promise<void> {
    return this.#events.length > 0 || this.closed ? Promise.resolve() : this.#change;
  }

  async *all(): AsyncGenerator<ProgressEvent> {
    for (;;) {
      await this.changed();
      const event = this.#events.shift();
      if (event) yield event;
      else if (this.closed) return;
      else this.#change = this.#next();
    }
  }

  #next(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
