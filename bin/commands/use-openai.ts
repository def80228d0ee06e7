/** `npx winnow use openai`: tries a server of others, says what it can do, and writes it into winnow.config.json. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { backendConfig, type Config, type OpenAiConfig } from '../../schemas/config.ts';
import { WinnowError } from '../../schemas/errors.ts';
import { openai } from '../../src/backends/openai.ts';
import { onInterrupt } from '../command.ts';
import { plain } from '../hub/plain.ts';
import { CannotStart, readConfig, root } from '../settings.ts';
import { type Command, readArguments, UsageError } from './command.ts';
import { configName } from './config-entry.ts';
import { addToConfig, type ConfigEntries, formatConfig } from './config-file.ts';
import { type Found, Probe } from './probe-openai.ts';
import { table } from './table.ts';

const usage = `Usage: npx winnow use openai --url URL [OPTIONS]

Tries an OpenAI-compatible server (vLLM, SGLang, llama.cpp, TGI, OpenAI, ...), says what it can do, and adds it to
winnow.config.json as a backend and a policy of the same name. It asks about twenty short questions: a few hundred tokens.

  --url URL       Where its routes begin, as in http://127.0.0.1:8000/v1.
  --model NAME    The model. Default: the only one that it lists.
  --key-env VAR   Environment variable that holds its key. The key itself is written nowhere.
  --name POLICY   Name of the policy and of the backend. Default: made from the model's.
  --default       Make it the policy of requests that name none.
  --dry-run       Try it and print the entries; write nothing.

Example: npx winnow use openai --url http://127.0.0.1:8000/v1`;

const options = {
  url: { type: 'string' },
  model: { type: 'string' },
  'key-env': { type: 'string' },
  name: { type: 'string' },
  default: { type: 'boolean', default: false },
  'dry-run': { type: 'boolean', default: false },
} as const;

export const useOpenAi: Command = {
  name: 'use openai',
  summary: 'Try an OpenAI-compatible server and make it a policy.',
  usage,
  async run(args) {
    const request = readRequest(args);
    const signal = onInterrupt();
    try {
      await run(request, signal);
      return 0;
    } catch (error) {
      if (error instanceof WinnowError) throw new CannotStart(error.message);
      throw error;
    }
  },
};

interface Request {
  readonly url: string;
  readonly model: string | undefined;
  readonly keyName: string | undefined;
  readonly name: string | undefined;
  readonly makeDefault: boolean;
  readonly dryRun: boolean;
  readonly configPath: string;
}

function readRequest(args: readonly string[]): Request {
  const { values, positionals } = readArguments(args, { options, allowPositionals: true });
  if (positionals.length > 0)
    throw new UsageError(`use openai takes options only; given: ${positionals.map((word) => plain(word, 80)).join(' ')}.`);
  if (!values.url) throw new UsageError('--url is needed: where the routes of the server begin, as in http://127.0.0.1:8000/v1.');
  const url = values.url.replace(/\/+$/, '').replace(/\/(chat\/completions|completions|models)$/, '');
  const entry = backendConfig.safeParse({ kind: 'openai', url, ...(values['key-env'] ? { key: values['key-env'] } : {}) });
  if (!entry.success) {
    const field = entry.error.issues[0]!.path[0] === 'key' ? '--key-env' : '--url';
    throw new UsageError(
      `${field} is "${plain(field === '--url' ? values.url : (values['key-env'] ?? ''), 80)}". ${entry.error.issues[0]!.message}`,
    );
  }
  return {
    url,
    model: values.model,
    keyName: values['key-env'],
    name: values.name,
    makeDefault: values.default,
    dryRun: values['dry-run'],
    configPath: resolve(process.env.WINNOW_CONFIG || join(root, 'winnow.config.json')),
  };
}

async function run(request: Request, signal: AbortSignal): Promise<void> {
  const config = readConfig(request.configPath); // one that cannot be read is told before anything is asked
  const key = request.keyName === undefined ? undefined : process.env[request.keyName] || undefined;
  if (request.keyName !== undefined && key === undefined)
    throw new CannotStart(
      `The environment variable ${request.keyName} is not set. Set it to the key of the server, or leave --key-env out.`,
    );
  const { url, models } = await listModels(request, key, signal);
  const model = chooseModel(request.model, models);
  const name = request.name ?? freeName(configName(model.name), config);
  console.log(`${url} serves ${plain(model.name, 120)}. Trying it:`);
  const probe = new Probe({ url, key, keyName: request.keyName, fetch, idleMs: 120_000 }, model.name, signal);
  const found = await probe.all((what) => console.log(`  ${what} ...`));
  console.log(`\n${report(found)}\n`);
  const entries = entriesOf(name, { url, keyName: request.keyName, model: model.name, context: model.context }, found);
  if (request.dryRun) {
    console.log(`For ${request.configPath}:\n${formatConfig(entries)}`);
    return;
  }
  addToConfig(request.configPath, entries);
  if (request.makeDefault) setDefault(request.configPath, name);
  console.log(
    `Added to ${request.configPath}: backends.${name}, policies.${name}${request.makeDefault ? ', default_policy' : ''}.`,
  );
  console.log(
    `typical_tokens is a guess: set it to what your answers have. After \`npm start\`:\n  "model": ${JSON.stringify(name)} in a request.`,
  );
}

interface Model {
  readonly name: string;
  /** 0 where it is not said. */
  readonly context: number;
}

