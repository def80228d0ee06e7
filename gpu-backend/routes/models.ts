import type { Handler } from 'hono';
import type { BackendPort } from '../../src/backends/port.ts';

/** GET /models: what this backend serves. */
export const models =
  (port: BackendPort): Handler =>
  async (c) =>
    c.json({ models: await port.models(c.req.raw.signal) });
