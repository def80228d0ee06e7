/** The process behind the edge: not there at the start, killed in the middle, back again. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI, { InternalServerError } from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Child } from '../../bin/child.ts';
import { startEdge } from '../../bin/edge.ts';
import { forTests, startBackend } from '../../bin/running.ts';
import { readSettings } from '../../bin/settings.ts';
import { type RunAnswer, runAnswer } from '../../schemas/run.ts';
import {
  type Answer,
  asked,
  bestOfN,
  events,
  expectNothingOfOurs,
  expectRefusal,
  get,
  post,
  read,
  type SentEvent,
  send,
} from '../http/winnow.ts';

const folder = mkdtempSync(join(tmpdir(), 'winnow-test-'));
let edge: Child;
let url: string;
let backendPort: string;
let backend: Child | undefined;

beforeAll(async () => {
  backendPort = String(await anyPort());
  const { env } = forTests({ WINNOW_BACKEND_URL: `http://127.0.0.1:${backendPort}` });
  const started = startEdge(readSettings(env), { env, output: 'keep', folder });
  edge = started;
  url = `http://127.0.0.1:${await started.port}`;
});
afterAll(async () => {
  await edge?.stop();
  await backend?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A port that nobody listens on. */
const anyPort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

async function bringUp(): Promise<void> {
  backend = await startBackend(forTests({ WINNOW_BACKEND_PORT: backendPort }));
  await expect.poll(async () => (await get('/readyz', { url })).status, { timeout: 20_000 }).toBe(200);
}

async function kill(): Promise<void> {
  backend?.kill('SIGKILL');
  expect(await backend?.ended).toBe('signal SIGKILL');
}

/** A run of some seconds: wide, hot and long. */
const long = { ...asked, n: 256, sampling: { temperature: 2 } };

const refusesQuickly = async () => {
  const began = performance.now();
  expectRefusal(await post('/v1/best-of-n', asked, { url }), { status: 503, code: 'backend_unreachable' });
  expect(performance.now() - began).toBeLessThan(2000);
};

test('without a backend everything that needs one is 503 at once, and the rest is served', async () => {
  await refusesQuickly();
  expectRefusal(await read(await send('/v1/best-of-n', { ...asked, stream: true }, { url })), {
    status: 503,
    code: 'backend_unreachable',
  });
  expectRefusal(await post('/v1/chat/completions', asked, { url }), { status: 503, code: 'backend_unreachable' });
  expectRefusal(await post('/v1/search', asked, { url }), { status: 503, code: 'backend_unreachable' });
  expectRefusal(await post('/v1/score', { ...asked, candidates: ['1'] }, { url }), { status: 503, code: 'backend_unreachable' });
  const ready = await get('/readyz', { url });
  expect(ready.status).toBe(503);
  expect(ready.json).toEqual({ status: 'not_ready', backends: { local: 'not_ready' } });
  for (const path of ['/healthz', '/v1/models', '/v1/strategies', '/openapi.json'])
    expect((await get(path, { url })).status).toBe(200);
  expect((await post('/v1/select', { candidates: [{ text: 'a' }] }, { url })).status).toBe(200);
  expect((await post('/v1/best-of-n', { ...asked, dry_run: true }, { url })).status).toBe(200);
});

test('the official client tries it three times and then throws its own exception', async () => {
  const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'unused' });
  const failure = await openai.chat.completions
    .create({ model: 'puzzles', messages: [{ role: 'user', content: '1' }] })
    .catch((thrown: unknown) => thrown);
  expect(failure).toBeInstanceOf(InternalServerError);
  expect(failure).toMatchObject({ status: 503, code: 'backend_unreachable' });
});

test('a backend that comes up later is used without a restart of the edge', async () => {
  await bringUp();
  expect((await bestOfN({}, { url })).candidates).toHaveLength(8);
});

