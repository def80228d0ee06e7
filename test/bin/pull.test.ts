import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { choose, type Wanted } from '../../bin/hub/choose.ts';
import { openRepository } from '../../bin/hub/hub.ts';
import { HubUnreachable, Interrupted } from '../../bin/hub/hub-fetch.ts';
import { readHubSettings } from '../../bin/hub/hub-settings.ts';
import type { Progress } from '../../bin/hub/progress.ts';
import { planPull, pullModel } from '../../bin/hub/pull-model.ts';
import { lockFolder } from '../../bin/hub/pulled-folder.ts';
import { CannotStart } from '../../bin/settings.ts';
import { COMMIT, gitOid, type HubFile, type LocalHub, startHub } from './local-hub.ts';

const weights = (size: number, seed = 7): Buffer => Buffer.from(Array.from({ length: size }, (_, index) => (index * seed) % 251));
const large = (size: number, seed?: number): HubFile => ({ content: weights(size, seed), lfs: true });

const files = {
  'config.json': '{"architectures":["LlamaForCausalLM"]}',
  'generation_config.json': '{}',
  'tokenizer.json': '{"model":{}}',
  'README.md': 'not needed',
  'onnx/model.onnx': large(40_000),
  'onnx/model_fp16.onnx': large(3000, 3),
  'onnx/model_fp16.onnx_data': large(200_000, 11),
};

let hub: LocalHub;
let folder: string;
const fast = { headersMs: 2000, waitsMs: [1, 1, 1] };
const timing = { silenceMs: 300, waitsMs: [1, 1, 1] };

beforeEach(async () => {
  hub = await startHub(files);
  folder = mkdtempSync(join(tmpdir(), 'winnow-pull-'));
});
afterEach(async () => {
  await hub.stop();
  rmSync(folder, { recursive: true });
});

interface Pulling {
  readonly revision?: string;
  readonly wanted?: Wanted;
  readonly token?: string;
  readonly name?: string;
  readonly signal?: AbortSignal;
  readonly onUpdate?: (size: number) => void;
}

/** All that the command does, without the terminal. */
async function pull({ revision = 'main', wanted = {}, token, name = 'tiny/model', signal, onUpdate }: Pulling = {}) {
  const said: string[] = [];
  const sizes: number[] = [];
  const progress: Progress = {
    file: () => undefined,
    update: (size) => {
      sizes.push(size);
      onUpdate?.(size);
    },
    say: (text) => said.push(text),
    stop: () => undefined,
  };
  const settings = { endpoint: hub.endpoint, token };
  const options = { signal: signal ?? new AbortController().signal };
  const onWait = (why: string) => said.push(why);
  const repository = await openRepository({ name, revision }, settings, { ...options, timing: fast, onWait });
  const choice = choose('tiny/model', repository.files, wanted);
  const plan = await planPull(folder, choice);
  const record = await pullModel(repository, choice, folder, plan, progress, { ...options, timing });
  return { record, plan, choice, said, sizes };
}

const here = (path: string) => readFileSync(join(folder, path));
const names = () => readdirSync(folder, { recursive: true }).map(String).sort();
const content = (path: string) => hub.files.get(path)!.content;
const cdnRanges = () => hub.seen.filter(({ where }) => where === 'cdn').map(({ range }) => range);

test('brings the graph, its external data and the small files, pinned to the commit', async () => {
  const { record, sizes, choice } = await pull();
  expect(names()).toEqual(
    ['.winnow.json', 'config.json', 'generation_config.json', 'onnx', 'onnx/model.onnx', 'tokenizer.json'].sort(),
  );
  expect(here('onnx/model.onnx').equals(content('onnx/model.onnx'))).toBe(true);
  expect(record).toMatchObject({ repository: 'tiny/model', revision: 'main', commit: COMMIT, variant: 'fp32', complete: true });
  expect(JSON.parse(here('.winnow.json').toString())).toEqual(record);
  const sha256 = createHash('sha256').update(content('onnx/model.onnx')).digest('hex');
  expect(record.files['onnx/model.onnx']).toEqual({ size: 40_000, sha256 });
  expect(record.files['config.json']).toEqual({ size: 38, git_sha1: gitOid(content('config.json')) });
  expect(sizes.at(-1)).toBe(choice.size);
  const asked = hub.seen.filter(({ url }) => url.includes('/resolve/')).map(({ url }) => url);
  expect(asked.every((url) => url.includes(COMMIT))).toBe(true);
});

