import type { Handler } from 'hono';
import { logprobsRequest } from '../../schemas/logprobs.ts';
import { logprobs as measure } from '../logprobs.ts';
import type { Models } from '../models.ts';
import { body } from './body.ts';

/** POST /logprobs: what a policy says of texts that are given. Nothing is sampled, so a repeated request costs time alone. */
export const logprobs =
  (models: Models, maxBodyBytes: number): Handler =>
  async (c) => {
    const request = await body(c, logprobsRequest, maxBodyBytes);
    return c.json(await measure(models.engine(request.model), request, c.req.raw.signal));
  };
