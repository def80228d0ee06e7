/** Between edge and backend everything goes wrong once: what is finished is kept, what is missing is said. */
import OpenAI, { APIError, InternalServerError } from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { forTests, startWinnow, type Winnow } from '../../bin/running.ts';
import type { RunAnswer } from '../../schemas/run.ts';
import {
  type Answer,
  allEvents,
  asked,
  bestOfN,
  expectNothingOfOurs,
  expectRefusal,
  get,
  post,
  repeatable,
  search,
  send,
} from '../http/winnow.ts';
import * as fault from './stand-in.ts';

let backend: fault.StandIn;
let winnow: Winnow;
let url: string;
beforeAll(async () => {
  backend = await fault.standIn(inject('winnow').backendUrl);
  winnow = await startWinnow(forTests({ WINNOW_BACKEND_URL: backend.url, WINNOW_BACKEND_KEY: 'the-secret-between' }));
  url = winnow.url;
});
afterAll(async () => {
  await winnow?.stop();
  await backend?.close();
});
beforeEach(() => backend.behave({}));

const request = { n: 6, sampling: { seed: 42 } };
const run = (body: object = {}) => bestOfN({ ...request, ...body }, { url });
const ask = (body: object = {}): Promise<Answer> => post('/v1/best-of-n', { ...asked, ...request, ...body }, { url });
const undisturbed = () => bestOfN(request); // the shared Winnow, without the stand-in

const calls = (path: string) => backend.seen.filter((seen) => seen.path === path);
/** Behaves so where scores are asked for in a call of their own: the backend gives none with what it writes. */
const behaveInScoring = (score: fault.Fault) => backend.behave({ '/generate': [fault.unscored], '/score': [score] });
const byReason = ({ candidates = [] }: RunAnswer, reason: string) =>
  candidates.filter(({ finish_reason }) => finish_reason === reason);

describe('a fault that passes is not seen by the client', () => {
  test.each([
    { said: 'a stream cut half way', faults: { '/generate': [fault.cutAfter(3), fault.passOn] } },
    { said: 'a stream cut before its first line', faults: { '/generate': [fault.cutAfter(0), fault.passOn] } },
    { said: 'a stream without done', faults: { '/generate': [fault.withLines((lines) => lines.slice(0, -1)), fault.passOn] } },
    {
      said: 'a line that is no JSON',
      faults: { '/generate': [fault.withLines(([first, ...rest]) => [first!, '{"type": "cand\n', ...rest]), fault.passOn] },
    },
    { said: 'a status of 500', faults: { '/generate': [fault.status(500), fault.passOn] } },
    { said: 'a status of 503', faults: { '/generate': [fault.status(503), fault.passOn] } },
    {
      said: 'scores that fail once',
      faults: { '/score': [fault.status(500), fault.passOn], '/generate': [fault.unscored] },
    },
    {
      said: 'scores that are NaN once',
      faults: { '/score': [fault.scoresOf('NaN'), fault.passOn], '/generate': [fault.unscored] },
    },
  ])('$said: the same answer as without it, and nothing is paid twice', async ({ faults }) => {
    const expected = await undisturbed();
    backend.behave(faults);
    const answer = await run();
    expect(repeatable(answer)).toEqual(repeatable(expected));
    const [path] = Object.keys(faults);
    const keys = calls(path!).map(({ body }) => body?.key);
    expect(keys).toHaveLength(2);
    expect(keys[1]).toBe(keys[0]);
  });

  test('a wait that is asked for is waited', async () => {
    const busy = { error: { message: 'Busy.', type: 'requests', param: null, code: 'rate_limit_exceeded' } };
    backend.behave({ '/generate': [fault.status(429, busy, { 'retry-after': '1' }), fault.passOn] });
    const began = performance.now();
    await run();
    expect(performance.now() - began).toBeGreaterThan(700);
  });

  test('lines given twice, of unknown ids, or of an unknown kind within the protocol, change nothing', async () => {
    const expected = await undisturbed();
    const strange =
      '{"type":"candidate","id":"0.99","parent":"0","text":"1","step":1,"step_ends":[1],"token_count":1,"finish":"stop"}\n';
    backend.behave({ '/generate': [fault.withLines(([first, ...rest]) => [strange, first!, first!, ...rest])] });
    expect(repeatable(await run())).toEqual(repeatable(expected));
  });

  test('lines in another order, and arriving byte by byte, change nothing', async () => {
    const expected = await undisturbed();
    backend.behave({
      '/generate': [
        async (response, real) => {
          const { lines } = await real();
          const isScore = (line: string) => line.includes('"type":"score"'); // which follows its candidate, somewhere
          const written = lines.slice(0, -1).filter((line) => !isScore(line));
          const bytes = Buffer.from([...written.reverse(), ...lines.filter(isScore).reverse(), lines.at(-1)!].join(''));
          response.writeHead(200, { 'content-type': 'application/x-ndjson' });
          for (let place = 0; place < bytes.length; place += 97) {
            response.write(bytes.subarray(place, place + 97));
            await new Promise((resolve) => setImmediate(resolve));
          }
          response.end();
        },
      ],
    });
    expect(repeatable(await run())).toEqual(repeatable(expected));
  });
});

