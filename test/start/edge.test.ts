/** The Worker with its reward model inside, built by each script: it scores with nothing else running. */
import { afterEach, expect, test } from 'vitest';
import { runScript, type Script } from './script.ts';

const env = { WINNOW_CONFIG: 'examples/winnow.edge.config.json', WINNOW_PORT: '0' };

let script: Script | undefined;
afterEach(async () => {
  script?.kill('SIGTERM');
  await script?.exitCode;
});

const score = async (url: string) => {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ prompt: 'Use 3, 7, 12, 20 to make 45.', candidates: ['20 + 12 = 32 | 3 7 32', ''] });
  return (await fetch(`${url}/v1/score`, { method: 'POST', headers, body })).json();
};
const scores = { data: [0, 1].map(() => ({ scores: { outcome: { ok: true, value: expect.any(Number) } } })) };

test('start runs the Worker alone and prints a curl that it can answer', async () => {
  script = runScript('start', env);
  const [, url = ''] = await script.saying(/Winnow is ready at (http:\/\/127\.0\.0\.1:\d+) \([\d.]+ s\)\. Ctrl-C stops it/);
  expect(await script.saying(/curl (\S+)/)).toMatchObject({ 1: `${url}/v1/score` });
  expect(await score(url)).toMatchObject(scores);
});

test('dev runs the Worker alone', async () => {
  script = runScript('dev', env);
  const [, url = ''] = await script.saying(/Ready on (http:\/\/127\.0\.0\.1:\d+)/);
  expect(await score(url)).toMatchObject(scores);
});

test('deploy uploads the wasm and the weights, within the 10 MB of a paid plan', async () => {
  script = runScript('deploy', { ...env, WINNOW_API_KEYS: 'a-key' }, '--dry-run');
  const [, raw, gzip] = await script.saying(/Total Upload: ([\d.]+) KiB \/ gzip: ([\d.]+) KiB/);
  expect(Number(raw)).toBeGreaterThan(14_000);
  expect(Number(gzip)).toBeLessThan(10_000);
  expect(await script.exitCode).toBe(0);
});
