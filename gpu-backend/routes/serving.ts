import type { BackendPort } from '../../src/backends/port.ts';
import type { Metrics } from '../metrics.ts';
import type { Models } from '../models.ts';

/** What a loaded backend serves its routes from. */
export interface Serving {
  readonly port: BackendPort;
  readonly models: Models;
}

/** What the routes for OpenAI's clients are told besides. */
export interface OpenAiOptions {
  readonly maxBodyBytes: number;
  /** An answer that takes longer ends as it is. */
  readonly maxTimeMs: number;
  /** The policy of a request that names none. */
  readonly defaultModel: string | undefined;
  readonly metrics: Metrics;
}