describe('a generation that breaks off for good', () => {
  const kinds = [
    { said: 'cut', broken: fault.cutAfter(3) },
    { said: 'without done', broken: fault.withLines((lines) => lines.slice(0, 3)) },
    {
      said: 'with a line that is no JSON',
      broken: fault.withLines((lines) => [...lines.slice(0, 3), 'what?\n', ...lines.slice(3)]),
    },
    {
      said: 'with a line not of the protocol',
      broken: fault.withLines((lines) => [...lines.slice(0, 3), '{"type":"candidate"}\n', ...lines.slice(3)]),
    },
    {
      said: 'with NaN for a count',
      broken: fault.withLines((lines) => [
        ...lines.slice(0, 3),
        ...lines.slice(3).map((line) => line.replace(/"token_count":\d+/, '"token_count":NaN')),
      ]),
    },
  ];

  test.each(kinds)('$said: what was finished is kept, scored and chosen from; what is unknown is null', async ({ broken }) => {
    const expected = await undisturbed();
    backend.behave({ '/generate': [broken] });
    const answer = await run();
    expect(answer.stop_reason).toBe('backend_failed');
    expect(answer.candidates).toHaveLength(6);
    const kept = byReason(answer, 'stop');
    expect(kept).toHaveLength(3);
    for (const { id, tokens, scores } of kept) {
      expect(tokens).toBe(expected.candidates!.find((candidate) => candidate.id === id)!.tokens);
      expect(scores.outcome).toMatchObject({ ok: true });
    }
    for (const { reason } of byReason(answer, 'error')) expect(reason).toBe('backend_error');
    expect(kept.map(({ id }) => id)).toContain(answer.choice.id);
    expect(answer.usage.completion_tokens).toBeNull();
    expect(answer.usage.total_tokens).toBeNull();
    expect(answer.budget.spent.tokens).toBeGreaterThanOrEqual(kept.reduce((sum, { tokens }) => sum + tokens, 0));
    expect(answer.budget.spent.tokens).toBeLessThanOrEqual(answer.budget.limits.max_tokens);
    expect(answer.warnings.join()).toMatch(/may have been sampled/);
    expectNothingOfOurs(JSON.stringify(answer));
    expect(calls('/generate').length).toBeLessThanOrEqual(3);
  });

  test('before its first line: 502 with the usage so far, and the client is told not to try again', async () => {
    backend.behave({ '/generate': [fault.cutAfter(0)] });
    const answer = await ask();
    expectRefusal(answer, { status: 502, code: 'backend_error' });
    expect(answer.headers.get('x-should-retry')).toBe('false');
    expect((answer.json as { usage: object }).usage).toMatchObject({ completion_tokens: null });
  });

  test('of a stream: the result comes with what was finished', async () => {
    backend.behave({ '/generate': [fault.cutAfter(3)] });
    const events = await allEvents(await send('/v1/best-of-n', { ...asked, ...request, stream: true }, { url }));
    expect(events.filter(({ event }) => event === 'candidate')).toHaveLength(3);
    expect(events.at(-1)?.event).toBe('result');
    expect(JSON.parse(events.at(-1)!.data)).toMatchObject({ stop_reason: 'backend_failed' });
  });

  test('in the second round of a search: what the first one opened is told, nothing hangs', async () => {
    backend.behave({ '/generate': [fault.passOn, fault.cutAfter(0)] });
    const body = { execution: 'edge', sampling: { seed: 1 }, options: { keep: 2, branch: 2 } };
    const answer = await search(body, { url });
    expect(answer).toMatchObject({ stop_reason: 'backend_failed', complete: false });
    expect(answer.candidates!.length).toBeGreaterThan(0);
    expect(answer.usage.completion_tokens).toBeNull();
    expect(answer.warnings.length).toBeGreaterThan(0);
  });

  test('for one candidate only: the others go on, and its reason stands beside it', async () => {
    const spoil = (line: string, place: number) => {
      if (place !== 1) return line;
      const { id } = JSON.parse(line) as { id: string };
      return `${JSON.stringify({ type: 'error', id, code: 'internal_error', message: 'Broken at /secret/path.ts' })}\n`;
    };
    backend.behave({ '/generate': [fault.withLines((lines) => lines.map(spoil))] });
    const answer = await run();
    expect(byReason(answer, 'error')).toHaveLength(1);
    expect(byReason(answer, 'error')[0]?.reason).not.toBe('');
    expect(byReason(answer, 'stop')).toHaveLength(5);
    expect(answer.choice.finish_reason).toBe('stop');
    expectNothingOfOurs(JSON.stringify(answer));
  });

  test('for every candidate: 502 no_candidates', async () => {
    const spoil = (line: string) => {
      const { type, id } = JSON.parse(line) as { type: string; id: string };
      return type === 'done' ? line : `${JSON.stringify({ type: 'error', id, code: 'internal_error', message: 'No.' })}\n`;
    };
    backend.behave({ '/generate': [fault.withLines((lines) => lines.map(spoil))] });
    const answer = await ask();
    expectRefusal(answer, { status: 502, code: 'no_candidates' });
    expect(answer.headers.get('x-should-retry')).toBe('false'); // the backend says that tokens were sampled
    expect((answer.json as RunAnswer).usage.completion_tokens).toBeGreaterThan(0);
  });
});

