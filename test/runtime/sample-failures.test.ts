import { expect, test } from 'vitest';
import type { GenerateLine, GenerateRequest } from '../../schemas/backend.ts';
import type { ErrorCode } from '../../schemas/errors.ts';
import { WinnowError } from '../../schemas/errors.ts';
import { root } from '../../src/operation.ts';
import { Deadline } from '../../src/runtime/deadline.ts';
import type { Wished } from './means.ts';
import { means, sampleAlone, sampleOf } from './means.ts';
import { ScriptedBackend } from './scripted-backend.ts';

type Instead = (lines: readonly GenerateLine[], call: number, request: GenerateRequest) => readonly GenerateLine[];

/** Four candidates of a backend whose lines are replaced; it throws after the last one where a code is given. */
async function sample(instead: Instead, code?: ErrorCode, wished: Wished = {}, ends = 0.1) {
  let calls = 0;
  const backend = new ScriptedBackend({
    ends,
    instead: async function* (request, lines) {
      const given = instead(lines, calls++, request);
      yield* given;
      const mayHaveSpent = code === 'backend_error' || code === 'deadline_exceeded';
      if (code && given !== lines) throw new WinnowError(code, 'It failed.', { mayHaveSpent });
    },
  });
  const { context, state, events } = means(backend, wished);
  const candidates = await sampleAlone(sampleOf({ count: 4 }), context, state);
  return { candidates, context, state, events, account: context.ledger.account(), calls: () => calls };
}

const finishes = (candidates: readonly { id: string; finish: string; reason?: string | undefined }[]) =>
  candidates.map(({ id, finish, reason }) => [id, finish, reason]);
const isOf = (line: GenerateLine, id: string) => 'id' in line && line.id === id;

test('an error line ends its candidate alone; the tokens of the call are still known', async () => {
  const { candidates, account, state } = await sample((lines) =>
    lines.map((line) => (isOf(line, '0.1') ? { type: 'error', id: '0.1', code: 'internal_error', message: 'no' } : line)),
  );
  expect(finishes(candidates)[1]).toEqual(['0.1', 'error', 'internal_error']);
  expect(candidates.filter(({ finish }) => finish !== 'error')).toHaveLength(3);
  expect(account).toMatchObject({ candidates: 3, lostTokens: 0 });
  expect([state.stop, state.failure]).toEqual([undefined, undefined]);
});

test('an id without a line at `done` is that candidate’s failure', async () => {
  const { candidates, account } = await sample((lines) => lines.filter((line) => !isOf(line, '0.2')));
  expect(finishes(candidates)[2]).toEqual(['0.2', 'error', 'missing']);
  expect(account.candidates).toBe(3);
});

test('lines of ids that nobody asked for, and second lines of one id, change nothing', async () => {
  const clean = await sample((lines) => lines);
  const noisy = await sample((lines) => {
    const [first] = lines;
    return [{ ...first!, id: '0.99' } as GenerateLine, ...lines.slice(0, -1), first!, lines.at(-1)!];
  });
  expect(noisy.candidates).toEqual(clean.candidates);
  expect(noisy.account).toEqual(clean.account);
});

test('a stream that ends without `done` may have spent all it was granted: it counts as spent, and is told as unknown', async () => {
  const { candidates, account, context } = await sample((lines) => lines.slice(0, 2), undefined, { maxTokens: 160 });
  expect(candidates.map(({ finish }) => finish)).toEqual([candidates[0]!.finish, candidates[1]!.finish, 'error', 'error']);
  expect(account).toMatchObject({ spentTokens: 160, completionTokens: null, promptTokens: null, processed: null, unique: null });
  expect(context.ledger.available).toBe(0);
});

test('a call that breaks off in the middle keeps what had finished', async () => {
  const { candidates, account, state, events } = await sample((lines) => lines.slice(0, 2), 'backend_error', { maxTokens: 160 });
  expect(finishes(candidates).slice(2)).toEqual([
    ['0.2', 'error', 'backend_error'],
    ['0.3', 'error', 'backend_error'],
  ]);
  expect(candidates.slice(0, 2).every(({ finish }) => finish !== 'error')).toBe(true);
  expect(events).toHaveLength(2);
  expect(account).toMatchObject({ spentTokens: 160, candidates: 2 });
  expect(state).toMatchObject({ stop: 'backend_failed', failure: { code: 'backend_error' } });
});

test.each(['backend_unreachable', 'rate_limit_exceeded', 'prompt_unsupported', 'context_length_exceeded'] as const)(
  'a call that was refused (%s) spent nothing',
  async (code) => {
    const { candidates, account, state, calls } = await sample(() => [], code);
    expect(finishes(candidates)).toEqual(['0.0', '0.1', '0.2', '0.3'].map((id) => [id, 'error', code]));
    expect(account).toMatchObject({
      spentTokens: 0,
      completionTokens: 0,
      promptTokens: 0,
      lostTokens: 0,
      candidates: 0,
      unique: 0,
    });
    expect(state.failure).toMatchObject({ code });
    expect(state.stop).toBe(code === 'backend_unreachable' || code === 'rate_limit_exceeded' ? 'backend_failed' : undefined);
    expect(calls()).toBe(1);
  },
);

