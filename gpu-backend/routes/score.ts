import type { Handler } from 'hono';
import { scoreRequest } from '../../schemas/backend.ts';
import type { BackendPort } from '../../src/backends/port.ts';
import type { Recordings } from '../recordings.ts';
import { body } from './body.ts';

/** POST /score: one score a candidate, in the order given; kept by its key like a generation. */
export const score =
  (port: BackendPort, recordings: Recordings, maxBodyBytes: number): Handler =>
  async (c) => {
    const request = await body(c, scoreRequest, maxBodyBytes);
    const { key, deadline_ms: _, ...asked } = request;
    async function* answer(signal: AbortSignal): AsyncGenerator<string> {
      yield JSON.stringify(await port.score(request, signal));
    }
    const lines = recordings.follow(`score ${request.model} ${key}`, JSON.stringify(asked), answer, c.req.raw.signal);
    for await (const line of lines) return c.body(line, 200, { 'content-type': 'application/json' });
    return c.body(null, 499 as never); // the client left: nobody reads this
  };
