import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, type Registry } from 'prom-client';

const RESOLUTION_MS = 2; // every sample costs a turn of the loop
const QUANTILES = [0.5, 0.9, 0.99, 1] as const;

/** What the process takes: its memory, its processor time, how late its event loop is. Ends with `close`. */
export function watchProcess(registry: Registry): { close(): void } {
  const started = Date.now() / 1000 - process.uptime();
  gauge('process_start_time_seconds', 'When the process started, in Unix time.', () => started);
  gauge('process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss());
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Processor time, user and system.',
    registers: [registry],
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  gauge('nodejs_heap_used_bytes', 'Heap of JavaScript in use.', () => process.memoryUsage().heapUsed);
  return { close: watchEventLoop(registry) };

  function gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  }
}

/** Each scrape tells of the time since the one before it. */
function watchEventLoop(registry: Registry): () => void {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  new Gauge({
    name: 'winnow_event_loop_delay_seconds',
    help: 'How late the event loop came to a timer since the last scrape; quantile 1 is the longest.',
    labelNames: ['quantile'],
    registers: [registry],
    collect() {
      // a sample is the time between two turns, the pause of the timer included
      const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1000);
      for (const quantile of QUANTILES) {
        const value = quantile === 1 ? delay.max : delay.percentile(100 * quantile);
        this.set({ quantile: String(quantile) }, late(value));
      }
      delay.reset();
    },
  });
  return () => delay.disable();
}
