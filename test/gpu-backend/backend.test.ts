import { expect, test } from 'vitest';
import { generateBody, lines, post, startShipped, until } from './served.ts';

test('a backend that closes ends what is under way, and takes nothing new', async () => {
  const backend = await startShipped();
  const prefixes = [{ id: '0', text: '', count: 64, first_child: 0, max_tokens: 112 }];
  const open = await post(`${backend.url}/generate`, generateBody({ prefixes }));
  await until(() => backend.models.engine('puzzle-policy').stats.running > 0, 1000);
  const closing = backend.close();
  expect((await lines(open)).at(-1)!.type).toBe('done');
  const ended = performance.now();
  await closing;
  expect(performance.now() - ended).toBeLessThan(3000);
  await expect(fetch(`${backend.url}/healthz`)).rejects.toThrow();
});

test('two backends in one process share the library, not the port', async () => {
  const backends = await Promise.all([startShipped(), startShipped()]);
  expect(new Set(backends.map(({ url }) => url)).size).toBe(2);
  const [first, second] = await Promise.all(
    backends.map(async ({ url }) => lines(await post(`${url}/generate`, generateBody({ seed: 3 })))),
  );
  expect(first).toEqual(second);
  await Promise.all(backends.map((backend) => backend.close()));
});
