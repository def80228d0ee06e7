import type { Handler } from 'hono';
import { embedRequest } from '../../schemas/embed.ts';
import { embed as embedTexts } from '../embedding.ts';
import type { Models } from '../models.ts';
import type { Recordings } from '../recordings.ts';
import { body } from './body.ts';

/** POST /embed: one vector a text, in the order given; kept by its key like scores. */
export const embed =
  (models: Models, recordings: Recordings, maxBodyBytes: number): Handler =>
  async (c) => {
    const request = await body(c, embedRequest, maxBodyBytes);
    const { key, deadline_ms: _, ...asked } = request;
    async function* answer(signal: AbortSignal): AsyncGenerator<string> {
      yield JSON.stringify(await embedTexts(models, request, signal));
    }
    const lines = recordings.follow(`embed ${request.model} ${key}`, JSON.stringify(asked), answer, c.req.raw.signal);
    for await (const line of lines) return c.body(line, 200, { 'content-type': 'application/json' });
    return c.body(null, 499 as never); // the client left: nobody reads this
  };
