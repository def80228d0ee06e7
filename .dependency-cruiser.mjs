/**
 * Who may import whom. Each room below names all that it may import; anything else is an error, packages and Node's own
 * modules included. A new arrow is one word in a row, and a decision record in docs/decisions.
 */
import { existsSync, readFileSync } from 'node:fs';

/** A place that a row may name: a room (its own files come for nothing), a single file, or a package. */
const places = {
  schemas: '^schemas/',
  operation: '^src/operation[.]ts$',
  random: '^src/random[.]ts$',
  answers: '^src/answers/',
  prompts: '^src/prompts/',
  tokens: '^src/tokens/',
  selection: '^src/selection/',
  rewards: '^src/rewards/',
  budget: '^src/budget/',
  evaluation: '^src/evaluation/',
  drawing: '^src/drawing/',
  strategies: '^src/strategies/',
  runtime: '^src/runtime/',
  port: '^src/backends/port[.]ts$',
  edgeOnnx: '^src/backends/edge-onnx([.]ts$|/)',
  backends: '^src/backends/',
  requests: '^src/requests/',
  jobs: '^src/jobs/',
  access: '^src/access/',
  telemetry: '^src/telemetry/',
  config: '^src/config/',
  registries: '^src/[^/]+/registry[.]ts$',
  routes: '^src/routes/',
  web: '^src/web/',
  app: '^src/(app|index)[.]ts$',
  src: '^src/',
  ort: '^gpu-backend/ort/',
  backendHttp: '^gpu-backend/(routes/|app[.]ts$|backend[.]ts$|server[.]ts$)',
  gpuBackend: '^gpu-backend/',
  configFile: '^winnow[.]config[.]json$',
  zod: '^node_modules/zod/',
  hono: '^node_modules/hono/',
  nodeServer: '^node_modules/@hono/node-server/',
  huggingface: '^node_modules/@huggingface/(jinja|tokenizers)/',
  koffi: '^node_modules/koffi/',
  promClient: '^node_modules/prom-client/',
  onnxruntimeNode: '^node_modules/onnxruntime-node/',
  expressions: '^node_modules/(re2js|@marcbachmann/cel-js|@cfworker/json-schema)/',
  tinyld: '^node_modules/tinyld/',
  d3: '^node_modules/(@types/)?d3-hierarchy/',
  onnxruntimeWeb: '^node_modules/onnxruntime-web/',
  computeEngine: '^node_modules/@cortex-js/compute-engine/',
  cloudflare: '^cloudflare:',
};

const first = ['schemas', 'zod'];
const second = [...first, 'operation', 'random', 'answers', 'prompts'];
const pure = [...second, 'selection', 'rewards', 'budget', 'evaluation', 'strategies'];

/** Room -> what it may import besides itself. A file belongs to the first room that fits; `node` adds Node's modules. */
const rooms = {
  schemas: ['zod'],
  operation: first,
  random: first,
  answers: [...first, 'expressions'],
  prompts: [...first, 'random'],
  tokens: [...first, 'answers', 'huggingface'],
  selection: second,
  rewards: [...second, 'selection', 'expressions', 'tinyld'],
  budget: [...first, 'operation', 'answers', 'selection', 'random'],
  evaluation: [...first, 'operation', 'answers', 'selection', 'random', 'drawing'],
  drawing: [...first, 'd3'],
  strategies: [...second, 'selection', 'rewards', 'budget', 'evaluation'],
  runtime: [...pure, 'port'],
  edgeOnnx: [...first, 'operation', 'random', 'config', 'tokens', 'backends', 'onnxruntimeWeb'],
  backends: [...first, 'operation', 'random', 'answers', 'config'],
  requests: [...pure, 'drawing', 'registries', 'config', 'access'],
  jobs: [...pure, 'runtime', 'requests', 'registries', 'config', 'cloudflare'],
  access: first,
  telemetry: first,
  config: [...first, 'registries', 'answers'],
  routes: ['src', ...first, 'hono', 'cloudflare'],
  web: ['web'],
  app: ['src', ...first, 'hono', 'cloudflare', 'configFile'],
  ort: [...first, 'koffi', 'onnxruntimeNode', 'node'],
  backendHttp: [...pure, 'tokens', 'runtime', 'port', 'gpuBackend', 'hono', 'nodeServer', 'node'],
  gpuBackend: [...pure, 'tokens', 'runtime', 'port', 'promClient', 'computeEngine', 'node'],
};

