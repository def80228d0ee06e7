import { Hono } from 'hono';
import { WinnowError } from '../schemas/errors.ts';
import type { BackendPort } from '../src/backends/port.ts';
import { Recordings } from './recordings.ts';
import { access } from './routes/access.ts';
import { failure } from './routes/failure.ts';
import { generate } from './routes/generate.ts';
import { health } from './routes/health.ts';
import { models } from './routes/models.ts';
import { score } from './routes/score.ts';

export interface AppOptions {
  /** The models once they are loaded, null until then and while the process ends. */
  readonly port: () => BackendPort | null;
  readonly key: string | undefined;
  readonly maxBodyBytes: number;
}

/** Every route of the backend (api.md 6). */
export function createApp({ port, key, maxBodyBytes }: AppOptions): Hono {
  const recordings = new Recordings();
  const serving = (): BackendPort => {
    const loaded = port();
    if (loaded) return loaded;
    throw new WinnowError('backend_unreachable', 'The models are not loaded yet. Try again in a second.', { retryAfter: 1 });
  };
  const app = new Hono();
  app.onError((error, c) => failure(c, error));
  app.notFound((c) => failure(c, notFound(app, c.req.method, c.req.path)));
  app.use(access(key));
  app.post('/generate', (c, next) => generate(serving(), recordings, maxBodyBytes)(c, next));
  app.post('/score', (c, next) => score(serving(), recordings, maxBodyBytes)(c, next));
  app.get('/models', (c, next) => models(serving())(c, next));
  app.get(
    '/healthz',
    health(() => port() !== null),
  );
  return app;
}

function notFound(app: Hono, method: string, path: string): WinnowError {
  const allowed = app.routes.filter((route) => route.path === path && route.method !== 'ALL').map((route) => route.method);
  if (allowed.length > 0)
    return new WinnowError('method_not_allowed', `${path} answers ${allowed.join(', ')}; ${method} was sent.`);
  return new WinnowError(
    'unknown_url',
    'There is nothing at this path. Known: POST /generate, POST /score, GET /models, GET /healthz.',
  );
}
