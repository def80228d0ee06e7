/** The process: reads winnow.config.json, listens, loads the models, and drains when it is told to end. */
import { dirname } from 'node:path';
import { type Backend, startBackend } from './backend.ts';
import { configPath, readConfig } from './config.ts';

export { startBackend };

const DEFAULT_PORT = 8788;

async function main(): Promise<void> {
  const began = performance.now();
  const path = configPath();
  const host = process.env.WINNOW_BACKEND_HOST || '127.0.0.1';
  const backend = await startBackend({
    config: readConfig(path),
    configFolder: dirname(path),
    host,
    port: portOf(process.env.WINNOW_BACKEND_PORT),
  });
  endOnSignal(backend);
  const names = backend.models.list().map(({ name, kind }) => `${name} (${kind})`);
  console.log(`Backend ready at ${backend.url} in ${Math.round(performance.now() - began)} ms: ${names.join(', ')}`);
}

function portOf(given: string | undefined): number {
  const port = Number(given || DEFAULT_PORT);
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port;
  throw new Error(`WINNOW_BACKEND_PORT is ${given}; a number from 0 to 65535 is allowed.`);
}

function endOnSignal(backend: Backend): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      void backend.close().then(() => process.exit(0));
    });
  }
}

function messageOf(failure: unknown): string {
  if (!(failure instanceof Error)) return String(failure);
  const { code, port } = failure as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE') return `Port ${port} is in use. Set WINNOW_BACKEND_PORT to a free one, or end what listens there.`;
  return failure.message;
}

if (import.meta.main) {
  main().catch((failure) => {
    console.error(messageOf(failure));
    process.exit(1);
  });
}
