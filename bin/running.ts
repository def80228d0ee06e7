/** A running Winnow: the Worker on plain workerd and the backend beside it. `npm start` and the tests start it here. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { type Child, type Output, startChild } from './child.ts';
import { freePort } from './ports.ts';
import { type Relay, startRelay } from './relay.ts';
import { CannotStart, type Environment, inUrl, readSettings, type Settings } from './settings.ts';

const READY_MS = 120_000; // a large model takes a minute to load from a slow disk
const POLL_MS = 30;
const BACKEND_HOST = '127.0.0.1'; // only the Worker of this machine calls it, so it needs no key

export interface Winnow {
  /** Where the Worker answers, without a slash at the end. */
  readonly url: string;
  /** Where the backend answers, ours or another's; undefined where the config names none here. */
  readonly backendUrl: string | undefined;
  readonly settings: Settings;
  readonly edge: Child;
  /** The backend that was started here. */
  readonly backend: Child | undefined;
  /** Resolves with the first child that ends, asked or not. */
  readonly ended: Promise<Ending>;
  /** Stops both, the edge first, and returns when both are gone. */
  stop(): Promise<void>;
}

export interface Ending {
  readonly name: string;
  readonly how: string;
  readonly lastWords: string;
}

export interface Options {
  /** WINNOW_* variables and the secrets that the config names; the children get nothing else. */
  readonly env: Environment;
  readonly output?: Output;
  /** Gives up starting: what runs is stopped. */
  readonly signal?: AbortSignal;
}

/** Options of a test: any free ports, and none of the caller's own WINNOW_* variables. */
export function forTests(env: Environment = {}): Options {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('WINNOW_'));
  return { env: { ...Object.fromEntries(others), WINNOW_PORT: '0', WINNOW_BACKEND_PORT: '0', ...env }, output: 'keep' };
}

/**
 * Starts Winnow and returns when it is ready: GET /readyz answers 200.
 *
 * @throws CannotStart when a setting is wrong, a port is taken, the Worker does not build or a child ends; nothing runs on
 */
export async function startWinnow({ env, output = 'inherit', signal }: Options): Promise<Winnow> {
  const settings = readSettings(env);
  await freePort({ variable: 'WINNOW_PORT', host: settings.host, port: settings.port });
  const backend = settings.needsBackend ? await startBackend({ env, output }) : undefined;
  const backendUrl = backend?.url ?? settings.backendUrl;

  const children: Child[] = backend ? [backend] : [];
  let relay: Relay | undefined;
  const stop = async () => {
    relay?.stop();
    for (const child of children.toReversed()) await child.stop();
  };
  const folder = mkdtempSync(join(tmpdir(), 'winnow-'));
  const waiting = new AbortController();
  try {
    const { startEdge } = await import('./edge.ts'); // wrangler takes most of a second to load: the backend loads beside it
    const edge = startEdge(settings, { env: { ...env, WINNOW_BACKEND_URL: backendUrl }, output, folder });
    children.push(edge);
    const ended = Promise.race(children.map(ending));
    const failed = Promise.race([ended.then(early), aborted(signal)]);
    const toPort = await Promise.race([edge.port, failed]);
    relay = await startRelay({ host: settings.host, port: settings.port, toPort });
    const url = `http://${reachable(settings.host)}:${relay.port}`;
    await Promise.race([ready(url, waiting.signal), failed]);
    return { url, backendUrl, settings, edge, backend, ended, stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    waiting.abort();
    rmSync(folder, { recursive: true }); // workerd has read it by now, or never will
  }
}

/** Starts a backend on loopback, by WINNOW_BACKEND_PORT; returns at once, long before its models are loaded. */
export async function startBackend({ env, output = 'inherit' }: Options): Promise<Child & { readonly url: string }> {
  const { backendPort, configPath } = readSettings(env);
  const port = await freePort({ variable: 'WINNOW_BACKEND_PORT', host: BACKEND_HOST, port: backendPort });
  const child = startChild('backend', {
    file: process.execPath,
    args: ['gpu-backend/server.ts'],
    env: { ...env, WINNOW_BACKEND_HOST: BACKEND_HOST, WINNOW_BACKEND_PORT: String(port), WINNOW_CONFIG: configPath },
    output,
  });
  return { ...child, url: `http://${BACKEND_HOST}:${port}` };
}

const ending = async (child: Child): Promise<Ending> => ({
  name: child.name,
  how: await child.ended,
  lastWords: child.lastWords(),
});

const early = ({ name, how, lastWords }: Ending): never => {
  throw new CannotStart(`The ${name} ended before it was ready (${how}).\n${lastWords}`.trimEnd());
};

const aborted = (signal: AbortSignal | undefined) =>
  new Promise<never>((_, reject) => {
    const stopped = () => reject(new CannotStart('Stopped before it was ready.'));
    if (signal?.aborted) stopped();
    signal?.addEventListener('abort', stopped, { once: true });
  });

/** A host to call: the wildcards are only for listening. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return inUrl(host === '::' ? '::1' : host);
}

async function ready(url: string, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + READY_MS;
  let last = 'no answer';
  while (performance.now() < deadline && !signal.aborted) {
    const answer = await fetch(`${url}/readyz`, { signal }).catch(() => undefined);
    if (answer?.ok) return;
    if (answer) last = `${answer.status} ${(await answer.text()).slice(0, 400)}`;
    await after(POLL_MS);
  }
  throw new CannotStart(`Winnow is not ready after ${READY_MS / 1000} s. GET ${url}/readyz: ${last}`);
}
