/** workerd's own configuration, derived from wrangler.toml: nothing is written twice. */
import {
  unstable_convertConfigBindingsToStartWorkerBindings as bindingsOf,
  unstable_getDurableObjectClassNameToUseSQLiteMap as sqliteClasses,
} from 'wrangler';
import type { WorkerModule, WranglerConfig } from './bundle.ts';
import { CannotStart } from './settings.ts';

/** The bindings that plain workerd has, and any other. */
type Binding =
  | { readonly type: 'plain_text'; readonly value: string }
  | { readonly type: 'json'; readonly value: unknown }
  | { readonly type: 'durable_object_namespace'; readonly class_name: string }
  | { readonly type: 'other' };

export interface Edge {
  /** Where it listens: `127.0.0.1:8787`, port 0 for any free one. */
  readonly address: string;
  readonly modules: readonly WorkerModule[];
  /** Environment variables that the Worker sees, secrets among them: workerd reads them itself, no file holds them. */
  readonly variables: readonly string[];
  /** Folder that Durable Objects write to. */
  readonly stateFolder: string;
}

/** @returns the text of a configuration file that lies beside the modules */
export function workerdConfig(wrangler: WranglerConfig, edge: Edge): string {
  const classes: [string, boolean][] = [...sqliteClasses(wrangler.migrations)];
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = ${list([
    '(name = "edge", worker = .edge)',
    // the backend, and upstreams of one's own network; no request decides a URL
    '(name = "internet", network = (allow = ["public", "private", "local"], tlsOptions = (trustBrowserCas = true)))',
    ...(classes.length > 0 ? [`(name = "state", disk = (path = ${text(edge.stateFolder)}, writable = true))`] : []),
  ])},
  sockets = ${list([`(name = "http", address = ${text(edge.address)}, http = (), service = "edge")`])},
);

const edge :Workerd.Worker = (
  modules = ${list(edge.modules.map(moduleEntry))},
  compatibilityDate = ${text(wrangler.compatibility_date ?? '')},
  compatibilityFlags = [${wrangler.compatibility_flags.map(text).join(', ')}],
  bindings = ${list([...declared(wrangler, edge.variables), ...edge.variables.map(fromEnvironment)])},
  durableObjectNamespaces = ${list(classes.map(([name, sqlite]) => namespaceEntry(wrangler, name, sqlite)))},
${classes.length > 0 ? '  durableObjectStorage = (localDisk = "state"),\n' : ''});
`;
}

const text = (value: string) => JSON.stringify(value);
const list = (entries: readonly string[]) => (entries.length === 0 ? '[]' : `[\n    ${entries.join(',\n    ')},\n  ]`);

const embedAs = { ESModule: 'esModule', CompiledWasm: 'wasm', Data: 'data' } as const;
const moduleEntry = ({ name, type }: WorkerModule) => `(name = ${text(name)}, ${embedAs[type]} = embed ${text(name)})`;

const fromEnvironment = (name: string) => `(name = ${text(name)}, fromEnvironment = ${text(name)})`;

const namespaceEntry = (wrangler: WranglerConfig, className: string, sqlite: boolean) =>
  `(className = ${text(className)}, uniqueKey = ${text(`${wrangler.name}-${className}`)}, enableSql = ${sqlite})`;

/** Bindings of wrangler.toml, but those that the environment sets. */
function declared(wrangler: WranglerConfig, variables: readonly string[]): string[] {
  const bindings: Record<string, Binding> = bindingsOf(wrangler) ?? {};
  return Object.entries(bindings)
    .filter(([name]) => !variables.includes(name))
    .map(([name, binding]) => `(name = ${text(name)}, ${bindingValue(name, binding)})`);
}

function bindingValue(name: string, binding: Binding): string {
  if (binding.type === 'plain_text') return `text = ${text(binding.value)}`;
  if (binding.type === 'json') return `json = ${text(JSON.stringify(binding.value))}`;
  if (binding.type === 'durable_object_namespace') return `durableObjectNamespace = ${text(binding.class_name)}`;
  throw new CannotStart(
    `wrangler.toml binds ${name} (${binding.type}), which plain workerd does not have. \`npm run dev\` simulates it.`,
  );
}
