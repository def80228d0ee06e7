const HEARTBEAT_MS = 15_000; // a proxy on the path may cut a stream that is silent for 100 s
const MOST_WAITING = 4 << 20; // characters; an answer of 10,000 tokens has as many
const encoder = new TextEncoder();

/**
 * Server-sent events on their way to one client: put in at any time, written together as the client reads. One that reads
 * too slowly is told so and then counts as one that left.
 */
export class EventStream {
  readonly #tooSlow: string;
  #waiting: string[] = [];
  #size = 0;
  #over = false;
  #wake: () => void = () => {};
  #left: () => void = () => {};
  readonly #heart = setInterval(() => this.#put(': keep-alive\n\n'), HEARTBEAT_MS).unref();

  /** @param tooSlow  data of the last event where what waits has become too much */
  constructor(tooSlow: string) {
    this.#tooSlow = tooSlow;
  }

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

  /** @param left  called where the client leaves before the end */
  response(left: () => void, headers: Readonly<Record<string, string>>): Response {
    this.#left = left;
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
    this.#size += text.length;
    if (this.#size > MOST_WAITING) {
      this.#giveUp();
      return;
    }
    this.#waiting.push(text);
    this.#wake();
  }

  #giveUp(): void {
    this.#waiting.push(`data: ${this.#tooSlow}\n\n`);
    this.end();
    this.#left();
  }

  #take(): string {
    const text = this.#waiting.join('');
    this.#waiting = [];
    this.#size = 0;
    return text;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
