/** What `npm start`, `npm run dev` and `npm run deploy` are told by the environment and by winnow.config.json. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Config } from '../schemas/config.ts';
import { readKeys } from '../src/access/keys.ts';
import { ConfigError, loadConfig } from '../src/config/load.ts';

export const root = join(import.meta.dirname, '..');

/** The environment, or the part of it that a test hands over. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Something the user can put right; printed without a stack. */
export class CannotStart extends Error {}

export interface Settings {
  readonly host: string;
  readonly port: number;
  /** 0: any free port. */
  readonly backendPort: number;
  /** A backend that runs elsewhere; where absent, one is started here if the config has a local one. */
  readonly backendUrl: string | undefined;
  readonly needsBackend: boolean;
  /** Whether clients must send a key. */
  readonly keys: boolean;
  readonly configPath: string;
  readonly config: Config;
}

/** @throws CannotStart with what was given, what is allowed and what to do */
export function readSettings(env: Environment): Settings {
  const host = env.WINNOW_HOST || '127.0.0.1';
  const keys = readKeys(env.WINNOW_API_KEYS).length > 0;
  if (!isLoopback(host) && !keys) {
    throw new CannotStart(
      `WINNOW_HOST is "${host}", which other machines reach, and WINNOW_API_KEYS names no key. ` +
        'Set WINNOW_API_KEYS to the keys that clients send (a comma list), or leave WINNOW_HOST at 127.0.0.1.',
    );
  }
  const configPath = resolve(env.WINNOW_CONFIG || join(root, 'winnow.config.json'));
  const config = readConfig(configPath);
  return {
    host,
    port: portNumber(env, 'WINNOW_PORT', 8787),
    backendPort: portNumber(env, 'WINNOW_BACKEND_PORT', 8788),
    backendUrl: env.WINNOW_BACKEND_URL || undefined,
    needsBackend: !env.WINNOW_BACKEND_URL && hasLocalBackend(config),
    keys,
    configPath,
    config,
  };
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** A host as it stands before a port: an IPv6 address has its brackets. */
export const inUrl = (host: string): string => (host.includes(':') ? `[${host}]` : host);

/** Backends of the config that only this machine reaches. */
export function loopbackBackends(config: Config): string[] {
  return Object.entries(config.backends)
    .filter(([, backend]) => backend.kind === 'gpu_backend' && isLoopback(new URL(backend.url).hostname))
    .map(([name]) => name);
}

/** Environment variables that hold the keys of backends. */
export function backendKeys(config: Config): string[] {
  return Object.values(config.backends).flatMap((backend) => ('key' in backend && backend.key ? [backend.key] : []));
}

/** What the Worker may see of the environment: all that is named for Winnow, and the secrets that the config names. */
export function workerVariables(config: Config, env: Environment): Record<string, string> {
  const named = new Set(backendKeys(config));
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value && (name.startsWith('WINNOW_') || named.has(name)) ? [[name, value]] : [],
    ),
  );
}

/** WINNOW_BACKEND_URL stands for the backend named `local` (schemas/config.ts); it is the one that is started here. */
const hasLocalBackend = (config: Config) => loopbackBackends(config).includes('local');

function portNumber(env: Environment, name: string, fallback: number): number {
  const given = env[name] || String(fallback);
  const port = Number(given);
  if (/^\d+$/.test(given) && port <= 65_535) return port;
  throw new CannotStart(`${name} is "${given}". A port is a whole number from 1 to 65535, or 0 for any free one.`);
}

/** @throws CannotStart with the fields at fault */
export function readConfig(path: string): Config {
  const json = readJson(path);
  try {
    return loadConfig(json);
  } catch (error) {
    throw error instanceof ConfigError ? new CannotStart(`${path} cannot be used:\n${error.message}`) : error;
  }
}

function readJson(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new CannotStart(
      `The configuration ${path} cannot be read (${(error as NodeJS.ErrnoException).code}). WINNOW_CONFIG names it.`,
    );
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CannotStart(`${path} is not JSON: ${(error as Error).message}`);
  }
}
