import type { Handler } from 'hono';
import type { z } from 'zod';
import type { AppEnvironment, Services } from './environment.ts';

/** One way in: what is mounted, asked a key for, and described in /openapi.json. */
export interface Endpoint {
  readonly method: 'GET' | 'POST';
  /** As Hono writes it. */
  readonly path: string;
  readonly summary: string;
  /** Needs no key. */
  readonly open?: true;
  readonly request?: z.ZodType;
  readonly response: z.ZodType | null;
  /** Answers as server-sent events where the body says `stream: true`. */
  readonly streams?: true;
  readonly handle: (services: Services) => Handler<AppEnvironment>;
}