test('external data comes with its graph', async () => {
  await pull({ wanted: { variant: 'fp16' } });
  expect(names()).toContain('onnx/model_fp16.onnx_data');
  expect(names()).not.toContain('onnx/model.onnx');
});

test('pulled again, nothing comes again; one byte changed, that file does', async () => {
  await pull();
  const before = hub.seen.filter(({ url }) => url.includes('/resolve/')).length;
  expect((await pull()).plan.missing).toEqual([]);
  expect(hub.seen.filter(({ url }) => url.includes('/resolve/'))).toHaveLength(before);
  const damaged = here('onnx/model.onnx');
  damaged[20_000]! ^= 1;
  writeFileSync(join(folder, 'onnx/model.onnx'), damaged);
  expect((await pull()).plan.missing.map(({ path }) => path)).toEqual(['onnx/model.onnx']);
  expect(here('onnx/model.onnx').equals(content('onnx/model.onnx'))).toBe(true);
});

test('another variant takes the place of the first, which would be found too', async () => {
  await pull();
  const { plan } = await pull({ wanted: { variant: 'fp16' } });
  expect(plan.removed).toEqual(['onnx/model.onnx']);
  expect(names()).toContain('onnx/model_fp16.onnx');
  expect(names()).not.toContain('onnx/model.onnx');
});

test('a connection cut in the middle goes on where it stopped', async () => {
  hub.faults = { cuts: 2, cutAfter: 15_000 };
  const { said } = await pull();
  expect(here('onnx/model.onnx').equals(content('onnx/model.onnx'))).toBe(true);
  expect(cdnRanges()).toEqual([undefined, 'bytes=15000-', 'bytes=30000-']);
  expect(said).toHaveLength(2);
});

test('a process that was killed leaves a part, and the next one goes on with it', async () => {
  hub.faults = { cuts: 99, cutAfter: 0 };
  const sha256 = createHash('sha256').update(content('onnx/model.onnx')).digest('hex');
  mkdirSync(join(folder, '.winnow-partial'));
  writeFileSync(join(folder, '.winnow-partial', sha256), content('onnx/model.onnx').subarray(0, 12_345));
  await expect(pull()).rejects.toThrow(HubUnreachable);
  expect(names()).not.toContain('onnx/model.onnx');
  expect(JSON.parse(here('.winnow.json').toString()).complete).toBe(false);
  hub.faults = {};
  hub.seen.length = 0;
  const { plan, sizes } = await pull();
  expect(plan.toFetch).toBe(40_000 - 12_345);
  expect(cdnRanges()).toEqual(['bytes=12345-']);
  expect(sizes.every((size, index) => index === 0 || size >= sizes[index - 1]!)).toBe(true);
  expect(here('onnx/model.onnx').equals(content('onnx/model.onnx'))).toBe(true);
  expect(names()).not.toContain('.winnow-partial');
});

test.each([
  { name: 'with other bytes', part: Buffer.alloc(12_345), requests: ['bytes=12345-', undefined] },
  { name: 'longer than the file', part: Buffer.alloc(40_001), requests: [undefined] },
  { name: 'whole and right', part: weights(40_000), requests: [] },
  { name: 'whole and wrong', part: Buffer.alloc(40_000), requests: [undefined] },
])('a part $name ends in the right file', async ({ part, requests }) => {
  const sha256 = createHash('sha256').update(content('onnx/model.onnx')).digest('hex');
  mkdirSync(join(folder, '.winnow-partial'));
  writeFileSync(join(folder, '.winnow-partial', sha256), part);
  await pull();
  expect(here('onnx/model.onnx').equals(content('onnx/model.onnx'))).toBe(true);
  expect(cdnRanges()).toEqual(requests);
});

