/** What `npm start` refuses before anything runs: exit code 1 and a sentence that says what to do, no stack. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import config from '../../winnow.config.json' with { type: 'json' };
import { runScript } from './script.ts';

const folder = mkdtempSync(join(tmpdir(), 'winnow-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

let occupied: Server;
let port: string;
beforeAll(async () => {
  occupied = createServer();
  await new Promise<void>((resolve) => occupied.listen(0, '127.0.0.1', resolve));
  port = String((occupied.address() as { port: number }).port);
});
afterAll(() => occupied.close());

async function refusal(env: Record<string, string>): Promise<string> {
  const run = runScript('start', env);
  expect(await run.exitCode, run.printed()).toBe(1);
  expect(run.printed()).not.toMatch(/^ {4}at /m);
  return run.printed();
}

function configFile(name: string, text: string): { WINNOW_CONFIG: string } {
  const path = join(folder, name);
  writeFileSync(path, text);
  return { WINNOW_CONFIG: path };
}

test('a port in use is named with the variable that sets it', async () => {
  const said = await refusal({ WINNOW_PORT: port, WINNOW_BACKEND_PORT: '0' });
  expect(said).toContain(`Port ${port} on 127.0.0.1 is in use`);
  expect(said).toContain('WINNOW_PORT=');
});

test('a backend port in use is named with the variable that sets it', async () => {
  const said = await refusal({ WINNOW_PORT: '0', WINNOW_BACKEND_PORT: port });
  expect(said).toContain(`Port ${port} on 127.0.0.1 is in use`);
  expect(said).toContain('WINNOW_BACKEND_PORT=');
});

test.each(['0.0.0.0', '::', '192.168.1.7'])('without keys it does not listen on %s', async (host) => {
  expect(await refusal({ WINNOW_HOST: host })).toMatch(
    `WINNOW_HOST is "${host}", which other machines reach, and WINNOW_API_KEYS names no key`,
  );
});

test('commas are no keys', async () => {
  expect(await refusal({ WINNOW_HOST: '0.0.0.0', WINNOW_API_KEYS: ' , ' })).toContain('WINNOW_API_KEYS names no key');
});

test.each(['eighty', '-1', '65536', '80.5'])('a port of %s is refused with the range', async (given) => {
  expect(await refusal({ WINNOW_PORT: given })).toContain(`WINNOW_PORT is "${given}". A port is a whole number from 1 to 65535`);
});

test('a missing config is named', async () => {
  expect(await refusal({ WINNOW_CONFIG: join(folder, 'none.json') })).toMatch(/none\.json cannot be read \(ENOENT\)/);
});

test('a config that is not JSON is named', async () => {
  expect(await refusal(configFile('half.json', '{"default_policy": '))).toMatch(/half\.json is not JSON/);
});

test('a wrong field of the config is named by its path', async () => {
  const wrong = structuredClone<{ policies: { puzzles: { sampling: object } } }>(config);
  wrong.policies.puzzles.sampling = { temperature: 'hot', max_tokens: 160 };
  expect(await refusal(configFile('wrong.json', JSON.stringify(wrong)))).toContain('policies.puzzles.sampling.temperature');
});

test('a name in the config that points at nothing is named with the known ones', async () => {
  const said = await refusal(configFile('dangling.json', JSON.stringify({ ...config, default_policy: 'riddles' })));
  expect(said).toMatch(/default_policy.*"riddles".*puzzles/);
});
