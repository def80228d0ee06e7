import { Hono } from 'hono';
import { cors } from 'hono/cors';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { quoted, WinnowError } from '../schemas/errors.ts';
import { readKeys, requireKey } from './access/keys.ts';
import { endpoints } from './routes/endpoints.ts';
import type { AppContext, AppEnvironment, Services } from './routes/environment.ts';
import { clock, randomId } from './routes/environment.ts';
import { httpFailure } from './routes/failure.ts';

/** The edge: middleware in their order, then every endpoint of the one list. */
export function createApp(services: Services): Hono<AppEnvironment> {
  const app = new Hono<AppEnvironment>();
  app.use(async (context, next) => {
    context.set('received', clock());
    context.set('requestId', randomId('req'));
    await next();
    context.res.headers.set('x-request-id', context.get('requestId'));
    context.res.headers.set('x-content-type-options', 'nosniff');
  });
  const origins = services.config.cors_origins;
  if (origins.length > 0) app.use(cors({ origin: [...origins], exposeHeaders: ['x-request-id', 'x-winnow-seed'] }));
  app.use(async (context, next) => {
    const known = endpoints.find(({ path }) => path === context.req.path);
    if (!known?.open) await requireKey(context.req.header('authorization'), readKeys(context.env?.WINNOW_API_KEYS));
    await next();
  });
  for (const { method, path, handle } of endpoints) app.on(method, path, handle(services));
  for (const path of new Set(endpoints.map((endpoint) => endpoint.path))) app.all(path, (context) => refuseMethod(context, path));
  app.notFound((context) => fail(context, new WinnowError('unknown_url', unknownUrl(context.req.path))));
  app.onError((thrown, context) => fail(context, thrown));
  return app;
}

function refuseMethod(context: AppContext, path: string): Response {
  const allowed = endpoints.filter((endpoint) => endpoint.path === path).map(({ method }) => method);
  context.header('allow', allowed.join(', '));
  const message = `${context.req.method} is not served here. Allowed: ${allowed.join(', ')}.`;
  return fail(context, new WinnowError('method_not_allowed', message));
}

const unknownUrl = (path: string): string =>
  path.startsWith('/v1/responses')
    ? 'The responses API is not served. Use /v1/chat/completions.'
    : `Nothing is served at ${quoted(path)}. See /openapi.json.`;

function fail(context: AppContext, thrown: unknown): Response {
  const { status, headers, body } = httpFailure(thrown);
  if (status >= 500) report(context, thrown);
  for (const [name, value] of Object.entries(headers)) context.header(name, value);
  return context.json(body, status as ContentfulStatusCode); // the table of codes holds statuses with a body only
}

/** For the operator: what failed, never a prompt, a text or a key. */
function report(context: AppContext, thrown: unknown): void {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const cause = error.cause instanceof Error ? error.cause.message : undefined;
  console.error(
    JSON.stringify({
      request: context.get('requestId'),
      path: context.req.path,
      error: error.name,
      message: error.message,
      cause,
      stack: error instanceof WinnowError ? undefined : error.stack,
    }),
  );
}
