import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { gpuBackend } from '../../src/backends/gpu-backend.ts';

test('a redirect is refused, not followed: a key must not travel to another host', async () => {
  const asked: string[] = [];
  const server = createServer((incoming, outgoing) => {
    asked.push(incoming.url!);
    outgoing.writeHead(307, { location: '/elsewhere' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const backend = gpuBackend({ url: `http://127.0.0.1:${port}`, key: 'secret', fetch });
  await expect(backend.models(new AbortController().signal)).rejects.toMatchObject({ code: 'backend_error' });
  expect(asked).toEqual(['/models']);
  server.closeAllConnections();
  server.close();
});
