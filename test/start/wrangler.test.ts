/** The scripts around wrangler: `npm run deploy` refuses an open or useless Worker, `npm run dev` serves one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runScript } from './script.ts';

const nobody = mkdtempSync(join(tmpdir(), 'winnow-test-'));
afterAll(() => rmSync(nobody, { recursive: true }));

/** Whoever runs the tests may be logged in at Cloudflare; the tests are not. */
const loggedOut = { HOME: nobody, XDG_CONFIG_HOME: nobody, CLOUDFLARE_API_TOKEN: '', CLOUDFLARE_API_KEY: '' };

test('deploy without keys is refused', async () => {
  const run = runScript('deploy', { ...loggedOut, WINNOW_BACKEND_URL: 'https://gpu.example.com' });
  expect(await run.exitCode).toBe(1);
  expect(run.printed()).toContain('WINNOW_API_KEYS is not set');
});

test.each([{}, { WINNOW_BACKEND_URL: 'http://localhost:8788' }])(
  'deploy with a backend on loopback is refused: %j',
  async (env) => {
    const run = runScript('deploy', { ...loggedOut, ...env, WINNOW_API_KEYS: 'a-key' });
    expect(await run.exitCode).toBe(1);
    expect(run.printed()).toContain('Cloudflare cannot reach the backend "local"');
  },
);

test('deploy builds the Worker, sends its secrets and prints none', async () => {
  const secrets = { WINNOW_API_KEYS: 'a-client-key', WINNOW_BACKEND_KEY: 'a-backend-key' };
  const env = { ...loggedOut, ...secrets, WINNOW_BACKEND_URL: 'https://gpu.example.com' };
  const run = runScript('deploy', env, '--dry-run');
  expect(await run.exitCode, run.printed()).toBe(0);
  for (const name of ['WINNOW_API_KEYS', 'WINNOW_BACKEND_KEY', 'WINNOW_BACKEND_URL'])
    expect(run.printed()).toContain(`env.${name}`);
  for (const secret of Object.values(secrets)) expect(run.printed()).not.toContain(secret);
});

test('dev serves the Worker with the keys of the environment, and Ctrl-C ends it', async () => {
  const keys = { WINNOW_API_KEYS: 'a$HOME-key' }; // a dollar is not the beginning of a variable
  const run = runScript('dev', { ...loggedOut, ...keys, WINNOW_PORT: '0', WINNOW_BACKEND_PORT: '0' });
  const [, url] = await run.saying(/Ready on (http:\/\/127\.0\.0\.1:\d+)/);
  const models = (key: string) => fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
  expect((await models('another-key')).status).toBe(401);
  await expect.poll(async () => (await models('a$HOME-key')).status, { timeout: 20_000 }).toBe(200); // once the models are loaded
  run.kill('SIGINT');
  expect(await run.exitCode).toBe(0);
  await expect(models('a$HOME-key')).rejects.toThrow();
});