test('a mirror without ranges sends everything, and that is not appended', async () => {
  hub.faults = { ignoresRange: true, cuts: 1, cutAfter: 15_000 };
  await pull();
  expect(here('onnx/model.onnx').equals(content('onnx/model.onnx'))).toBe(true);
});

test.each([
  { path: 'onnx/model.onnx', lfs: true, message: 'onnx/model.onnx has the wrong SHA-256' },
  { path: 'tokenizer.json', lfs: false, message: 'tokenizer.json has the wrong Git SHA-1' },
])('other bytes than listed are refused: $message', async ({ path, lfs, message }) => {
  const sent = Buffer.from(content(path));
  sent[5]! ^= 1;
  hub.files.set(path, { content: content(path), lfs, sent });
  await expect(pull()).rejects.toThrow(message);
  expect(names()).not.toContain(path);
  expect(readdirSync(join(folder, '.winnow-partial'))).toEqual([]);
});

test('more bytes than listed are refused at the first of them', async () => {
  hub.files.set('onnx/model.onnx', { ...large(40_000), sent: weights(5_000_000) });
  await expect(pull()).rejects.toThrow('the hub sends more than the 40.0 kB that its list says');
  expect(readdirSync(join(folder, '.winnow-partial'))).toEqual([]);
});

test('a hub that falls silent is left after a while', async () => {
  hub.faults = { silent: true };
  await expect(pull()).rejects.toThrow(HubUnreachable);
});

test('interrupted, it ends at once, and the part stays', async () => {
  hub.files.set('onnx/model.onnx', large(4_000_000));
  const interrupted = new AbortController();
  const abort = (size: number) => size > 100_000 && interrupted.abort();
  await expect(pull({ signal: interrupted.signal, onUpdate: abort })).rejects.toThrow(Interrupted);
  expect(names()).not.toContain('onnx/model.onnx');
  expect(readdirSync(join(folder, '.winnow-partial'))).toHaveLength(1);
  expect((await pull()).plan.toFetch).toBeLessThan(4_000_000);
});

test.skipIf(!existsSync('/dev/full'))('a full disk is told, and leaves no file under its name', async () => {
  const sha256 = createHash('sha256').update(content('onnx/model.onnx')).digest('hex');
  mkdirSync(join(folder, '.winnow-partial'));
  symlinkSync('/dev/full', join(folder, '.winnow-partial', sha256)); // whatever is written there: ENOSPC
  await expect(pull()).rejects.toThrow(/model\.onnx: the disk is full\. Make room .* \(ENOSPC\)/);
  expect(names()).not.toContain('onnx/model.onnx');
});

test('more than the disk has free is refused before anything comes', async () => {
  hub.faults = { extra: [{ type: 'file', path: 'onnx/model.onnx_data', size: 9e15, oid: '1'.repeat(40) }] };
  await expect(pull({ wanted: { variant: 'fp32' } })).rejects.toThrow(/^9000 TB have to come and .* are free at/);
  expect(names()).toEqual([]);
});

test.each([
  'onnx/../../evil',
  '/etc/evil',
  'C:\\evil',
  'a\\..\\evil',
  '.winnow.json',
  'a//b',
  'a/./b',
  'nul',
  'a\u001b[2J',
  'a ',
  'x\0y',
])('a file named %j is refused, and nothing is downloaded', async (path) => {
  hub.faults = { extra: [{ type: 'file', path, size: 1, oid: '1'.repeat(40) }] };
  await expect(pull({ wanted: { globs: ['**', path, '/**', '.*'] } })).rejects.toThrow(
    /no file that fits|not a plain path inside/,
  );
  await expect(pull()).resolves.toBeDefined(); // a name that is not needed harms nobody
});

