/** `npm run deploy`: `wrangler deploy`, refused where the Worker would stand open or could reach no model. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command } from './command.ts';
import {
  backendKeys,
  CannotStart,
  type Environment,
  isLoopback,
  loopbackBackends,
  readSettings,
  type Settings,
  workerVariables,
} from './settings.ts';
import { plainWranglerArgs, wranglerArgs, wranglerEnvironment } from './wrangler.ts';

await command(async () => {
  const { env } = process;
  const settings = readSettings({ ...env, WINNOW_HOST: undefined });
  refuseUnreachable(settings);
  if (!settings.keys) refuseWithoutKeys();

  const folder = mkdtempSync(join(tmpdir(), 'winnow-'));
  try {
    const secrets = join(folder, 'secrets.json');
    writeFileSync(secrets, JSON.stringify(secretsOf(settings, env)), { mode: 0o600 });
    const url = settings.backendUrl ? ['--var', `WINNOW_BACKEND_URL:${settings.backendUrl}`] : [];
    const args = wranglerArgs('deploy', settings.configPath, '--secrets-file', secrets, ...url, ...process.argv.slice(2));
    process.exitCode = spawnSync(process.execPath, args, { stdio: 'inherit', env: wranglerEnvironment }).status ?? 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** A backend on loopback is this machine's; on Cloudflare there is nothing behind that address. */
function refuseUnreachable({ config, backendUrl }: Settings): void {
  const given = backendUrl && !isLoopback(new URL(backendUrl).hostname);
  const unreachable = loopbackBackends(config).filter((name) => !(given && name === 'local'));
  if (unreachable.length === 0) return;
  throw new CannotStart(
    `Cloudflare cannot reach the backend "${unreachable.join('", "')}": its url is this machine's own. ` +
      'Give the url in winnow.config.json, or WINNOW_BACKEND_URL for the one named local, an address that Cloudflare reaches.',
  );
}

/** Keys are in this environment, or were set on Cloudflare before. */
function refuseWithoutKeys(): void {
  const args = plainWranglerArgs('secret', 'list', '--format', 'json');
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', env: wranglerEnvironment });
  if (status === 0 && stdout.includes('"WINNOW_API_KEYS"')) return;
  throw new CannotStart(
    'WINNOW_API_KEYS is not set, so anyone on the internet could spend this backend. Set it to the keys that clients send ' +
      '(a comma list): WINNOW_API_KEYS=... npm run deploy, or once: npx wrangler secret put WINNOW_API_KEYS',
  );
}

/** Secrets in this environment; those set on Cloudflare before, and absent here, stay as they are. */
function secretsOf({ config }: Settings, env: Environment): Record<string, string> {
  const names = ['WINNOW_API_KEYS', ...backendKeys(config)];
  return Object.fromEntries(Object.entries(workerVariables(config, env)).filter(([name]) => names.includes(name)));
}
