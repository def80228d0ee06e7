/** `fetch` for one hub: adds the token, waits where the hub says so, and explains every failure. */
import { setTimeout as after } from 'node:timers/promises';
import { CannotStart } from '../settings.ts';
import type { HubSettings } from './hub-settings.ts';
import { plain } from './plain.ts';

const HEADERS_MS = 30_000; // a hub that has not begun to answer by then does not
const WAITS_MS = [1000, 2000, 4000, 8000]; // between tries
const LONGEST_WAIT_MS = 300_000; // the hub's rate limits are counted over five minutes

/** What a test changes. */
export interface HubTiming {
  readonly headersMs: number;
  readonly waitsMs: readonly number[];
}

const hubTiming: HubTiming = { headersMs: HEADERS_MS, waitsMs: WAITS_MS };

/** The connection could not be made, or broke: trying again may help. */
export class HubUnreachable extends CannotStart {}

/** The person asked to end. */
export class Interrupted extends CannotStart {}

export interface HubFetchOptions {
  /** What is fetched, for messages: `OWNER/NAME` with revision. */
  readonly what: string;
  readonly signal: AbortSignal;
  /** Told before each wait. */
  readonly onWait?: (why: string, ms: number) => void;
  readonly timing?: HubTiming;
}

/**
 * Its answers are always `ok`.
 *
 * @returns a `fetch` that throws HubUnreachable, Interrupted, or CannotStart for what the hub refused
 */
export function hubFetch(settings: HubSettings, { what, signal, onWait, timing = hubTiming }: HubFetchOptions): typeof fetch {
  const origin = new URL(settings.endpoint).origin;

  const once = async (input: Parameters<typeof fetch>[0], init: RequestInit = {}): Promise<Response> => {
    const url = new URL(input instanceof Request ? input.url : String(input));
    const headers = new Headers(init.headers);
    headers.set('user-agent', 'winnow');
    // a redirect to another origin loses the header: fetch itself sees to that
    if (settings.token && url.origin === origin) headers.set('authorization', `Bearer ${settings.token}`);
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new Error(`no answer within ${timing.headersMs / 1000} s`)), timing.headersMs);
    const signals = [signal, late.signal, ...(init.signal ? [init.signal] : [])];
    try {
      return await fetch(url, { ...init, headers, signal: AbortSignal.any(signals) });
    } catch (error) {
      if (signal.aborted) throw new Interrupted('Interrupted.');
      throw new HubUnreachable(unreachable(url.origin, settings, error), { cause: error });
    } finally {
      clearTimeout(timer);
    }
  };

  return async (input, init) => {
    for (let attempt = 0; ; attempt++) {
      const response = await once(input, init);
      if (response.ok) return response;
      const wait = waitOf(response, timing.waitsMs[attempt]);
      if (wait === undefined) throw new CannotStart(await refusal(response, what, settings));
      await response.body?.cancel();
      onWait?.(`the hub answered ${response.status}`, wait);
      await after(wait, undefined, { signal }).catch(() => {
        throw new Interrupted('Interrupted.');
      });
    }
  };
}

/** Milliseconds until the next try; undefined where none would help or enough were made. */
function waitOf({ status, headers }: Response, usual: number | undefined): number | undefined {
  if (usual === undefined || !(status === 429 || (status >= 500 && status !== 501))) return undefined;
  const given = headers.get('retry-after') ?? /\bt=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1];
  if (!given) return usual;
  const ms = /^\d+$/.test(given) ? Number(given) * 1000 : Date.parse(given) - Date.now();
  if (!Number.isFinite(ms)) return usual;
  return ms > LONGEST_WAIT_MS ? undefined : Math.max(ms, 0);
}

function unreachable(origin: string, { endpoint }: HubSettings, error: unknown): string {
  const reasons = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause) reasons.push(cause);
  const codes = reasons.map((reason) => (reason as NodeJS.ErrnoException).code).filter((code) => typeof code === 'string');
  const reason = codes[0] ?? plain(reasons.at(-1)?.message ?? String(error));
  const redirected = origin === new URL(endpoint).origin ? '' : ` (${endpoint} sends files on to it)`;
  return `${origin}${redirected} cannot be reached: ${reason}.
Offline, or behind a firewall? One of these helps:
  - a mirror that you can reach: HF_ENDPOINT=https://MIRROR npx winnow pull ...
  - a proxy: HTTPS_PROXY=http://HOST:PORT npx winnow pull ...
  - another machine: pull there, copy the whole folder models/OWNER--NAME here, and name it in winnow.config.json
    ("models": { "NAME": { "path": "models/OWNER--NAME" } }); \`npx winnow models --check\` tells whether it loads.`;
}

async function refusal(response: Response, what: string, { endpoint, token }: HubSettings): Promise<string> {
  const { status, headers } = response;
  const words = await hubsWords(response, token);
  const hub = new URL(endpoint).host;
  const code = headers.get('x-error-code');
  if (code === 'RevisionNotFound') return `${what}: ${hub} has no such revision.${words}`;
  if (code === 'EntryNotFound') return `${what}: ${hub} no longer has a file that it listed.${words}`;
  if (code === 'GatedRepo') {
    return `${what} is gated: accept its terms at ${endpoint}, then ${token ? 'use a token of that account' : 'set HF_TOKEN to a token of that account'}.${words}`;
  }
  if (status === 401 || status === 403) {
    return token
      ? `${what}: ${hub} refused the token (${status}). It is wrong or expired, or may not read this repository.${words}`
      : `${what}: ${hub} answered ${status}: there is no such repository, or it is private. For a private one set HF_TOKEN to a token that may read it, or name another variable by --token-env.${words}`;
  }
  if (status === 404) {
    const hint = token ? 'this token may not see it' : 'it is private (then set HF_TOKEN)';
    return `${what}: ${hub} has no such repository or revision, or ${hint}. Check OWNER/NAME and --revision.${words}`;
  }
  if (status === 429)
    return `${what}: ${hub} limits the rate of requests. Wait some minutes and run the same command again; HF_TOKEN raises the limit.${words}`;
  return `${what}: ${hub} answered ${status}. Run the same command again later; what is here already is kept.${words}`;
}

/** What the hub says itself, as one short line. */
async function hubsWords(response: Response, token: string | undefined): Promise<string> {
  const text = await response.text().catch(() => '');
  let said = response.headers.get('x-error-message') ?? '';
  try {
    said ||= String((JSON.parse(text) as { error?: unknown } | null)?.error ?? '');
  } catch {
    // not JSON: a proxy's page, of no use in a terminal
  }
  const safe = token ? said.replaceAll(token, '[token]') : said;
  return safe ? ` It says: ${plain(safe)}` : '';
}
