/**
 * Hands connections on to workerd. A client that leaves closes its connection, and workerd does not notice that before it
 * writes again: only a reset aborts the request at once (seen with the workerd of package.json; Cloudflare's own front does
 * this for Workers there). So a close becomes a reset on the way. A client that only ends its own side counts as gone.
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Relay {
  /** Where it listens. */
  readonly port: number;
  /** Takes no new connection; those that are open go on. */
  stop(): void;
}

export interface Route {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** On loopback. */
  readonly toPort: number;
}

export function startRelay({ host, port, toPort }: Route): Promise<Relay> {
  // half-open: the server's side of a connection is ended by what workerd says, not by the client
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => handOn(client, toPort));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address() as AddressInfo; // it listens on TCP
      resolve({ port: address.port, stop: () => void server.close() });
    });
  });
}

function handOn(client: Socket, port: number): void {
  // half-open too: a shutdown of ours that is still pending makes a reset fail, and the socket is never closed
  const workerd = connect({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen: true });
  client.pipe(workerd, { end: false });
  workerd.pipe(client, { end: false });
  client.once('end', () => workerd.resetAndDestroy());
  client.once('close', () => workerd.resetAndDestroy());
  client.once('error', () => workerd.resetAndDestroy());
  workerd.once('end', () => {
    client.destroySoon(); // when all is written
    workerd.destroy();
  });
  workerd.once('error', () => client.destroy());
}
