/** `npm start` as a user has it: it says where it listens, Ctrl-C ends both children, a dead child ends the other. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import config from '../../winnow.config.json' with { type: 'json' };
import { runScript, type Script } from './script.ts';

let script: Script | undefined;
afterEach(async () => {
  script?.kill('SIGTERM');
  await script?.exitCode;
});

/** Process ids of the backend and of workerd. */
interface Children {
  readonly backend: number;
  readonly edge: number;
}

async function started(env: Record<string, string> = {}): Promise<{ run: Script; url: string; children: Children }> {
  const run = runScript('start', { WINNOW_PORT: '0', WINNOW_BACKEND_PORT: '0', ...env });
  script = run;
  const [, url = ''] = await run.saying(/Winnow is ready at (http:\/\/127\.0\.0\.1:\d+)/);
  const pid = (of: string) => Number(childrenOf(run.pid).find(({ args }) => args.includes(of))?.pid);
  return { run, url, children: { backend: pid('gpu-backend/server.ts'), edge: pid('workerd serve') } };
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly args: string;
}

/** All that run; one that has ended and waits for its parent to notice runs no more. */
function processes(): Process[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' });
  return [...stdout.matchAll(/^ *(\d+) +(\d+) +([^ Z]\S*) +(.*)$/gm)].map(([, pid, parent, , args]) => ({
    pid: Number(pid),
    parent: Number(parent),
    args: String(args),
  }));
}

const childrenOf = (parent: number): Process[] => processes().filter((one) => one.parent === parent);
const alive = (pid: number): boolean => processes().some((one) => one.pid === pid);

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s stops the Worker and the backend', async (signal) => {
  const { run, url, children } = await started();
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  expect(alive(children.edge) && alive(children.backend)).toBe(true);
  run.kill(signal);
  expect(await run.exitCode).toBe(0);
  expect(alive(children.edge)).toBe(false);
  expect(alive(children.backend)).toBe(false);
});

test('the curl line that it prints works', async () => {
  const { run } = await started();
  const [line] = await run.saying(/^curl .*(\n {2}.*)*/m);
  expect(JSON.parse(execFileSync('bash', ['-c', `${line} --silent --fail-with-body`], { encoding: 'utf8' }))).toHaveProperty(
    'object',
  );
});

test.each(['edge', 'backend'] as const)('when the %s dies, that is said and the other is stopped', async (name) => {
  const { run, children } = await started();
  process.kill(children[name], 'SIGKILL');
  expect(await run.exitCode).toBe(1);
  expect(run.printed()).toContain(`The ${name} ended by itself (signal SIGKILL)`);
  expect(alive(children.edge)).toBe(false);
  expect(alive(children.backend)).toBe(false);
});

test('interrupted while it starts, it leaves nothing behind', async () => {
  const run = runScript('start', { WINNOW_PORT: '0', WINNOW_BACKEND_PORT: '0' });
  script = run;
  await expect.poll(() => childrenOf(run.pid), { timeout: 5000 }).not.toHaveLength(0);
  const children = childrenOf(run.pid);
  run.kill('SIGINT');
  expect(await run.exitCode).toBe(1);
  const running = () => children.filter(({ pid }) => alive(pid));
  expect(running().filter(({ args }) => !args.startsWith('sh '))).toEqual([]);
  await expect.poll(running, { timeout: 1000 }).toEqual([]); // nor who watched over them
});

test('killed for certain, it takes the Worker and the backend with it', async () => {
  const { run, children } = await started();
  expect(alive(children.edge) && alive(children.backend)).toBe(true);
  run.kill('SIGKILL');
  await expect.poll(() => Object.values(children).filter(alive), { timeout: 5000 }).toEqual([]);
});

test('killed for certain while it starts, it leaves nothing behind', async () => {
  const run = runScript('start', { WINNOW_PORT: '0', WINNOW_BACKEND_PORT: '0' });
  script = run;
  const count = () => childrenOf(run.pid).length;
  await expect.poll(count, { timeout: 5000 }).toBeGreaterThan(1); // the backend, and who watches over it
  const children = childrenOf(run.pid);
  run.kill('SIGKILL');
  await expect.poll(() => children.filter(({ pid }) => alive(pid)), { timeout: 5000 }).toEqual([]);
});

test('keys of the environment reach the Worker', async () => {
  const { url } = await started({ WINNOW_API_KEYS: 'first-key,second-key' });
  const models = (key?: string) => fetch(`${url}/v1/models`, { headers: key ? { authorization: `Bearer ${key}` } : {} });
  expect((await models()).status).toBe(401);
  expect((await models('second-key')).status).toBe(200);
});

test('WINNOW_CONFIG names another config, which the Worker and the backend both get', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'winnow-test-'));
  const path = join(folder, 'riddles.json');
  const weights = join(import.meta.dirname, '../../gpu-backend/weights/policy');
  const policies = { riddles: { ...config.policies.puzzles, model: 'riddler', rewards: [], process_reward: null } };
  const riddles = {
    ...config,
    default_policy: 'riddles',
    policies,
    rewards: {},
    recipes: {},
    models: { riddler: { path: weights } },
  };
  writeFileSync(path, JSON.stringify(riddles));
  try {
    const { url } = await started({ WINNOW_CONFIG: path });
    const answer = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'riddles', messages: [{ role: 'user', content: 'Use 3, 7, 12, 20 to make 45.' }] }),
    });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ model: 'riddles', choices: [{ message: { role: 'assistant' } }] });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
