/** A client that leaves: its work stops everywhere, and the engine's slots are free within a second. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { forTests, startWinnow, type Winnow } from '../../bin/running.ts';
import { asked, bestOfN, events, get, send } from '../http/winnow.ts';
import * as fault from './stand-in.ts';

/** A run of a second or so: 256 candidates for 64 slots, hot and long. */
const long = { ...asked, n: 256, sampling: { temperature: 2 }, rewards: [] };

async function elapsed(work: Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work;
  return performance.now() - began;
}

/** How long a small request takes now. */
const small = () => elapsed(bestOfN({ n: 1 }));
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Four long runs at once; first come, first served: who comes now waits for all of them. */
const burden = (body: object, signal?: AbortSignal) =>
  Promise.all([1, 2, 3, 4].map(() => send('/v1/best-of-n', body, signal && { signal }).then((response) => response.text())));

describe('the engine', () => {
  test.each([
    { said: 'requests', body: long },
    { said: 'streams', body: { ...long, stream: true } },
  ])('$said left in the middle: the next one is served within a second, as if they had never been', async ({ body }) => {
    const whole = burden(body);
    await sleep(150);
    const behind = await small();
    await whole;

    const leaving = new AbortController();
    const left = burden(body, leaving.signal);
    await sleep(150);
    leaving.abort();
    await expect(left).rejects.toThrow();
    const after = await small();
    expect(after).toBeLessThan(1000);
    expect(after, 'what waiting behind them costs').toBeLessThan(behind / 2);
  });

  test('twenty left at once leave nothing behind', async () => {
    const leaving = new AbortController();
    const { signal } = leaving;
    const all = Array.from({ length: 20 }, () => send('/v1/best-of-n', { ...long, n: 64 }, { signal }).catch(() => 'left'));
    await sleep(200);
    leaving.abort();
    await Promise.all(all);
    expect(await small()).toBeLessThan(1000);
    expect((await get('/readyz')).status).toBe(200);
  });
});

describe('the call to the backend', () => {
  let backend: fault.StandIn;
  let winnow: Winnow;
  beforeAll(async () => {
    backend = await fault.standIn(inject('winnow').backendUrl);
    winnow = await startWinnow(forTests({ WINNOW_BACKEND_URL: backend.url }));
  });
  afterAll(async () => {
    await winnow?.stop();
    await backend?.close();
  });
  let leaving: AbortController;
  beforeEach(() => {
    leaving = new AbortController();
  });
  afterEach(() => leaving.abort());

  const calls = (path: string) => backend.seen.filter((seen) => seen.path === path);
  const leftWithinASecond = (path: string) => Promise.race([calls(path)[0]!.ended, sleep(1000).then(() => 'still there')]);
  const begin = (path: string, body: object) => send(path, { ...asked, ...body }, { url: winnow.url, signal: leaving.signal });

  test.each([
    { said: 'a request that waits for candidates', path: '/v1/best-of-n', body: {}, at: '/generate', broken: fault.silence },
    { said: 'a request in the middle of them', path: '/v1/best-of-n', body: {}, at: '/generate', broken: fault.stallAfter(2) },
    { said: 'a request that waits for scores', path: '/v1/best-of-n', body: {}, at: '/score', broken: fault.silence },
    { said: 'a chat', path: '/v1/chat/completions', body: {}, at: '/generate', broken: fault.stallAfter(0) },
    { said: 'a search', path: '/v1/search', body: { execution: 'edge' }, at: '/generate', broken: fault.stallAfter(1) },
    { said: 'a search on the backend', path: '/v1/search', body: {}, at: '/run', broken: fault.stallAfter(3) },
    { said: 'a score', path: '/v1/score', body: { candidates: ['1'] }, at: '/score', broken: fault.silence },
  ])(
    '$said: left by its client, it is left by the edge within a second, and not asked again',
    async ({ path, body, at, broken }) => {
      backend.behave({ '/generate': [fault.unscored], [at]: [broken] });
      const answer = begin(path, body).catch(() => 'left');
      await expect.poll(() => calls(at).length, { interval: 10 }).toBe(1);
      await sleep(100);
      leaving.abort();
      await answer;
      expect(await leftWithinASecond(at)).toBe('left');
      await sleep(500); // longer than the first pauses of a retry
      expect(calls(at)).toHaveLength(1);
    },
  );

  test('a stream left after its first event: the edge leaves too', async () => {
    backend.behave({ '/generate': [fault.stallAfter(2)] });
    const response = await begin('/v1/best-of-n', { stream: true });
    for await (const { event } of events(response)) {
      expect(event).toBe('candidate');
      break;
    }
    leaving.abort();
    expect(await leftWithinASecond('/generate')).toBe('left');
    expect(calls('/score')).toEqual([]);
  });
});