const roomNames = Object.keys(rooms);
const paths = (names) => names.filter((name) => name !== 'node').map((name) => places[name]);

const rows = roomNames.map((room, index) => ({
  name: room,
  comment: `${room} may import itself and: ${rooms[room].join(', ')}.`,
  severity: 'error',
  from: { path: places[room], pathNot: paths(roomNames.slice(0, index)) },
  to: {
    pathNot: paths([room, ...rooms[room]]),
    ...(rooms[room].includes('node') ? { dependencyTypesNot: ['core'] } : {}),
  },
}));

/** What a registry lists: the files beside it that it imports. Siblings share helpers, never each other. */
const listed = (folder) => {
  const registry = `src/${folder}/registry.ts`;
  const imports = existsSync(registry) ? readFileSync(registry, 'utf8').matchAll(/from '[.][/]([\w-]+)[.]ts'/g) : [];
  return [...imports].map(([, file]) => file).filter((file) => file !== 'define' && file !== 'port');
};
const siblings = ['strategies', 'backends'].map((folder) => ({
  name: `${folder}-siblings`,
  comment: `What src/${folder}/registry.ts lists is imported by the registry (and by a pool of backends) alone.`,
  severity: 'error',
  from: { path: `^src/${folder}/`, pathNot: `^src/${folder}/(registry|pool)[.]ts$` },
  to: { path: [`^src/${folder}/registry[.]ts$`, ...listed(folder).map((file) => `^src/${folder}/${file}[.]ts$`)] },
}));

const { config, access } = places;

export default {
  forbidden: [
    ...rows,
    ...siblings,
    {
      name: 'types-only',
      comment: 'An adapter is handed its entry of the config, a request what a key may do: their types are all that is imported.',
      severity: 'error',
      from: { path: [places.backends, places.requests] },
      to: { path: [access], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'config-types-only',
      comment: 'An adapter is handed its entry of the config: its type is all that is imported.',
      severity: 'error',
      from: { path: places.backends },
      to: { path: config, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'unknown-room',
      comment: 'A new folder gets a row in .dependency-cruiser.mjs: what it may import.',
      severity: 'error',
      from: { path: '^(src|schemas|gpu-backend)/', pathNot: paths(roomNames) },
      to: {},
    },
    {
      name: 'never-imported',
      comment: 'Tests, benches, examples and scripts are run, not imported.',
      severity: 'error',
      from: { path: '^(src|schemas|gpu-backend)/' },
      to: { path: '^(test|bench|bin|examples)/' },
    },
    {
      name: 'resolvable',
      comment: 'A module that cannot be found, or a package that package.json does not name.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: ['^cloudflare:'] },
    },
    {
      name: 'no-cycle',
      comment: 'Two modules that need each other are one module, or a third is missing.',
      severity: 'error',
      from: { path: '^(src|schemas|gpu-backend)/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    parser: 'swc', // the typescript of this repository has no parser that dependency-cruiser can call
    moduleSystems: ['es6'],
    doNotFollow: { path: ['^node_modules/'] },
    exclude: {
      path: [
        '^(dist|coverage|[.]wrangler)/',
        '(^|/)[.]cache/',
        '^gpu-backend/(training|weights)/',
        '^bench/problems/',
        '^bench/engine/peers/',
        '^test/fixtures/',
      ],
    },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['workerd', 'import', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.json'],
    },
  },
};