describe('a backend that refuses', () => {
  const busy = { error: { message: 'Busy.', type: 'requests', param: null, code: 'rate_limit_exceeded' } };

  test.each([
    { said: '500 with HTML', broken: fault.status(500, '<html>nginx at 127.0.0.1</html>'), status: 502, code: 'backend_error' },
    {
      said: '500 with its own error',
      broken: fault.status(500, {
        error: { message: 'at /x/y.ts:3', type: 'server_error', param: null, code: 'internal_error' },
      }),
      status: 502,
      code: 'backend_error',
    },
    {
      said: '401, since the key is wrong',
      broken: fault.status(401, { error: { message: 'The key the-secret-between is wrong.', code: 'invalid_api_key' } }),
      status: 502,
      code: 'backend_error',
    },
    { said: '404', broken: fault.status(404, 'no'), status: 502, code: 'backend_error' },
    {
      said: '400 for what the edge made',
      broken: fault.status(400, { error: { message: 'prefixes[0].x', code: 'unknown_parameter' } }),
      status: 502,
      code: 'backend_error',
    },
    {
      said: '503',
      broken: fault.status(503, {
        error: { message: 'Loading.', type: 'server_error', param: null, code: 'backend_unreachable' },
      }),
      status: 503,
      code: 'backend_unreachable',
    },
    { said: 'an answer of another protocol', broken: fault.text('{"choices": []}'), status: 502, code: 'backend_error' },
    { said: 'an empty answer', broken: fault.text(''), status: 502, code: 'backend_error' },
  ])('$said -> $status $code, and nothing of the inside', async ({ broken, status, code }) => {
    backend.behave({ '/generate': [broken] });
    const answer = await ask();
    expectRefusal(answer, { status, code });
    expect(answer.text).not.toMatch(/the-secret-between|nginx|<html|prefixes/);
    expect(calls('/generate').length).toBeLessThanOrEqual(6);
  });

  test('429 that asks for longer than a request may wait is handed on, with its Retry-After', async () => {
    backend.behave({ '/generate': [fault.status(429, busy, { 'retry-after': '30' })] });
    const began = performance.now();
    const answer = await ask();
    expectRefusal(answer, { status: 429, code: 'rate_limit_exceeded' });
    expect(answer.headers.get('retry-after')).toBe('30');
    expect(performance.now() - began).toBeLessThan(5000);
  });

  test('a 429 always says when to come again', async () => {
    backend.behave({ '/generate': [fault.status(429, busy)] });
    const answer = await ask();
    expectRefusal(answer, { status: 429, code: 'rate_limit_exceeded' });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  });

  test('what was refused before a token was sampled may be tried again', async () => {
    backend.behave({ '/generate': [fault.status(500)] });
    const answer = await ask();
    expect(answer.headers.get('x-should-retry')).not.toBe('false');
    expect(answer.json).not.toHaveProperty('usage');
  });

  test('no redirect is followed: what the backend names is not called', async () => {
    backend.behave({ '/generate': [fault.status(302, '', { location: '/models' })] });
    expectRefusal(await ask(), { status: 502, code: 'backend_error' });
    expect(calls('/models')).toEqual([]);
  });

  test('every call carries the key between edge and backend', async () => {
    backend.behave({ '/generate': [fault.unscored] });
    await run();
    expect(backend.seen.map(({ authorization }) => authorization)).toEqual(backend.seen.map(() => 'Bearer the-secret-between'));
    expect(backend.seen.map(({ path }) => path)).toEqual(['/generate', '/score']);
  });
});

