#!/usr/bin/env node
/** `npx winnow`: plain JavaScript that any Node reads. On an old one it starts bin/winnow.ts by the Node that npm brought. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const [major, minor] = process.versions.node.split('.').map(Number);
const platform = process.platform === 'win32' ? 'win' : process.platform;
const brought = join(here, `../node_modules/node-${platform}-${process.arch}/bin/node${platform === 'win' ? '.exe' : ''}`);

if (major > 24 || (major === 24 && minor >= 2) || !existsSync(brought)) {
  await import('./node-version.mjs'); // ends the process, with what to do, where this Node is too old
  await import('./winnow.ts');
} else {
  const child = spawn(brought, [join(here, 'winnow.ts'), ...process.argv.slice(2)], { stdio: 'inherit' });
  // Ctrl-C reaches both; the child decides when to end, and this process ends as it did
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    if (!signal) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
