import type { Handler } from 'hono';

/** GET /healthz: 200 once the models are loaded, 503 until then and while the process ends. */
export const health =
  (ready: () => boolean): Handler =>
  (c) =>
    ready() ? c.json({ status: 'ok' }) : c.json({ status: 'loading' }, 503);