test('a refusal that comes after lines is none: what was sampled is spent', async () => {
  const { account } = await sample((lines) => lines.slice(0, 2), 'backend_unreachable', { maxTokens: 160 });
  expect(account).toMatchObject({ spentTokens: 160, completionTokens: null, candidates: 2 });
});

test('after a failure that another call would meet too, none is made', async () => {
  const backend = new ScriptedBackend();
  const { context, state } = means(backend);
  state.stop = 'backend_failed';
  expect(await sampleAlone(sampleOf(), context, state)).toEqual([]);
  expect(backend.requests).toEqual([]);
});

test.each(['backend_error', 'backend_unreachable', 'deadline_exceeded', 'context_length_exceeded'] as const)(
  'where a later wave fails (%s), what the earlier ones wrote is an answer that was cut, not a lost one',
  async (code) => {
    const wished = { maxTokens: 46, policy: { typical_tokens: 8 } };
    const whole = await sample((lines) => lines, undefined, wished, 0);
    expect(whole.calls()).toBeGreaterThan(1);
    const { candidates, state, account } = await sample((lines, call) => (call === 0 ? lines : []), code, wished, 0);
    expect(candidates.map(({ id }) => id)).toEqual(whole.candidates.map(({ id }) => id));
    for (const [place, { text, finish }] of candidates.entries()) {
      expect(['stop', 'budget', 'length']).toContain(finish);
      expect(text).not.toBe('');
      expect(whole.candidates[place]!.text.startsWith(text)).toBe(true);
    }
    expect(candidates.some(({ finish }) => finish === 'budget')).toBe(true);
    expect(account.candidates).toBe(candidates.length);
    expect([...state.indexes.keys()].toSorted()).toEqual(candidates.map(({ id }) => id));
  },
);

test('a call that was aborted for time stops the run for time', async () => {
  const { state } = await sample(() => [], 'deadline_exceeded');
  expect(state.stop).toBe('max_time');
});

test('a backend that ends candidates by its deadline stops the run for time; what they have is told', async () => {
  const { candidates, state } = await sample((lines) =>
    lines.map((line) => (line.type === 'candidate' ? { ...line, finish: 'budget' } : line)),
  );
  expect(candidates.every(({ finish }) => finish === 'budget')).toBe(true);
  expect(state.stop).toBe('max_time');
});

test('without time nothing is asked', async () => {
  const backend = new ScriptedBackend();
  const { context, state } = means(backend, { deadline: new Deadline(() => 900, 0, 1000) }); // a quarter is kept back
  expect(await sampleAlone(sampleOf(), context, state)).toEqual([]);
  expect([backend.requests, state.stop]).toEqual([[], 'max_time']);
});

test('a fault of our own is not survived, and its reservation is settled', async () => {
  const backend = new ScriptedBackend();
  const { context, state } = means(backend, {
    listen: () => {
      throw new TypeError('a bug');
    },
  });
  await expect(sampleAlone(sampleOf(), context, state)).rejects.toThrow('a bug');
  expect(context.ledger.account().spentTokens).toBe(40);
});

test('a reader who leaves ends the run, whatever the backend says then', async () => {
  const reader = new AbortController();
  const backend = new ScriptedBackend({
    instead: async function* () {
      reader.abort(new Error('left'));
      throw new WinnowError('backend_error', 'It failed.');
      // biome-ignore lint/correctness/noUnreachable: what makes it a generator of lines
      yield undefined as unknown as GenerateLine;
    },
  });
  const { context, state } = means(backend, { signal: reader.signal });
  await expect(sampleAlone(sampleOf(), context, state)).rejects.toThrow('left');
});

test('a backend hears of a reader who leaves', async () => {
  const reader = new AbortController();
  let heard: AbortSignal | undefined;
  const { context, state } = means(
    {
      ...new ScriptedBackend(),
      generate: async function* (_request, signal) {
        heard = signal;
        reader.abort();
        yield* [];
      },
    } as ScriptedBackend,
    { signal: reader.signal },
  );
  await sampleAlone(sampleOf(), context, state).catch(() => {});
  expect(heard?.aborted).toBe(true);
});

test('a candidate that had no room for a token is cut there; it ran no position of its own', async () => {
  const { candidates, account } = await sample((lines) =>
    lines.map((line): GenerateLine => {
      if (line.type === 'done') return { ...line, usage: { ...line.usage, completion_tokens: 0 } };
      if (line.type !== 'candidate') return line;
      return { ...line, text: '', tokens: [], token_count: 0, step_ends: [], finish: 'length' };
    }),
  );
  expect(candidates.map(({ finish, tokenCount }) => [finish, tokenCount])).toEqual(Array(4).fill(['length', 0]));
  expect(account.unique).toBe(10);
});

test('a prefix whose continuation was refused keeps its last token unrun', async () => {
  const backend = new ScriptedBackend({
    ends: 0,
    instead: (request, lines) => {
      if (request.prefixes[0]!.id === '0') return undefined;
      return (async function* () {
        yield* lines.slice(0, 0);
        throw new WinnowError('context_length_exceeded', 'Too long.');
      })();
    },
  });
  const { context, state } = means(backend);
  const [first] = await sampleAlone(sampleOf({ until: 'step', prefixes: [root] }), context, state);
  await sampleAlone(sampleOf({ until: 'step', prefixes: [first!] }), context, state);
  expect(context.ledger.account().unique).toBe(10 + first!.tokenCount - 1);
});