test('of two names that are one on some systems neither is taken', async () => {
  hub.files.set('Config.json', { content: Buffer.from('{}') });
  await expect(pull({ wanted: { globs: ['*.json'] } })).rejects.toThrow('which are one file on some systems');
});

test("a file of the user's own is not replaced", async () => {
  writeFileSync(join(folder, 'tokenizer.json'), 'mine');
  await expect(pull()).rejects.toThrow("tokenizer.json is there, is not the hub's file, and no pull wrote it");
  expect(here('tokenizer.json').toString()).toBe('mine');
});

test("a record that somebody changed removes nothing outside of the folder, nor a user's file", async () => {
  await pull();
  const outside = join(folder, '..', `${folder.split('/').at(-1)}-outside`);
  writeFileSync(outside, 'mine');
  const record = JSON.parse(here('.winnow.json').toString());
  record.files[`../${outside.split('/').at(-1)}`] = { size: 4, sha256: 'x' };
  writeFileSync(join(folder, '.winnow.json'), JSON.stringify(record));
  expect((await pull({ wanted: { variant: 'fp16' } })).plan.removed).toEqual(['onnx/model.onnx']);
  expect(readFileSync(outside, 'utf8')).toBe('mine');
  rmSync(outside);
});

test('the token goes to the hub, and never to the CDN', async () => {
  hub.faults = { token: 'secret-of-a-mirror' };
  await pull({ token: 'secret-of-a-mirror' });
  const by = (where: string) => new Set(hub.seen.filter((one) => one.where === where).map(({ authorization }) => authorization));
  expect(by('hub')).toEqual(new Set(['Bearer secret-of-a-mirror']));
  expect(by('cdn')).toEqual(new Set([undefined]));
});

test.each([
  {
    name: 'no token',
    token: undefined,
    message: 'answered 401: there is no such repository, or it is private. For a private one set HF_TOKEN',
  },
  {
    name: 'a wrong token',
    token: 'wrong-token',
    message:
      'refused the token (401). It is wrong or expired, or may not read this repository. It says: Invalid username or password: Bearer [token]',
  },
])('a private repository with $name', async ({ token, message }) => {
  hub.faults = { token: 'right' };
  const failure = await pull({ ...(token ? { token } : {}) }).catch((error: Error) => error);
  expect(failure).toBeInstanceOf(CannotStart);
  expect((failure as Error).message).toContain(message);
  if (token) expect((failure as Error).message).not.toContain(token);
});

test.each([
  {
    name: 'a revision that is not there',
    pulling: { revision: 'nope' },
    faults: {},
    message: 'tiny/model at revision "nope": 127.0.0.1:',
  },
  {
    name: 'a repository that is not there',
    pulling: { name: 'tiny/other' },
    faults: {},
    message: 'has no such repository or revision, or it is private',
  },
  { name: 'a server error', pulling: {}, faults: { status: 500 }, message: 'answered 500. Run the same command again later' },
  { name: 'a login page', pulling: {}, faults: { body: '<html>' }, message: 'does not answer as a hub does' },
  { name: 'JSON that is no commit', pulling: {}, faults: { body: '{}' }, message: 'does not say which commit' },
  { name: 'a rate limit without end', pulling: {}, faults: { rateLimited: 99 }, message: 'limits the rate of requests' },
  {
    name: 'a wait of an hour',
    pulling: {},
    faults: { rateLimited: 1, retryAfter: '3600' },
    message: 'limits the rate of requests',
  },
  {
    name: 'a list without checksums',
    pulling: {},
    faults: { extra: [{ type: 'file', path: 'x', size: 1 }] },
    message: "The hub's list of files cannot be used: oid",
  },
  {
    name: 'a list with a size below zero',
    pulling: {},
    faults: { extra: [{ type: 'file', path: 'x', size: -1, oid: '1'.repeat(40) }] },
    message: 'list of files cannot be used: size',
  },
])('$name is told', async ({ pulling, faults, message }) => {
  hub.faults = faults;
  const failure = await pull(pulling).catch((error: Error) => error);
  expect(failure).toBeInstanceOf(CannotStart);
  expect((failure as Error).message).toContain(message);
  expect(names()).toEqual([]);
});