describe('rewards that fail', () => {
  const wrong =
    '{"scores": [{"id": "0.0", "ok": true, "value": 1, "tokens": 1}], "usage": {"calls": 1, "candidates": 1, "tokens": 1}}';
  test.each([
    { said: 'NaN', broken: fault.scoresOf('NaN') },
    { said: 'null', broken: fault.scoresOf('null') },
    { said: 'infinite', broken: fault.scoresOf('1e999') },
    { said: 'strings', broken: fault.scoresOf('"1.5"') },
    { said: 'of the wrong number', broken: fault.text(wrong) },
    { said: 'an empty body', broken: fault.text('') },
    { said: 'a status of 500', broken: fault.status(500) },
    { said: 'cut', broken: fault.cutAfter(0) },
  ])('$said: candidates are kept, no number is made up, and the choice says that it is none by merit', async ({ broken }) => {
    behaveInScoring(broken);
    const answer = await run();
    expect(answer.candidates).toHaveLength(6);
    for (const { scores } of answer.candidates!) expect(scores.outcome).toMatchObject({ ok: false, reason: expect.any(String) });
    expect(answer.selection).toMatchObject({ rule: 'argmax', degraded: true, reason: 'all_scores_invalid' });
    expect(answer.warnings.length).toBeGreaterThan(0);
    expect(answer.usage.completion_tokens).toBeGreaterThan(0);
  });

  test('one of them: that candidate alone has no score, and cannot win', async () => {
    const expected = await undisturbed();
    const spoil = (text: string) => {
      const answer = JSON.parse(text) as { scores: { id: string }[] };
      const scores = answer.scores.map((score) =>
        score.id === expected.choice.id ? { id: score.id, ok: false, reason: 'spoilt' } : score,
      );
      return JSON.stringify({ ...answer, scores });
    };
    behaveInScoring(async (response, real) => response.end(spoil((await real()).text)));
    const answer = await run();
    expect(answer.candidates![expected.choice.index]?.scores.outcome).toEqual({ ok: false, reason: 'spoilt' });
    expect(answer.choice.id).not.toBe(expected.choice.id);
    expect(answer.selection.degraded).toBe(false);
  });

  test('the score route and rerank have nothing to show then: 502', async () => {
    backend.behave({ '/score': [fault.status(500)] });
    expectRefusal(await post('/v1/score', { ...asked, candidates: ['1'] }, { url }), { status: 502, code: 'backend_error' });
    const rerank = { model: 'outcome', query: '1', documents: ['1'] };
    expectRefusal(await post('/v1/rerank', rerank, { url }), { status: 502, code: 'backend_error' });
  });

  const wide = { execution: 'edge', options: { keep: 4, branch: 4 }, sampling: { seed: 3 }, return: { tree: true } };
  const written = ({ tree = [] }: RunAnswer) => tree.filter(({ finish }) => finish !== undefined);
  const odd = (id: string) => Number(id.slice(id.lastIndexOf('.') + 1)) % 2 === 1;

  test('a search none of whose prefixes can be scored goes on by the order it has, and says what failed', async () => {
    behaveInScoring(fault.status(500));
    const answer = await search(wide, { url });
    expect(answer.complete).toBe(true);
    expect(answer.selection).toMatchObject({ degraded: true, reason: 'all_scores_invalid' });
    expect(answer.warnings.join()).toMatch(/A backend failed on the way/);
    for (const { scores } of written(answer)) expect(scores).toMatchObject({ process: null });
    expect(answer.account.rewards.process).toMatchObject({ candidates: 0, tokens: 0 });
    expectSums(answer);
  });

  test('a search half of whose prefixes cannot be scored goes on with the others, and the account is right', async () => {
    const spoil = (score: { readonly id: string }) => (odd(score.id) ? { id: score.id, ok: false, reason: 'spoilt' } : score);
    backend.behave({ '/generate': [fault.scoreLines(spoil)] });
    const answer = await search(wide, { url });
    expect(answer).toMatchObject({ complete: true, stop_reason: 'finished', warnings: [] }); // the models said so: nothing broke
    const parents = new Set(answer.tree!.map(({ parent }) => parent));
    const first = written(answer).filter(({ parent }) => parent === '0');
    const unknown = first.filter(({ scores }) => scores.process === null);
    expect(unknown.length).toBeGreaterThan(4);
    expect(first.length - unknown.length).toBeGreaterThan(4); // more than are kept
    for (const { id } of unknown) expect(parents).not.toContain(id);
    expectSums(answer);
  });

  test('scores of prefixes that do not come with them are asked for, and where that fails it is said', async () => {
    const some = fault.scoreLines((score) => (odd(score.id) ? undefined : score));
    backend.behave({ '/generate': [some], '/score': [fault.status(500)] });
    const answer = await search(wide, { url });
    expect(answer.complete).toBe(true);
    expect(answer.warnings.join()).toMatch(/A backend failed on the way/);
    const values = written(answer).map(({ scores }) => scores.process);
    expect(values).toContain(null);
    expect(values.some((value) => typeof value === 'number')).toBe(true);
    expectSums(answer);
  });
});

