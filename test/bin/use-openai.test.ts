import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { UsageError } from '../../bin/commands/command.ts';
import { useOpenAi } from '../../bin/commands/use-openai.ts';
import { loadConfig } from '../../src/config/load.ts';
import { type Dialect, llamaCpp, openAi, StandIn, sglang, vllm } from '../backends/openai-stand-in.ts';

process.setMaxListeners(0); // each run listens for Ctrl-C until the process ends

let folder: string;
let printed: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'use-'));
  copyFileSync('winnow.config.json', join(folder, 'winnow.config.json'));
  vi.stubEnv('WINNOW_CONFIG', join(folder, 'winnow.config.json'));
  printed = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => printed.push(line));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const written = () =>
  JSON.parse(readFileSync(join(folder, 'winnow.config.json'), 'utf8')) as Record<string, Record<string, unknown>>;

function serve(dialect: Dialect | ((url: string, init?: RequestInit) => Response)): StandIn {
  const server = new StandIn(typeof dialect === 'function' ? {} : dialect);
  vi.stubGlobal(
    'fetch',
    typeof dialect === 'function' ? async (url: string, init?: RequestInit) => dialect(url, init) : server.fetch,
  );
  return server;
}
const use = (...more: string[]) => useOpenAi.run(['--url', 'http://server/v1', ...more]);

test.each([
  {
    name: 'vLLM',
    dialect: { ...vllm, ends: 0.02 },
    found: {
      api: 'both',
      continuation: 'continue_final_message',
      stop_string: 'include_stop_str_in_output',
      n: true,
      accepts: ['seed', 'logprobs', 'top_k', 'min_p'],
      extra_body: { top_k: -1, min_p: 0 },
    },
  },
  {
    name: 'SGLang',
    dialect: { ...sglang, ends: 0.02 },
    found: { continuation: 'continue_final_message', stop_string: 'no_stop_trim', n: true },
  },
  {
    name: 'llama.cpp',
    dialect: { ...llamaCpp, ends: 0.03 },
    found: { continuation: 'prefill', stop_string: 'end_in_logprobs', n: false },
  },
  {
    name: 'OpenAI',
    dialect: { ...openAi, ends: 0.02 },
    found: { api: 'chat', continuation: 'none', n: true, accepts: ['seed', 'logprobs'] },
  },
  {
    name: 'a server that tells little',
    dialect: { usage: false, logprobs: false, ends: 0.02 },
    found: { continuation: 'none', stop_string: 'untold', n: false, accepts: ['seed'] },
  },
])('$name is found out and written, and the rest of the file stays', async ({ dialect, found }) => {
  const before = written();
  serve(dialect);
  expect(await use('--name', 'mine')).toBe(0);
  const after = written();
  expect(after.backends!.mine).toMatchObject({ kind: 'openai', url: 'http://server/v1', ...found });
  expect(after.policies!.mine).toMatchObject({ backend: 'mine', model: 'served', sampling: { max_tokens: 256 } });
  expect(loadConfig(after).policies.mine!.model).toBe('served');
  const { mine: _, ...backends } = after.backends!;
  const { mine: __, ...policies } = after.policies!;
  expect({ ...after, backends, policies }).toEqual(before);
});

test('the name is made from the model’s, and a second one does not take its place', async () => {
  serve(openAi);
  await use();
  await use();
  expect(Object.keys(written().policies!)).toEqual(expect.arrayContaining(['served', 'served-2']));
  expect(written().default_policy).toBe('puzzles');
});

test('--default makes it the default, --dry-run writes nothing', async () => {
  const server = serve(openAi);
  const before = readFileSync(join(folder, 'winnow.config.json'), 'utf8');
  await use('--dry-run');
  expect(readFileSync(join(folder, 'winnow.config.json'), 'utf8')).toBe(before);
  expect(printed.join('\n')).toContain('"kind": "openai"');
  await use('--default');
  expect(written().default_policy).toBe('served');
  expect(server.asked.every(({ headers }) => !headers.has('authorization'))).toBe(true);
});

test('the key goes to the server, its name into the file', async () => {
  vi.stubEnv('SERVER_KEY', 'sk-secret-of-the-test');
  const server = serve(openAi);
  await use('--key-env', 'SERVER_KEY');
  expect(server.asked.every(({ headers }) => headers.get('authorization') === 'Bearer sk-secret-of-the-test')).toBe(true);
  expect(written().backends!.served).toMatchObject({ key: 'SERVER_KEY' });
  expect(JSON.stringify(written()) + printed.join('')).not.toContain('sk-secret');
});

test('a URL without /v1 is tried with it first', async () => {
  const server = serve(openAi);
  await useOpenAi.run(['--url', 'http://server/', '--dry-run']);
  expect(server.asked[0]!.path).toBe('/models');
  expect(printed.join('\n')).toContain('"url": "http://server/v1"');
});

const list =
  (...ids: string[]) =>
  () =>
    Response.json({ data: ids.map((id) => ({ id })) });
test.each([
  { name: 'several models and none named', answer: list('a', 'b'), args: [], says: /2 models.*--model: a, b/ },
  { name: 'a model that is not there', answer: list('a'), args: ['--model', 'c'], says: /no model "c".*It has: a/ },
  { name: 'no model', answer: list(), args: [], says: /lists no model/ },
  { name: 'a key that is refused', answer: () => new Response('{}', { status: 401 }), args: [], says: /wants a key/ },
  {
    name: 'a key whose variable is not set',
    answer: list('a'),
    args: ['--key-env', 'NOT_SET_ANYWHERE'],
    says: /NOT_SET_ANYWHERE is not set/,
  },
  {
    name: 'a redirect',
    answer: () => new Response(null, { status: 302, headers: { location: 'http://other' } }),
    args: [],
    says: /redirect/,
  },
  { name: 'a page', answer: () => new Response('<html>'), args: [], says: /no list of models/ },
  {
    name: 'a list alone',
    answer: (url: string) => (url.endsWith('/models') ? list('a')() : new Response('{}', { status: 404 })),
    args: [],
    says: /Neither/,
  },
  { name: 'a terminal’s control characters', answer: list('a\u001B[2J', 'b'), args: [], says: /: a \[2J, b/ },
])('$name: said, with what to do, and nothing is written', async ({ answer, args, says }) => {
  serve(answer);
  const before = readFileSync(join(folder, 'winnow.config.json'), 'utf8');
  await expect(use(...args)).rejects.toThrow(says);
  expect(readFileSync(join(folder, 'winnow.config.json'), 'utf8')).toBe(before);
});

test.each([
  { args: [], says: /--url is needed/ },
  { args: ['--url', 'server'], says: /--url is "server"/ },
  { args: ['--url', 'ftp://server'], says: /--url/ },
  { args: ['--url', 'http://user:pass@server'], says: /--url/ },
  { args: ['--url', 'http://server', '--key-env', 'sk-abc'], says: /--key-env.*never the secret/ },
  { args: ['--url', 'http://server', 'extra'], says: /options only/ },
  { args: ['--url', 'http://server', '--frobnicate'], says: /frobnicate/ },
])('wrong arguments: $args', async ({ args, says }) => {
  serve(() => expect.fail('It was asked.'));
  const failure = await useOpenAi.run(args).catch((thrown: unknown) => thrown);
  expect(failure).toBeInstanceOf(UsageError);
  expect((failure as Error).message).toMatch(says);
});