test('a rate limit is waited for', async () => {
  hub.faults = { rateLimited: 2, retryAfter: '0' };
  expect((await pull()).said).toEqual(['the hub answered 429', 'the hub answered 429']);
});

test('a long list is read page by page', async () => {
  hub.faults = { pageSize: 2 };
  expect((await pull()).choice.files).toHaveLength(4);
});

test('a commit is asked for by its number, a branch with a slash by its name', async () => {
  expect((await pull({ revision: COMMIT })).record.revision).toBe(COMMIT);
  expect((await pull({ revision: 'refs/pr/1' })).record.commit).toBe(COMMIT);
});

test('a hub that is not there: what to do', async () => {
  await hub.stop();
  await expect(pull()).rejects.toThrow(/cannot be reached: ECONNREFUSED.*HF_ENDPOINT=https:.*copy the whole folder/s);
});

test('one process at a time fills a folder; a dead one does not keep it', async () => {
  const unlock = await lockFolder(folder);
  await expect(lockFolder(folder)).rejects.toThrow('Another `npx winnow pull` writes into');
  await unlock();
  writeFileSync(join(folder, '.winnow.lock'), `999999999 ${hostname()}`);
  await (await lockFolder(folder))();
  writeFileSync(join(folder, '.winnow.lock'), '1 another-machine');
  await expect(lockFolder(folder)).rejects.toThrow('delete');
});

test.each([
  {
    name: 'no address',
    given: { endpoint: 'huggingface.co' },
    env: {},
    message: '--endpoint is "huggingface.co". An address is needed',
  },
  {
    name: 'a password in it',
    given: {},
    env: { HF_ENDPOINT: 'https://me:pass@hub' },
    message: 'HF_ENDPOINT holds a user name or password',
  },
  {
    name: 'a token over plain http',
    given: {},
    env: { HF_ENDPOINT: 'http://hub', HF_TOKEN: 'x' },
    message: 'a token would travel there unencrypted',
  },
  { name: 'the token itself', given: { tokenEnv: 'hf_-secret' }, env: {}, message: 'never the token itself' },
  {
    name: 'an empty variable',
    given: { tokenEnv: 'MINE' },
    env: {},
    message: '--token-env names MINE, which is not set or empty',
  },
  { name: 'a broken token', given: {}, env: { HF_TOKEN: 'a b' }, message: 'HF_TOKEN holds a space' },
])('hub settings: $name', ({ given, env, message }) => {
  const read = () => readHubSettings({ endpoint: undefined, tokenEnv: undefined, ...given }, env);
  expect(read).toThrow(message);
  expect(read).not.toThrow(/secret|pass@/);
});

test('hub settings: the mirror of HF_ENDPOINT, and another by --endpoint', () => {
  const env = { HF_ENDPOINT: 'https://mirror/path/', HF_TOKEN: ' t\n' };
  expect(readHubSettings({ endpoint: undefined, tokenEnv: undefined }, env)).toEqual({
    endpoint: 'https://mirror/path',
    token: 't',
  });
  expect(readHubSettings({ endpoint: 'http://localhost:1', tokenEnv: undefined }, env).endpoint).toBe('http://localhost:1');
  expect(readHubSettings({ endpoint: undefined, tokenEnv: undefined }, {}).endpoint).toBe('https://huggingface.co');
});
