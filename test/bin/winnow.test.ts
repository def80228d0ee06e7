/** The command line as a user runs it: its own process, its exit codes, what it prints. */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { UsageError } from '../../bin/commands/command.ts';
import { models } from '../../bin/commands/models.ts';
import { pull } from '../../bin/commands/pull.ts';
import { root } from '../../bin/settings.ts';
import { type LocalHub, startHub } from './local-hub.ts';

const weights = join(root, 'gpu-backend', 'weights');
const content = (path: string) => readFileSync(join(weights, path));

let hub: LocalHub;
const home = mkdtempSync(join(tmpdir(), 'winnow-cli-'));
const config = join(home, 'winnow.config.json');
const shipped = JSON.parse(readFileSync(join(root, 'winnow.config.json'), 'utf8'));
const plainConfig = {
  ...shipped,
  models: Object.fromEntries(
    Object.entries<{ path: string }>(shipped.models).map(([name, { path }]) => [name, { path: join(root, path) }]),
  ),
};

beforeAll(async () => {
  hub = await startHub({
    ...Object.fromEntries(
      readdirSync(join(weights, 'policy')).map((name) => [
        name,
        { content: content(`policy/${name}`), lfs: name.startsWith('model.onnx') },
      ]),
    ),
  });
});
afterEach(() => {
  hub.faults = {};
});
afterAll(async () => {
  await hub.stop();
  rmSync(home, { recursive: true });
});

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function winnow(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  onOutput?: (kill: () => void) => void,
): Promise<Ended> {
  const { HF_TOKEN: _token, ...rest } = process.env;
  const child = spawn(process.execPath, [join(root, 'bin', 'winnow.mjs'), ...args], {
    cwd: home,
    env: { ...rest, WINNOW_CONFIG: config, HF_ENDPOINT: hub.endpoint, ...env },
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
    onOutput?.(() => child.kill('SIGINT'));
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}

const fresh = () => {
  rmSync(join(home, 'models'), { recursive: true, force: true });
  writeFileSync(config, `${JSON.stringify(plainConfig, null, 2)}\n`);
};

test('without a command, with a wrong one, with wrong arguments: what there is, code 2', async () => {
  fresh();
  const none = await winnow([]);
  expect(none).toMatchObject({ code: 2, out: '' });
  expect(none.err).toMatch(/Usage: npx winnow COMMAND.*pull .*models .*help /s);
  const option = await winnow(['pull', 'a/b', '--nope']);
  expect(option.code).toBe(2);
  expect(option.err).toMatch(/Unknown option '--nope'.*Usage: npx winnow pull OWNER\/NAME/s);
}, 30_000);

test.each([
  { command: pull, args: [], message: 'pull needs the repository: OWNER/NAME.' },
  { command: pull, args: ['a'], message: '"a" is no repository.' },
  { command: pull, args: ['../..'], message: '"../.." is no repository.' },
  { command: pull, args: ['a/b..c'], message: 'is no repository.' },
  { command: pull, args: ['a/b', 'c/d'], message: 'pull takes one repository; given besides: c/d.' },
  { command: pull, args: ['a/b', '--revision', '../x'], message: '--revision is "../x".' },
  { command: pull, args: ['a/b', '--revision'], message: "Option '--revision <value>' argument missing" },
  { command: pull, args: ['a/b', '--variant', 'x', '--file', 'y'], message: '--variant and --file exclude each other.' },
  { command: pull, args: ['a/b', '--token', 'hf_x'], message: "Unknown option '--token'" },
  { command: models, args: ['x'], message: 'models takes options only; given: x.' },
  { command: models, args: ['--check=1'], message: "Option '--check' does not take an argument" },
])('wrong arguments: $message', async ({ command, args, message }) => {
  const failure = await command.run(args).catch((error: Error) => error);
  expect(failure).toBeInstanceOf(UsageError);
  expect((failure as Error).message).toContain(message);
});

test('help and version', async () => {
  expect((await winnow(['help', 'pull'])).out).toContain('--token-env VAR');
  expect((await winnow(['pul'])).err).toContain('There is no command "pul".');
  expect(await winnow(['--version'])).toMatchObject({
    code: 0,
    out: `${JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version}\n`,
  });
}, 30_000);

test('a policy is pulled, written into the config, listed, and loads', async () => {
  fresh();
  const pulled = await winnow(['pull', 'tiny/model', '--write', '--yes']);
  expect(pulled.err).toBe('');
  expect(pulled.code).toBe(0);
  expect(pulled.out).toMatch(
    /tiny\/model at main, which is commit c0ffee00.*7 files, .* into models\/tiny--model.*every file checked.*policies\.model, models\.model/s,
  );
  const written = JSON.parse(readFileSync(config, 'utf8'));
  expect(written.models.model).toEqual({ path: 'models/tiny--model' });
  expect(written.policies.model).toMatchObject({
    backend: 'local',
    model: 'model',
    instruct: true,
    sampling: { max_tokens: 128 },
  });
  expect(written.policies.puzzles).toEqual(shipped.policies.puzzles);
  const listed = await winnow(['models', '--check', '--json']);
  expect(listed.code).toBe(0);
  expect(JSON.parse(listed.out)).toContainEqual(
    expect.objectContaining({
      name: 'model',
      kind: 'policy',
      layout: 'onnxruntime-genai',
      context: 256,
      vocabulary: 32,
      loads: true,
      usedBy: ['policies.model'],
      source: expect.objectContaining({ repository: 'tiny/model' }),
    }),
  );
  // again: nothing comes, and the entry is there already
  const again = await winnow(['pull', 'tiny/model', '--write']);
  expect(again.out).toContain('All of it is here already, and right.');
  expect(JSON.parse(readFileSync(config, 'utf8'))).toEqual(written);
}, 60_000);

test('--dry-run says what would come and writes nothing', async () => {
  fresh();
  const { code, out } = await winnow(['pull', 'tiny/model', '--dry-run']);
  expect(code).toBe(0);
  expect(out).toMatch(/model\.onnx$/m);
  expect(existsSync(join(home, 'models'))).toBe(false);
}, 30_000);

test('the token is in no output and in no file', async () => {
  fresh();
  const token = 'hf_ThisIsTheSecretToken';
  hub.faults = { token };
  const private_ = await winnow(['pull', 'tiny/model']);
  expect(private_.code).toBe(1);
  expect(private_.err).toContain('set HF_TOKEN');
  const pulled = await winnow(['pull', 'tiny/model', '--token-env', 'MINE'], { MINE: token });
  const wrong = await winnow(['pull', 'tiny/model'], { HF_TOKEN: `${token}x` });
  expect([pulled.code, wrong.code]).toEqual([0, 1]);
  const files = readdirSync(join(home, 'models'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const texts = files.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));
  expect([pulled.out, pulled.err, wrong.out, wrong.err, ...texts].join('')).not.toContain(token);
}, 30_000);

test('Ctrl-C ends it with code 130, and the next run goes on', async () => {
  fresh();
  hub.faults = { silent: true };
  const stopped = await winnow(['pull', 'tiny/model'], {}, (kill) => kill());
  expect(stopped.code).toBe(130);
  expect(stopped.err).toMatch(/Interrupted\. Nothing half done stands under its name/);
  hub.faults = {};
  expect((await winnow(['pull', 'tiny/model'])).code).toBe(0);
}, 30_000);

test('a name that is taken, or a config that cannot be read, is told and the config stays', async () => {
  fresh();
  const before = readFileSync(config, 'utf8');
  const taken = await winnow(['pull', 'tiny/model', '--write', '--name', 'puzzle-policy']);
  expect(taken).toMatchObject({ code: 1 });
  expect(taken.err).toContain('models.puzzle-policy is there already and says something else');
  const bad = await winnow(['pull', 'tiny/model', '--write', '--name', 'a b']);
  expect(bad.err).toContain('would not be valid, so it was not changed');
  expect(readFileSync(config, 'utf8')).toBe(before);
  writeFileSync(config, '{');
  expect((await winnow(['pull', 'tiny/model'])).err).toContain('is not JSON');
}, 30_000);

test('folders under models/ that the config does not name are listed, the broken ones with why', async () => {
  fresh();
  cpSync(join(weights, 'outcome'), join(home, 'models', 'mine'), { recursive: true });
  cpSync(join(weights, 'policy'), join(home, 'models', 'deep', 'cpu', 'broken'), { recursive: true });
  rmSync(join(home, 'models', 'deep', 'cpu', 'broken', 'tokenizer.json'));
  writeFileSync(join(home, 'models', 'deep', 'cpu', 'broken', 'model.onnx'), 'not a graph');
  mkdirSync(join(home, 'models', 'empty'));
  const { code, out } = await winnow(['models']);
  expect(code).toBe(0);
  expect(out).toMatch(/^models\/mine +outcome +optimum +256 +32 .* - +not in winnow\.config\.json$/m);
  expect(out).toMatch(/^puzzle-outcome +outcome .* - +rewards\.outcome$/m);
  expect(out).toContain('models/deep/cpu/broken: tokenizer.json is missing.');
  expect(out).not.toContain('empty');
  const checked = await winnow(['models', '--check']);
  expect(checked.code).toBe(1);
  expect(checked.out).toMatch(/^models\/mine .* yes +not in/m);
  expect(checked.out).toMatch(/^models\/deep\/cpu\/broken .* no +not in/m);
}, 60_000);
