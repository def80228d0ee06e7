/** A backend in a process of its own, with one model, as `npm start` would have it. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { hasSmollm2, smollm2Folder } from '../../models/smollm2.ts';
import { type Family, readExposition } from './exposition.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const EMBEDDED = 'gpu-backend/weights/policy';

/** The real model where it was made, else the embedded one. */
export const defaultModel = (): string => (hasSmollm2() ? relative(ROOT, smollm2Folder('int8')) : EMBEDDED);

export interface BackendSettings {
  /** Folder of the policy, from the root of the repository. */
  readonly model: string;
  readonly slots?: number;
  readonly maxWaiting?: number;
  readonly maxKvBytes?: number | undefined;
  /** Besides the policy, the embedded outcome reward. */
  readonly reward?: boolean;
}

export interface RunningBackend {
  readonly url: string;
  /** Milliseconds from its start until it was ready. */
  readonly startMs: number;
  metrics(): Promise<ReadonlyMap<string, Family>>;
  /** How it ended: `null` while it runs. */
  exit(): number | string | null;
  kill(signal: NodeJS.Signals): void;
  stop(): Promise<void>;
}

/** Starts it on a free port of loopback. @throws Error with what it printed, where it does not start */
export async function startBackend(settings: BackendSettings): Promise<RunningBackend> {
  const folder = mkdtempSync(join(tmpdir(), 'winnow-load-'));
  const config = join(folder, 'winnow.config.json');
  writeFileSync(config, JSON.stringify(configOf(settings)));
  const began = performance.now();
  const child = spawn(process.execPath, [join(ROOT, 'gpu-backend/server.ts')], {
    cwd: ROOT,
    env: { ...process.env, WINNOW_CONFIG: config, WINNOW_BACKEND_PORT: '0', WINNOW_BACKEND_HOST: '127.0.0.1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.once('exit', () => child.kill('SIGKILL'));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130)); // and the child with it
  let ended: number | string | null = null;
  const exited = new Promise<void>((done) => {
    child.once('exit', (code, signal) => {
      ended = signal ?? code;
      rmSync(folder, { recursive: true, force: true });
      done();
    });
  });
  let said = '';
  const url = await new Promise<string>((ready, failed) => {
    child.stdout.on('data', (chunk) => {
      said += chunk;
      const at = /Backend ready at (\S+)/.exec(said);
      if (at) ready(at[1]!);
    });
    void exited.then(() => failed(new Error(`The backend ended (${ended}) before it was ready. ${said}`)));
  });
  return {
    url,
    startMs: performance.now() - began,
    metrics: async () => readExposition(await (await fetch(`${url}/metrics`)).text()),
    exit: () => ended,
    kill: (signal) => void child.kill(signal),
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

function configOf({ model, slots, maxWaiting, maxKvBytes, reward }: BackendSettings) {
  const policy = { path: resolve(ROOT, model), slots, max_waiting: maxWaiting, max_kv_bytes: maxKvBytes };
  const models = { policy, ...(reward ? { reward: { path: resolve(ROOT, 'gpu-backend/weights/outcome') } } : {}) };
  return { default_policy: 'policy', models, caps: { max_time_ms: 600_000 } };
}
