import type { AppContext, Services } from './environment.ts';

const PATIENCE_MS = 2_000;

/** GET /healthz: the Worker answers. */
export const healthz = () => (context: AppContext) => context.json({ status: 'ok' });

/** GET /readyz: every backend answers and has its models loaded; 503 with the names of those that do not. */
export const readyz =
  ({ config, connect }: Services) =>
  async (context: AppContext) => {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const states = await Promise.all(
      Object.keys(config.backends).map(async (name) => {
        const ready = await connect(name, context.env ?? {}).ready(signal);
        return [name, ready ? 'ok' : 'not_ready'] as const;
      }),
    );
    const ready = states.every(([, state]) => state === 'ok');
    return context.json({ status: ready ? 'ok' : 'not_ready', backends: Object.fromEntries(states) }, ready ? 200 : 503);
  };
