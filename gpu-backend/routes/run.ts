import type { Handler } from 'hono';
import { runRequest } from '../../schemas/backend-run.ts';
import type { BackendPort } from '../../src/backends/port.ts';
import { running } from '../running.ts';
import { body } from './body.ts';
import { asText, ndjson } from './ndjson.ts';

/** POST /run: a strategy on the models of this process; its results as they happen, and its end. */
export const run =
  (port: BackendPort, maxBodyBytes: number): Handler =>
  async (c) => {
    const request = await body(c, runRequest, maxBodyBytes);
    const client = new AbortController();
    return ndjson(asText(running(request, port, client.signal)), client);
  };
