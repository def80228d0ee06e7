import type { Handler } from 'hono';
import { tensorsRequest } from '../../schemas/tensors.ts';
import type { Models } from '../models.ts';
import { tensors as run } from '../tensors.ts';
import { body } from './body.ts';

/** POST /tensors: named tensors through a graph. */
export const tensors =
  (models: Models, maxBodyBytes: number): Handler =>
  async (c) =>
    c.json(await run(models, await body(c, tensorsRequest, maxBodyBytes)));
