/** `npm run dev`: the backend and `wrangler dev`, which builds the Worker again at every change. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild } from './child.ts';
import { command, onInterrupt } from './command.ts';
import { freePort } from './ports.ts';
import { startBackend } from './running.ts';
import { CannotStart, type Environment, readSettings, workerVariables } from './settings.ts';
import { wranglerArgs, wranglerEnvironment } from './wrangler.ts';

await command(async () => {
  const interrupted = onInterrupt();
  const { env } = process;
  const { host, port, config, configPath, needsBackend, backendUrl } = readSettings(env);
  await freePort({ variable: 'WINNOW_PORT', host, port });
  const backend = needsBackend ? await startBackend({ env }) : undefined;

  const folder = mkdtempSync(join(tmpdir(), 'winnow-'));
  const variables = join(folder, 'variables');
  const bindings = workerVariables(config, { ...env, WINNOW_BACKEND_URL: backend?.url ?? backendUrl });
  writeFileSync(variables, dotenv(bindings), { mode: 0o600 });
  const listen = ['--ip', host, '--port', String(port), '--env-file', variables, '--show-interactive-dev-session=false'];
  const worker = startChild('wrangler dev', {
    file: process.execPath,
    args: wranglerArgs('dev', configPath, ...listen),
    env: wranglerEnvironment,
    output: 'inherit',
  });

  const children = backend ? [worker, backend] : [worker];
  const asked = new Promise<undefined>((resolve) => interrupted.addEventListener('abort', () => resolve(undefined)));
  const endings = children.map(async ({ name, ended }) => `${name} ended by itself (${await ended})`);
  const ending = await Promise.race([asked, ...endings]);
  for (const child of children) await child.stop();
  rmSync(folder, { recursive: true });
  if (ending) throw new CannotStart(`The ${ending}, so everything was stopped.`);
});

/** Lines of a .env file; wrangler would put another variable in place of a plain `$`. */
function dotenv(variables: Environment): string {
  return Object.entries(variables)
    .map(([name, value = '']) => `${name}='${value.replaceAll('$', '\\$')}'\n`)
    .join('');
}
