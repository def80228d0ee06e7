/** wrangler.toml -> workerd's configuration, read back by workerd itself. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { WranglerConfig } from '../../bin/bundle.ts';
import { workerdConfig } from '../../bin/workerd-config.ts';

const { default: workerd } = createRequire(import.meta.url)('workerd') as { default: string };
const folder = mkdtempSync(join(tmpdir(), 'winnow-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const wrangler = {
  name: 'winnow',
  compatibility_date: '2026-11-01',
  compatibility_flags: ['enable_request_signal'],
  rules: [],
  migrations: [] as object[],
};
const edge = {
  address: '127.0.0.1:0',
  modules: [
    { name: 'index.js', type: 'ESModule' },
    { name: 'scorer.onnx', type: 'Data' },
  ] as const,
  variables: ['WINNOW_API_KEYS'],
  stateFolder: folder,
};

/** The text, once workerd has accepted it. */
function accepted(config: WranglerConfig): string {
  const text = workerdConfig(config, edge);
  writeFileSync(join(folder, 'winnow.capnp'), text);
  writeFileSync(join(folder, 'index.js'), 'export class Job {}\nexport default {};\n');
  writeFileSync(join(folder, 'scorer.onnx'), 'weights');
  execFileSync(workerd, ['compile', '--config-only', join(folder, 'winnow.capnp')], { stdio: ['ignore', 'ignore', 'pipe'] });
  return text;
}

test('date, flags, modules and variables are carried over; a secret is named and not written', () => {
  const text = accepted(wrangler);
  expect(text).toContain('compatibilityDate = "2026-11-01"');
  expect(text).toContain('compatibilityFlags = ["enable_request_signal"]');
  expect(text).toContain('(name = "scorer.onnx", data = embed "scorer.onnx")');
  expect(text).toContain('(name = "WINNOW_API_KEYS", fromEnvironment = "WINNOW_API_KEYS")');
});

test('a Durable Object with SQLite is kept in the state folder', () => {
  const text = accepted({
    ...wrangler,
    durable_objects: { bindings: [{ name: 'JOBS', class_name: 'Job' }] },
    migrations: [{ tag: 'v1', new_sqlite_classes: ['Job'] }],
  } as WranglerConfig);
  expect(text).toContain('(name = "JOBS", durableObjectNamespace = "Job")');
  expect(text).toContain('(className = "Job", uniqueKey = "winnow-Job", enableSql = true)');
  expect(text).toContain(`(name = "state", disk = (path = ${JSON.stringify(folder)}, writable = true))`);
});

test('the environment wins over a variable of wrangler.toml, so neither is bound twice', () => {
  const text = accepted({ ...wrangler, vars: { WINNOW_API_KEYS: 'from the file', LIMITS: { a: 1 } } } as WranglerConfig);
  expect(text).not.toContain('from the file');
  expect(text).toContain('(name = "LIMITS", json = "{\\"a\\":1}")');
});

test('a binding that plain workerd does not have is refused by name', () => {
  const config = { ...wrangler, kv_namespaces: [{ binding: 'CACHE', id: '0' }] } as WranglerConfig;
  expect(() => workerdConfig(config, edge)).toThrow(/binds CACHE \(kv_namespace\).*npm run dev/);
});
