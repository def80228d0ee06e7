import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from './served.ts';

/** Runs the process until it prints, or ends. */
async function start(environment: Record<string, string>) {
  const server = spawn(process.execPath, [`${root}gpu-backend/server.ts`], {
    cwd: root,
    env: { ...process.env, WINNOW_BACKEND_PORT: '0', ...environment },
  });
  let said = '';
  const ended = new Promise((resolve) => server.once('exit', (code, signal) => resolve(code ?? signal)));
  const printed = new Promise<void>((resolve) => {
    for (const stream of [server.stdout, server.stderr]) {
      stream.on('data', (chunk) => {
        said += chunk;
        if (said.includes('\n')) resolve();
      });
    }
  });
  await Promise.race([printed, ended]);
  return { server, ended, said: () => said };
}

function configFile(config: unknown): string {
  const path = join(mkdtempSync(join(tmpdir(), 'winnow-')), 'winnow.config.json');
  writeFileSync(path, typeof config === 'string' ? config : JSON.stringify(config));
  return path;
}

test('it says in one line when it is ready, within 2 s, and ends at SIGTERM with 0', async () => {
  const { server, ended, said } = await start({});
  expect(said()).toMatch(/^Backend ready at http:\/\/127\.0\.0\.1:\d+ in \d+ ms: puzzle-policy \(policy\), .*\n$/);
  expect(Number(/in (\d+) ms/.exec(said())![1])).toBeLessThan(2000);
  server.kill('SIGTERM');
  expect(await ended).toBe(0);
});

test('a port in use is told in one sentence, with exit code 1', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const port = String((taken.address() as { port: number }).port);
  const { ended, said } = await start({ WINNOW_BACKEND_PORT: port });
  expect(await ended).toBe(1);
  expect(said()).toBe(`Port ${port} is in use. Set WINNOW_BACKEND_PORT to a free one, or end what listens there.\n`);
  taken.close();
});

const policies = { default_policy: 'a' };
test.each([
  { name: 'a file that is not there', environment: { WINNOW_CONFIG: '/nowhere.json' }, says: ['/nowhere.json', 'ENOENT'] },
  { name: 'a file that is not JSON', environment: { WINNOW_CONFIG: configFile('{') }, says: ['JSON'] },
  {
    name: 'a field out of range: its path, what was given, what is allowed',
    environment: { WINNOW_CONFIG: configFile({ ...policies, models: { m: { path: 'x', slots: 0 } } }) },
    says: ['models.m.slots', '>=1', 'Given: 0'],
  },
  {
    name: 'a folder that is not there',
    environment: { WINNOW_CONFIG: configFile({ ...policies, models: { m: { path: 'x' } } }) },
    says: ['models.m.path', 'no folder'],
  },
  {
    name: 'a library that is not there',
    environment: { WINNOW_ORT_LIBRARY: '/no/library.so' },
    says: ['/no/library.so', 'WINNOW_ORT_LIBRARY'],
  },
  { name: 'a port that is none', environment: { WINNOW_BACKEND_PORT: '99999' }, says: ['99999', '65535'] },
])('$name', async ({ environment, says }) => {
  const { ended, said } = await start(environment as unknown as Record<string, string>);
  expect(await ended).toBe(1);
  for (const words of says) expect(said()).toContain(words);
  expect(said()).not.toContain('    at ');
});
