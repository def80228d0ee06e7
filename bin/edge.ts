/** The Worker on plain workerd. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
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
}

/** Builds and starts the Worker, on a free port of loopback; `port` resolves once it listens. */
export function startEdge(settings: Settings, { env, output, folder }: EdgeOptions): Child & { readonly port: Promise<number> } {
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
  const args = ['serve', '--control-fd=3', file];
  const child = startChild('edge', { file: workerd, args, env, output });
  return { ...child, port: listeningPort(child.control) };
}

/** workerd reports one line for each socket that it listens on; there is one. */
const listeningPort = (control: NodeJS.ReadableStream) =>
  new Promise<number>((resolve) => {
    createInterface(control).once('line', (line) => resolve((JSON.parse(line) as { port: number }).port));
  });
