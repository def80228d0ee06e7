/** Ports, asked about before anything starts. */
import { createServer } from 'node:net';
import { CannotStart } from './settings.ts';

interface Wanted {
  /** The environment variable that sets this port. */
  readonly variable: string;
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
}

const advice: Readonly<Record<string, (wanted: Wanted) => string>> = {
  EADDRINUSE: ({ variable, port }) => `is in use, by another Winnow perhaps. Stop that one, or set ${variable}=${port + 10}.`,
  EACCES: ({ variable }) => `may not be opened by this user. Set ${variable} to a port above 1023.`,
  EADDRNOTAVAIL: ({ host }) => `cannot be opened: ${host} is no address of this machine. WINNOW_HOST sets it.`,
  ENOTFOUND: ({ host }) => `cannot be opened: ${host} is not known. WINNOW_HOST sets it.`,
};

/**
 * @returns a port that was free a moment ago
 * @throws CannotStart when it cannot be listened on
 */
export function freePort(wanted: Wanted): Promise<number> {
  const { host, port } = wanted;
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      const reason = advice[error.code ?? '']?.(wanted) ?? `cannot be opened: ${error.message}.`;
      reject(new CannotStart(`Port ${port} on ${host} ${reason}`));
    });
    probe.listen({ host, port, exclusive: true }, () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : port));
    });
  });
}
