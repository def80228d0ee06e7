import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as after, setImmediate as turn } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { type Relay, startRelay } from '../../bin/relay.ts';

let server: Server;
let relay: Relay;
afterEach(() => {
  relay.stop();
  server.close();
});

async function relayTo(serve: (socket: Socket) => void): Promise<number> {
  server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {}).on('end', () => setTimeout(() => socket.destroy(), 20));
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  relay = await startRelay({ host: '127.0.0.1', port: 0, toPort: (server.address() as AddressInfo).port });
  return relay.port;
}

const client = (port: number): Socket => connect({ host: '127.0.0.1', port }).on('error', () => {});

test('what is written comes through, both ways, to its end', async () => {
  const port = await relayTo((socket) =>
    socket.once('data', (bytes) => socket.end(Buffer.concat([bytes, Buffer.alloc(1 << 20, 'x')]))),
  );
  const socket = client(port);
  socket.write('hello');
  let read = 0;
  for await (const bytes of socket) read += (bytes as Buffer).length;
  expect(read).toBe(5 + (1 << 20));
});

test('a client that closes is a reset on the other side, at once', async () => {
  let told: (code: string | undefined) => void;
  const reset = new Promise<string | undefined>((resolve) => {
    told = resolve;
  });
  const port = await relayTo((socket) => socket.once('error', (error: NodeJS.ErrnoException) => told(error.code)).resume());
  const socket = client(port);
  socket.write('hello');
  await after(50);
  socket.end();
  expect(await reset).toBe('ECONNRESET');
});

test('no socket is left where both sides end at about the same time', async () => {
  const sockets = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
  const before = sockets();
  const port = await relayTo(async (socket) => {
    socket.resume();
    for (let turns = Math.floor(Math.random() * 5); turns > 0; turns--) await turn();
    socket.end('bye');
  });
  for (let round = 0; round < 10; round++) {
    await Promise.all(
      Array.from({ length: 30 }, async () => {
        const socket = client(port);
        const closed = new Promise((resolve) => socket.once('close', resolve));
        socket.write('hello');
        await new Promise((resolve) => socket.once('data', resolve).once('close', resolve));
        for (let turns = Math.floor(Math.random() * 5); turns > 0; turns--) await turn();
        socket.destroy();
        await closed;
      }),
    );
  }
  await after(300);
  expect(sockets()).toBeLessThanOrEqual(before);
});