/** Of a search with its tree: what its nodes have is what was paid. */
function expectSums({ tree = [], usage, budget, account }: RunAnswer): void {
  expect(tree.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(usage.completion_tokens);
  expect(budget.spent.tokens).toBe(usage.completion_tokens);
  expect(account.wasted_tokens).toBeLessThan(budget.spent.tokens);
}

describe('a backend that is slow', () => {
  test.each([
    { said: 'silent from the start', broken: fault.silence },
    { said: 'silent after its headers', broken: fault.stallAfter(0) },
  ])('$said: 504 within the time of the request, and it is let go', async ({ broken }) => {
    backend.behave({ '/generate': [broken] });
    const began = performance.now();
    const answer = await ask({ budget: { max_time_ms: 1200 } });
    expect(performance.now() - began).toBeLessThan(3000);
    expectRefusal(answer, { status: 504, code: 'deadline_exceeded' });
    for (const { ended } of calls('/generate')) expect(await ended).toBe('left');
  });

  test('silent after three candidates: those are the answer, in time', async () => {
    backend.behave({ '/generate': [fault.stallAfter(3)] });
    const began = performance.now();
    const answer = await run({ budget: { max_time_ms: 1200 } });
    expect(performance.now() - began).toBeLessThan(3000);
    expect(answer.stop_reason).toBe('max_time');
    expect(byReason(answer, 'stop')).toHaveLength(3);
    expect(answer.usage.completion_tokens).toBeNull();
  });

  test('silent in scoring: the answer comes in time without scores', async () => {
    behaveInScoring(fault.silence);
    const began = performance.now();
    const answer = await run({ budget: { max_time_ms: 1200 } });
    expect(performance.now() - began).toBeLessThan(3000);
    expect(answer.selection.degraded).toBe(true);
  });

  test('readyz does not wait for one that hangs, and says so', async () => {
    backend.behave({ '/healthz': [fault.silence] });
    const began = performance.now();
    const answer = await get('/readyz', { url });
    expect(performance.now() - began).toBeLessThan(3000);
    expect(answer.status).toBe(503);
    expect(answer.json).toEqual({ status: 'not_ready', backends: { local: 'not_ready' } });
    expect((await get('/healthz', { url })).status).toBe(200);
  });
});

describe('the official client', () => {
  const messages = [{ role: 'user' as const, content: asked.messages[0]!.content }];
  const create = (body: object) =>
    new OpenAI({ baseURL: `${url}/v1`, apiKey: 'unused' }).chat.completions.create({
      model: 'puzzles@best_of_n:4',
      messages,
      ...body,
    });
  const failureOf = (work: Promise<unknown>) => work.then(() => undefined).catch((thrown: unknown) => thrown);

  test('tries again what cost nothing', async () => {
    backend.behave({ '/generate': [fault.status(404, 'no')] });
    const failure = await failureOf(create({}));
    expect(failure).toBeInstanceOf(InternalServerError);
    expect(failure).toMatchObject({ status: 502, code: 'backend_error' });
    expect(new Set(calls('/generate').map(({ body }) => body?.key)).size).toBe(3); // three requests, each its own run
  });

  test('does not try again what was paid', async () => {
    backend.behave({ '/generate': [fault.cutAfter(0)] });
    const failure = await failureOf(create({}));
    expect(failure).toBeInstanceOf(InternalServerError);
    expect(new Set(calls('/generate').map(({ body }) => body?.key)).size).toBe(1);
  });

  test('reads an error in the middle of a stream as its own exception', async () => {
    behaveInScoring(fault.status(500));
    const selection = { rule: 'argmax', on_invalid_score: 'fail' };
    const read = async () => {
      const stream = await create({ model: 'puzzles', stream: true, winnow: { options: { n: 4 }, selection } });
      for await (const _ of stream as unknown as AsyncIterable<unknown>) expect.unreachable();
    };
    const failure = await failureOf(read());
    expect(failure).toBeInstanceOf(APIError);
    expect(failure).toMatchObject({ code: 'backend_error', status: undefined }); // it came after a status of 200
    expect(calls('/generate')).toHaveLength(1);
  });
});
