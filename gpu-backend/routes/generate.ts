import type { Handler } from 'hono';
import { generateRequest } from '../../schemas/backend.ts';
import type { BackendPort } from '../../src/backends/port.ts';
import type { Recordings } from '../recordings.ts';
import { body } from './body.ts';
import { asText, ndjson } from './ndjson.ts';

/** POST /generate: headers at once, then a line for each candidate as it ends, scores as they come, `done` last. */
export const generate =
  (port: BackendPort, recordings: Recordings, maxBodyBytes: number): Handler =>
  async (c) => {
    const request = await body(c, generateRequest, maxBodyBytes);
    const { key, deadline_ms: _, ...asked } = request; // a retry may have less time left
    const client = new AbortController();
    const lines = recordings.follow(
      `generate ${key}`,
      JSON.stringify(asked),
      (signal) => asText(port.generate(request, signal)),
      client.signal,
    );
    return ndjson(lines, client);
  };
