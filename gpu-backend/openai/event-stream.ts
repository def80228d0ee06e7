const HEARTBEAT_MS = 15_000; // a proxy on the path may cut a stream that is silent for 100 s
const encoder = new TextEncoder();

/**
 * Server-sent events on their way to one client: put in at any time, written together as the client reads. What waits is
 * bounded by what the request may produce.
 */
export class EventStream {
  #waiting: string[] = [];
  #over = false;
  #wake: () => void = () => {};
  readonly #heart = setInterval(() => this.#put(': keep-alive\n\n'), HEARTBEAT_MS).unref();

  /** Puts in one event, whose data is this text without a line end. */
  send(data: string): void {
    this.#put(`data: ${data}\n\n`);
  }

  /** Puts in what no client reads as an event. */
  comment(text: string): void {
    this.#put(`: ${text.replaceAll(/[\r\n]+/g, ' ')}\n\n`);
  }

  /** What was put in is still written. */
  end(): void {
    clearInterval(this.#heart);
    this.#over = true;
    this.#wake();
  }

  /** @param left  called once where the client leaves before the end */
  response(left: () => void, headers: Readonly<Record<string, string>>): Response {
    const body = new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        if (this.#waiting.length === 0 && !this.#over) await this.#change();
        if (this.#waiting.length > 0) controller.enqueue(encoder.encode(this.#take()));
        else if (this.#over) controller.close();
      },
      cancel: () => {
        this.end();
        left();
      },
    });
    return new Response(body, {
      headers: {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-cache, no-transform', // a proxy that compresses holds events back
        'x-accel-buffering': 'no',
        ...headers,
      },
    });
  }

  #put(text: string): void {
    if (this.#over) return;
    this.#waiting.push(text);
    this.#wake();
  }

  #take(): string {
    const text = this.#waiting.join('');
    this.#waiting = [];
    return text;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
