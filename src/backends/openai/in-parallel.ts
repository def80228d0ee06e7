/**
 * Runs tasks of a queue, `limit` at a time, and gives their results as they come; more may be queued meanwhile. A consumer
 * that leaves starts no more of them. Tasks do not reject: what fails is a value.
 */
export async function* inParallel<T>(queue: (() => Promise<T>)[], limit: number): AsyncGenerator<T> {
  const running = new Map<number, Promise<readonly [number, T]>>();
  for (let started = 0; ; ) {
    while (running.size < limit && queue.length > 0) {
      const number = started++;
      running.set(
        number,
        queue.shift()!().then((value) => [number, value] as const),
      );
    }
    if (running.size === 0) return;
    const [number, value] = await Promise.race(running.values());
    running.delete(number);
    yield value;
  }
}
