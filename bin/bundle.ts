/** The Worker as files that workerd runs: one script, and the model and wasm files it imports. */
import { basename, extname, join } from 'node:path';
import { type BuildOptions, buildSync, type Loader, type Metafile, stop } from 'esbuild';
import { unstable_readConfig as readWranglerConfig } from 'wrangler';
import { workerAliases } from './edge-onnx.ts';
import { CannotStart, root } from './settings.ts';

/** The part of wrangler.toml that `npm start` needs; wrangler has checked it. */
export interface WranglerConfig {
  readonly name?: string;
  readonly main?: string;
  readonly compatibility_date?: string;
  readonly compatibility_flags: readonly string[];
  readonly rules: readonly { readonly type: string; readonly globs: readonly string[] }[];
  readonly migrations: readonly object[];
}

/** A module of the Worker; `name` is also its file name in the folder of the bundle. */
export interface WorkerModule {
  readonly name: string;
  readonly type: 'ESModule' | 'CompiledWasm' | 'Data';
}

/** wrangler.toml, as wrangler reads it. */
export const wranglerConfig = (): WranglerConfig =>
  readWranglerConfig({ config: join(root, 'wrangler.toml') }, { hideWarnings: true });

/** Rules that wrangler has by itself; those of wrangler.toml come on top. */
const ownRules: WranglerConfig['rules'] = [
  { type: 'Text', globs: ['**/*.txt', '**/*.html', '**/*.sql'] },
  { type: 'Data', globs: ['**/*.bin'] },
  { type: 'CompiledWasm', globs: ['**/*.wasm'] },
];
const loaders: Readonly<Record<string, Loader>> = { Text: 'text', Data: 'copy', CompiledWasm: 'copy' };

/**
 * Bundles the Worker into `folder`.
 *
 * @param configPath the config that goes into it, and decides whether reward models do
 * @returns its modules, the script first
 */
export function bundle(wrangler: WranglerConfig, configPath: string, folder: string): WorkerModule[] {
  if (!wrangler.main) throw new CannotStart('wrangler.toml names no `main`: the entry of the Worker.');
  const types = moduleTypes(wrangler);
  const { outputs } = build({
    entryPoints: { index: wrangler.main },
    outdir: folder,
    bundle: true,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'], // these and the next three as wrangler has them
    mainFields: ['browser', 'module', 'main'],
    define: { 'process.env.NODE_ENV': '"production"' },
    keepNames: true,
    external: ['cloudflare:*', ...(wrangler.compatibility_flags.includes('nodejs_compat') ? ['node:*'] : [])],
    alias: workerAliases(configPath),
    loader: Object.fromEntries([...types].map(([extension, type]) => [extension, loaders[type] ?? 'default'])),
    logLevel: 'silent',
  });
  const copied = Object.keys(outputs).filter((file) => extname(file) !== '.js');
  return [
    { name: 'index.js', type: 'ESModule' },
    ...copied.map(
      (file) => ({ name: basename(file), type: types.get(extname(file)) === 'Data' ? 'Data' : 'CompiledWasm' }) as const,
    ),
  ];
}

/** File name extension -> type of module. */
const moduleTypes = ({ rules }: WranglerConfig) =>
  new Map([...ownRules, ...rules].flatMap(({ type, globs }) => globs.map((glob) => [extname(glob), type] as const)));

function build(options: BuildOptions): Metafile {
  try {
    return buildSync({ ...options, metafile: true }).metafile as Metafile; // `metafile: true` makes it one
  } catch (error) {
    throw new CannotStart(`The Worker does not build. ${(error as Error).message}`);
  } finally {
    void stop(); // esbuild's own process would wait for more work as long as ours runs
  }
}