/** The models, and the URL that answers for them: with /v1 where it was left out. (llama.cpp has other routes without it.) */
async function listModels({ url, keyName }: Request, key: string | undefined, signal: AbortSignal) {
  const tries = /\/v\d+[a-z]*(\/|$)/.test(new URL(url).pathname) ? [url] : [`${url}/v1`, url];
  let failure: unknown;
  for (const base of tries) {
    const config = openAiConfig(base, keyName);
    try {
      return { url: base, models: await openai({ config, key, learned: {}, fetch }).models(signal) };
    } catch (error) {
      failure ??= error;
      if (!(error instanceof WinnowError) || error.code !== 'backend_error') throw error;
    }
  }
  throw failure;
}

function openAiConfig(url: string, keyName: string | undefined): OpenAiConfig {
  const config = backendConfig.parse({ kind: 'openai', url, ...(keyName ? { key: keyName } : {}) });
  if (config.kind !== 'openai') throw new Error('The kind of an entry is the one that it was given.');
  return config;
}

function chooseModel(given: string | undefined, models: readonly Model[]): Model {
  const names = models.map(({ name }) => plain(name, 120));
  const found = given === undefined ? (models.length === 1 ? models[0] : undefined) : models.find(({ name }) => name === given);
  if (found) return found;
  if (given === undefined && models.length > 1)
    throw new CannotStart(`The server has ${models.length} models. Choose one by --model: ${names.slice(0, 40).join(', ')}.`);
  if (given !== undefined && models.length === 0) return { name: given, context: 0 };
  throw new CannotStart(
    given === undefined
      ? 'The server lists no model. Name one by --model.'
      : `The server lists no model "${plain(given, 120)}". It has: ${names.slice(0, 40).join(', ')}.`,
  );
}

/** A name that no entry has: two servers may serve one model. */
function freeName(wanted: string, { policies, backends, recipes }: Config): string {
  const base = wanted.replace(/^[^A-Za-z0-9]+/, '') || 'policy';
  const taken = (name: string) => [policies, backends, recipes].some((section) => Object.hasOwn(section, name));
  for (let number = 1; ; number++) {
    const name = number === 1 ? base : `${base}-${number}`;
    if (!taken(name)) return name;
  }
}

const LONGEST_ANSWER = 512; // tokens; a user who needs more sets sampling.max_tokens

function entriesOf(
  name: string,
  { url, keyName, model, context }: { url: string; keyName: string | undefined; model: string; context: number },
  { usage: _, ...found }: Found,
): ConfigEntries {
  const longest = context > 0 ? Math.min(LONGEST_ANSWER, Math.max(1, Math.floor(context / 2))) : LONGEST_ANSWER;
  const { limit_name, stream, concurrency, extra_body, ...always } = found;
  const backend = {
    kind: 'openai',
    url,
    ...(keyName ? { key: keyName } : {}),
    ...always,
    ...(limit_name === 'max_tokens' ? {} : { limit_name }),
    ...(stream ? {} : { stream }),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(Object.keys(extra_body).length > 0 ? { extra_body } : {}),
  };
  const policy = {
    backend: name,
    model,
    instruct: found.api !== 'completions',
    sampling: { temperature: 1, max_tokens: longest },
    typical_tokens: Math.max(1, Math.floor(longest / 2)),
  };
  return { backends: { [name]: backend }, policies: { [name]: policy } };
}

function setDefault(path: string, name: string): void {
  const json = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>; // addToConfig has just checked it
  writeFileSync(`${path}.new`, `${formatConfig({ ...json, default_policy: name })}\n`);
  renameSync(`${path}.new`, path);
}

/** What it can do and what follows, a line each. */
function report({
  api,
  continuation,
  stop_string: told,
  n,
  accepts,
  stream,
  concurrency,
  usage: counts,
  limit_name,
}: Found): string {
  const raw = api !== 'chat';
  const continues = [...(continuation === 'none' ? [] : [`messages (${continuation})`]), ...(raw ? ['raw prompts'] : [])];
  const whole = 'best_of_n, self_refine: those of whole answers';
  const more = told === 'untold' ? 'also first_wrong_step; not those that go step by step' : 'all';
  const strategies =
    continuation === 'none' ? (raw && api === 'both' ? `${whole}; of raw prompts ${more}` : raw ? more : whole) : more;
  const has = (name: OpenAiConfig['accepts'][number]) => (accepts.includes(name) ? 'yes' : 'no');
  return table([
    ['routes', api === 'both' ? 'chat and completions' : api],
    ['several answers a request (n)', n ? 'yes' : 'no: one request for each candidate'],
    ['continues an answer', continues.join(', ') || 'no'],
    ['tells where a step ends', told === 'untold' ? 'no' : `yes (${told})`],
    ['seed', has('seed')],
    ['log-probabilities', has('logprobs')],
    ['top_k, min_p', `${has('top_k')}, ${has('min_p')}`],
    ['streaming', stream ? 'yes' : 'no, or without a count of tokens'],
    ['requests at a time', concurrency === 1 ? 'one: another cuts it off' : 'several'],
    ['counts tokens', counts ? 'yes' : 'no: a run counts as spent what it was granted'],
    ...(limit_name === 'max_tokens' ? [] : [['limit', limit_name]]),
    ['strategies', strategies],
  ]);
}
