import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import type { Config } from '../schemas/config.ts';
import { createApp } from './app.ts';
import { localPort } from './local-port.ts';
import { Metrics, type Watched } from './metrics.ts';
import { loadModels, type Models } from './models.ts';
import type { Serving } from './routes/serving.ts';

export interface BackendOptions {
  readonly config: Config;
  /** Folder that the paths of the configuration start from. */
  readonly configFolder: string;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

export interface Backend {
  readonly url: string;
  readonly models: Models;
  /** Refuses new requests, waits for those under way, and releases the models. */
  close(): Promise<void>;
}

// A body of texts may say each twice, whole and in steps, with an id beside it.
const BODY_FACTOR = 4;
// What is still open then was going to be cut by its own deadline or its client. Who ends a process kills it after 10 s.
const DRAIN_MS = 9_000;
// Longer than the edge keeps an idle connection: at Node's own 5 s it would now and then write into one that just closed.
const KEEP_ALIVE_MS = 75_000;

/** Listens first, so that /healthz answers 503 while the models load; fulfilled once they are. */
export async function startBackend({ config, configFolder, host, port }: BackendOptions): Promise<Backend> {
  let loaded: Serving | null = null;
  const metrics = new Metrics();
  const app = createApp({
    serving: () => loaded,
    key: process.env.WINNOW_BACKEND_KEY,
    maxBodyBytes: BODY_FACTOR * config.caps.max_body_bytes,
    maxTimeMs: config.caps.max_time_ms,
    defaultModel: config.policies[config.default_policy]?.model,
    metrics,
  });
  const server = await listen(app.fetch, host, port);
  try {
    const models = await loadModels(config, configFolder, (model) => metrics.observer(model));
    metrics.watch(watched(models));
    loaded = { port: localPort(models), models };
    const close = async () => {
      loaded = null;
      await drain(server);
      metrics.close();
      await models.close();
    };
    return { url: urlOf(server), models, close };
  } catch (failure) {
    server.close();
    metrics.close();
    throw failure;
  }
}

/** Where the gauges look at each scrape. */
function watched(models: Models): Watched {
  const named = (...kinds: readonly string[]) => models.list().filter(({ kind }) => kinds.includes(kind));
  return {
    engines: () => named('policy').map(({ name }) => [name, models.engine(name).stats] as const),
    scorers: () => named('outcome', 'process').map(({ name }) => [name, models.scorer(name, 'model').waiting] as const),
    kept: () => models.kept(),
  };
}

function listen(fetch: (request: Request) => Response | Promise<Response>, hostname: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, hostname, port, overrideGlobalObjects: false }, () => resolve(server)) as Server;
    server.keepAliveTimeout = KEEP_ALIVE_MS;
    server.once('error', reject);
  });
}

function drain(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // a connection becomes idle when its answer ends, and would then be kept alive
    const idle = setInterval(() => server.closeIdleConnections(), 20);
    const late = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
    server.close(() => {
      clearInterval(idle);
      clearTimeout(late);
      resolve();
    });
  });
}

function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo; // it listens on TCP
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
