/** The Worker on plain workerd. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { bundle, wranglerConfig } from './bundle.ts';
import { type Child, type Output, startChild } from './child.ts';
import { type Environment, root, type Settings, workerVariables } from './settings.ts';
import { workerdConfig } from './workerd-config.ts';

/** The path of the binary; the package is CommonJS without types. */
const { default: workerd } = createRequire(import.meta.url)('workerd') as { default: string };

export interface EdgeOptions {
  readonly env: Environment;
  readonly output: Output;
  /** Empty folder for the bundle and workerd's configuration. */
  readonly folder: string;
  /** For measuring: code that runs before the Worker's own, and an inspector. */
  readonly measured?: { readonly prelude: string };
}

export interface Edge extends Child {
  /** Resolves once it listens. */
  readonly port: Promise<number>;
  /** The same of its inspector; never resolves where there is none. */
  readonly inspectorPort: Promise<number>;
}

/** Builds and starts the Worker, on a free port of loopback. */
export function startEdge(settings: Settings, { env, output, folder, measured }: EdgeOptions): Edge {
  const wrangler = wranglerConfig();
  const stateFolder = join(root, '.wrangler', 'state', 'workerd');
  if (wrangler.migrations.length > 0) mkdirSync(stateFolder, { recursive: true });
  const text = workerdConfig(wrangler, {
    address: '127.0.0.1:0',
    modules: bundle(wrangler, settings.configPath, folder),
    variables: Object.keys(workerVariables(settings.config, env)).sort(),
    stateFolder,
  });
  const file = join(folder, 'winnow.capnp');
  writeFileSync(file, text);
  if (measured) {
    const script = join(folder, 'index.js');
    writeFileSync(script, `${measured.prelude}\n${readFileSync(script, 'utf8')}`);
  }
  const args = ['serve', '--control-fd=3', ...(measured ? ['--inspector-addr=127.0.0.1:0'] : []), file];
  const child = startChild('edge', { file: workerd, args, env, output });
  const lines = createInterface(child.control);
  return { ...child, port: heard(lines, 'listen'), inspectorPort: heard(lines, 'listen-inspector') };
}

/** workerd reports a line for each socket that it listens on: one of ours, and its inspector's. */
const heard = (lines: Interface, wanted: 'listen' | 'listen-inspector') =>
  new Promise<number>((resolve) => {
    lines.on('line', (line) => {
      const { event, port } = JSON.parse(line) as { event: string; port: number };
      if (event === wanted) resolve(port);
    });
  });
