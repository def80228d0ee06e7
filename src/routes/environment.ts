import type { Context } from 'hono';
import type { Config } from '../../schemas/config.ts';
import type { BackendPort } from '../backends/port.ts';
import type { Environment } from '../backends/registry.ts';

/** What the app is made of: the checked config, and how a backend of it becomes a port. */
export interface Services {
  readonly config: Config;
  readonly connect: (name: string, environment: Environment) => BackendPort;
}

/** Hono's types for this app: the Worker's environment, and what the first middleware notes of a request. */
export interface AppEnvironment {
  Bindings: Environment;
  Variables: {
    requestId: string;
    /** When the request came, on the monotonic clock. */
    received: number;
  };
}

export type AppContext = Context<AppEnvironment>;

/** Milliseconds that never go back. */
export const clock = (): number => performance.now();

/** `run_` or another prefix, and 24 random hexadecimal digits. */
export const randomId = (prefix: string): string =>
  `${prefix}_${Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;

/** A seed for a request that has none: told in the answer, so that it can be repeated. */
export const drawSeed = (): number => crypto.getRandomValues(new Uint32Array(1))[0]! >>> 1;

/** Ends the work of a request when the client leaves or `abort` says so. */
export function departure(context: AppContext): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  return { signal: AbortSignal.any([context.req.raw.signal, controller.signal]), abort: () => controller.abort() };
}
