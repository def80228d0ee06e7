import type { Handler } from 'hono';
import { equivalenceRequest } from '../../schemas/equivalence.ts';
import type { BackendPort } from '../../src/backends/port.ts';
import { body } from './body.ts';

/** POST /equivalence: pairs of formulas by computer algebra, one result each. */
export const equivalence =
  ({ equivalence: compare }: BackendPort, maxBodyBytes: number): Handler =>
  async (c) =>
    c.json(await compare!(await body(c, equivalenceRequest, maxBodyBytes), c.req.raw.signal)); // a local port has every call
