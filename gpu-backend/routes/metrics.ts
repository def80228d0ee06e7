import type { Handler } from 'hono';
import type { Metrics } from '../metrics.ts';

/** GET /metrics: Prometheus' text format, while the models load too. */
export const metrics =
  (source: Metrics): Handler =>
  async (c) => {
    const { text, contentType } = await source.scrape();
    return c.body(text, 200, { 'content-type': contentType, 'cache-control': 'no-store' });
  };