test('killed in the middle of a stream: what had finished is kept, and the account says what is unknown', async () => {
  const told: SentEvent[] = [];
  let killed = 0;
  for await (const event of events(await send('/v1/best-of-n', { ...long, stream: true }, { url }))) {
    told.push(event);
    if (killed === 0) {
      killed = performance.now();
      await kill();
    }
  }
  expect(performance.now() - killed).toBeLessThan(5000);
  const last = told.at(-1)!;
  expect(last.event).toBe('result');
  const result = runAnswer.parse(JSON.parse(last.data));
  expectKept(result, told.filter(({ event }) => event === 'candidate').length);
});

test('killed, it is missed at once, and back it is used again', async () => {
  await refusesQuickly();
  expect((await get('/readyz', { url })).status).toBe(503);
  await bringUp();
  expect((await bestOfN({}, { url })).candidates).toHaveLength(8);
});

test('killed in the middle without a stream: the answer is what had finished, or a failure that is not tried again', async () => {
  const asking = post('/v1/best-of-n', long, { url });
  await new Promise((resolve) => setTimeout(resolve, 300)); // some have finished, most have not
  await kill();
  const answer: Answer = await asking;
  expectNothingOfOurs(answer.text);
  if (answer.status === 200) return expectKept(runAnswer.parse(answer.json));
  expectRefusal(answer, { status: 502, code: 'backend_error' });
  expect(answer.headers.get('x-should-retry')).toBe('false');
  expect((answer.json as RunAnswer).usage.completion_tokens).toBeNull();
});

test.each(['edge', 'backend'])('%s: a search whose backend is killed in the middle ends with what it has', async (execution) => {
  if (execution === 'edge') await bringUp();
  const body = {
    ...asked,
    stream: true,
    execution,
    // the first answers end in the first rounds, and hundreds of rounds follow
    strategy: 'ab_mcts',
    options: { iterations: 2048, parallel: 4 },
    sampling: { temperature: 1.5 },
    return: { tree: true },
  };
  const told: SentEvent[] = [];
  for await (const event of events(await send('/v1/search', body, { url }))) {
    told.push(event);
    if (event.event === 'candidate' && backend) {
      await kill();
      backend = undefined;
    }
  }
  const last = told.at(-1)!;
  expect(last.event, last.data).toBe('result');
  const run = runAnswer.parse(JSON.parse(last.data));
  expect(run.execution).toBe(execution);
  expect(run.stop_reason).toBe('backend_failed');
  expect(run.warnings.join()).toMatch(/A backend failed on the way/);
  const finished = run.candidates!.filter(({ finish_reason }) => finish_reason === 'stop');
  expect(finished.map(({ id }) => id)).toContain(run.choice.id);
  expect(run.budget.spent.tokens).toBeGreaterThanOrEqual(run.tree!.reduce((sum, { tokens }) => sum + tokens, 0));
  expect(run.tree!.find(({ id }) => id === run.choice.id)).toMatchObject({ state: 'chosen' });
  if (execution === 'edge') await bringUp(); // for the other place
});

function expectKept(run: RunAnswer, told?: number): void {
  const finished = run.candidates!.filter(({ finish_reason }) => finish_reason === 'stop' || finish_reason === 'length');
  expect(run.stop_reason).toBe('backend_failed');
  expect(finished.length).toBeGreaterThan(0);
  expect(finished.length).toBeLessThan(256);
  if (told !== undefined) expect(finished).toHaveLength(told);
  expect(finished.map(({ id }) => id)).toContain(run.choice.id);
  expect(run.usage.completion_tokens).toBeNull();
  expect(run.budget.spent.tokens).toBeGreaterThanOrEqual(finished.reduce((sum, { tokens }) => sum + tokens, 0));
  const scored = finished.some(({ scores }) => Object.values(scores).some(({ ok }) => ok)); // scores come with the answers
  if (!scored) expect(run.selection.degraded).toBe(true); // the reward died with it
  expect(run.warnings.join()).toMatch(/may have been sampled/);
}
