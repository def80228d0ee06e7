import { Hono, type MiddlewareHandler } from 'hono';
import { WinnowError } from '../schemas/errors.ts';
import type { BackendPort } from '../src/backends/port.ts';
import type { Metrics } from './metrics.ts';
import { Recordings } from './recordings.ts';
import { access } from './routes/access.ts';
import { chatCompletions } from './routes/chat-completions.ts';
import { completions } from './routes/completions.ts';
import { embed } from './routes/embed.ts';
import { equivalence } from './routes/equivalence.ts';
import { failure } from './routes/failure.ts';
import { generate } from './routes/generate.ts';
import { health } from './routes/health.ts';
import { logprobs } from './routes/logprobs.ts';
import { metrics as metricsRoute } from './routes/metrics.ts';
import { models } from './routes/models.ts';
import { openAiModel, openAiModels } from './routes/openai-models.ts';
import { run } from './routes/run.ts';
import { score } from './routes/score.ts';
import type { OpenAiOptions, Serving } from './routes/serving.ts';
import { tensors } from './routes/tensors.ts';

export interface AppOptions extends OpenAiOptions {
  /** The models once they are loaded, null until then and while the process ends. */
  readonly serving: () => Serving | null;
  readonly key: string | undefined;
}

const ONE_MODEL = '/v1/models/';

/** Every route of the backend (api.md 6), and those of OpenAI's clients. */
export function createApp({ serving: loaded, key, ...options }: AppOptions): Hono {
  const { maxBodyBytes, metrics } = options;
  const recordings = new Recordings();
  const serving = (): Serving => {
    const served = loaded();
    if (served) return served;
    throw new WinnowError('backend_unreachable', 'The models are not loaded yet. Try again in a second.', { retryAfter: 1 });
  };
  const port = (): BackendPort => counted(serving().port, metrics);
  const app = new Hono();
  app.onError((error, c) => failure(c, error));
  app.notFound((c) => failure(c, notFound(app, c.req.method, c.req.path)));
  app.use(count(app, metrics));
  app.use(access(key));
  app.post('/generate', (c, next) => generate(port(), recordings, maxBodyBytes)(c, next));
  app.post('/score', (c, next) => score(port(), recordings, maxBodyBytes)(c, next));
  app.post('/run', (c, next) => run(port(), maxBodyBytes)(c, next));
  app.post('/logprobs', (c, next) => logprobs(serving().models, maxBodyBytes)(c, next));
  app.post('/embed', (c, next) => embed(serving().models, recordings, maxBodyBytes)(c, next));
  app.post('/tensors', (c, next) => tensors(serving().models, maxBodyBytes)(c, next));
  app.post('/equivalence', (c, next) => equivalence(port(), maxBodyBytes)(c, next));
  app.get('/models', (c, next) => models(port())(c, next));
  app.post('/v1/chat/completions', (c, next) => chatCompletions(serving(), options)(c, next));
  app.post('/v1/completions', (c, next) => completions(serving(), options)(c, next));
  app.get('/v1/models', (c, next) => openAiModels(serving())(c, next));
  app.get(`${ONE_MODEL}*`, (c, next) => openAiModel(serving())(c, next));
  app.get('/metrics', metricsRoute(metrics));
  app.get(
    '/healthz',
    health(() => loaded() !== null),
  );
  return app;
}

/** Counts answers by route: what was asked for becomes a label only where it is one of the list. */
function count(app: Hono, metrics: Metrics): MiddlewareHandler {
  return async (c, next) => {
    await next();
    const { path } = c.req;
    const known = routesAt(app, path).length > 0;
    metrics.answered(known ? (path.startsWith(ONE_MODEL) ? `${ONE_MODEL}:id` : path) : 'other', c.res.status);
  };
}

/** The same port; calls that it refuses for want of room are counted. */
function counted(port: BackendPort, metrics: Metrics): BackendPort {
  return {
    ...port,
    generate: (request, signal) => {
      try {
        return port.generate(request, signal);
      } catch (thrown) {
        if (thrown instanceof WinnowError && thrown.code === 'rate_limit_exceeded') metrics.rejected(request.model);
        throw thrown;
      }
    },
  };
}

const routesAt = (app: Hono, path: string) =>
  app.routes.filter(
    (route) => route.method !== 'ALL' && (route.path === path || (route.path === `${ONE_MODEL}*` && path.startsWith(ONE_MODEL))),
  );

function notFound(app: Hono, method: string, path: string): WinnowError {
  const allowed = routesAt(app, path).map((route) => route.method);
  if (allowed.length > 0)
    return new WinnowError('method_not_allowed', `${path} answers ${allowed.join(', ')}; ${method} was sent.`);
  const known = app.routes.filter((route) => route.method !== 'ALL').map((route) => `${route.method} ${route.path}`);
  return new WinnowError('unknown_url', `There is nothing at this path. Known: ${known.join(', ')}.`);
}
