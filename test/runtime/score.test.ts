import { expect, test } from 'vitest';
import type { ScoreResponse } from '../../schemas/backend.ts';
import { rewardConfig } from '../../schemas/config.ts';
import { WinnowError } from '../../schemas/errors.ts';
import type { Prefix, ScoreOperation } from '../../src/operation.ts';
import { Deadline } from '../../src/runtime/deadline.ts';
import { Log } from '../../src/runtime/log.ts';
import { performing } from '../../src/runtime/perform.ts';
import { run } from '../../src/runtime/run.ts';
import { scoring } from '../../src/runtime/score.ts';
import { candidate, task } from '../drive.ts';
import type { Wished } from './means.ts';
import { means, rewards } from './means.ts';
import type { Behaviour } from './scripted-backend.ts';
import { ScriptedBackend } from './scripted-backend.ts';

const texts = (...given: string[]): Prefix[] => given.map((text, place) => candidate(`0.${place}`, text));
const scoreOf = (candidates: readonly Prefix[], reward = 'outcome'): ScoreOperation => ({
  kind: 'score',
  reward,
  prompt: task.prompt,
  candidates,
});

function setUp(behaviour: Behaviour = {}, wished: Wished = {}) {
  const backend = new ScriptedBackend(behaviour);
  const { context, state, events } = means(backend, wished);
  const score = (operation: ScoreOperation) =>
    run(scoring(operation, context, state, { replaying: () => false, nested: false }), performing(context, state), new Log());
  return { backend, context, state, events, score, account: () => context.ledger.account().rewards };
}

const usage = { calls: 1, candidates: 2, tokens: 9 };
const answering = (scores: readonly unknown[]): Behaviour => ({ score: () => ({ scores, usage }) as ScoreResponse });
const logit = (id: string, value: number) => ({ id, ok: true, value, tokens: 3 });

test('equal texts are scored once, and each candidate has the score (methods A.1)', async () => {
  const { backend, score, events, account } = setUp();
  const values = await score(scoreOf(texts('aa', 'b', 'aa')));
  expect(values).toEqual([
    { ok: true, value: 2 },
    { ok: true, value: 1 },
    { ok: true, value: 2 },
  ]);
  expect(backend.scoreRequests).toMatchObject([{ model: 'outcome', candidates: [{ text: 'aa' }, { text: 'b' }] }]);
  expect(events.map(({ data }) => data)).toEqual([
    { id: '0.0', reward: 'outcome', ok: true, value: 2 },
    { id: '0.1', reward: 'outcome', ok: true, value: 1 },
    { id: '0.2', reward: 'outcome', ok: true, value: 2 },
  ]);
  expect(account()).toEqual({ outcome: { calls: 1, candidates: 2, tokens: 3 } });
});

test('a text is not scored again in this run, unless the prompt or the reward is another', async () => {
  const { backend, score } = setUp();
  await score(scoreOf(texts('a', 'b')));
  await score(scoreOf(texts('b', 'c')));
  expect(backend.scoreRequests.map(({ candidates }) => candidates.map(({ text }) => text))).toEqual([['a', 'b'], ['c']]);
  await score(scoreOf(texts('a')));
  expect(backend.scoreRequests).toHaveLength(2);
  await score({ ...scoreOf(texts('a')), prompt: { text: 'another' } });
  await score(scoreOf(texts('a'), 'process'));
  expect(backend.scoreRequests).toHaveLength(4);
});

test('a process reward is handed the steps, and its step scores are kept beside the reduced one', async () => {
  const { backend, score, events } = setUp();
  const [value] = await score(scoreOf(texts('ab\nc'), 'process'));
  expect(backend.scoreRequests[0]!.candidates).toEqual([{ id: '0.0', text: 'ab\nc', steps: ['ab\n', 'c'] }]);
  expect(value).toEqual({ ok: true, value: 0.25, steps: [0.75, 0.25] });
  expect(events[0]!.data).toEqual({ id: '0.0', reward: 'process', ok: true, value: 0.25, steps: [0.75, 0.25] });
});

test('the reduction of the request wins over the config’s', async () => {
  const { score } = setUp({}, { rewardOptions: { process: { reduction: 'min' } } });
  expect(await score(scoreOf(texts('a\nbbb'), 'process'))).toMatchObject([{ value: 0.4 }]);
});

test('a step without a number fails its candidate, or with `skip` is left out (methods B.7)', async () => {
  const failed = { id: '0.0', ok: false, reason: 'The reward model gave NaN.', steps: [0.9, null, 0.2] };
  const given = answering([failed]);
  const candidates = scoreOf(texts('a\nb\nc'), 'process');
  expect(await setUp(given).score(candidates)).toEqual([{ ok: false, reason: 'The reward model gave NaN.' }]);
  const skipping = setUp(given, { rewardOptions: { process: { step_invalid: 'skip', reduction: 'mean' } } });
  const skipped = { ok: true, value: 0.55, steps: [0.9, null, 0.2], detail: { skipped_steps: [1] } };
  expect(await skipping.score(candidates)).toEqual([skipped]);
  expect(skipping.events[0]!.data).toEqual({ id: '0.0', reward: 'process', ok: true, value: 0.55, steps: [0.9, null, 0.2] });
  const without = setUp(answering([{ ...failed, steps: undefined }]), { rewardOptions: { process: { step_invalid: 'skip' } } });
  expect(await without.score(candidates)).toEqual([{ ok: false, reason: 'The reward model gave NaN.' }]);
});

test('what answered for a reward is remembered by its name', async () => {
  let asked = 0;
  const { score, state } = setUp({
    score: ({ candidates }) => {
      const scores = candidates.map(({ id }) => logit(id, 1));
      return { scores, usage, fingerprint: asked++ < 2 ? 'first' : 'second' } as ScoreResponse;
    },
  });
  await score(scoreOf(texts('a')));
  await score(scoreOf(texts('a'), 'process'));
  await score(scoreOf(texts('b'))); // the model was replaced
  expect(Object.fromEntries(state.rewardFingerprints)).toEqual({
    outcome: new Set(['first', 'second']),
    process: new Set(['first']),
  });
  expect(state.fingerprints.size).toBe(0); // those are of policies
});

test('a reward may be named like a member of every object', async () => {
  const { score } = setUp({}, { lookup: { backends: {}, policies: {}, rewards: { constructor: rewards.process! } as never } });
  expect(await score(scoreOf(texts('a'), 'constructor'))).toMatchObject([{ ok: true, value: 1 }]);
});

test('logits of a process model go through the sigmoid before they are reduced', async () => {
  const process = rewardConfig.parse({ kind: 'process', backend: 'local', model: 'process', output: 'logit' });
  const raw = { id: '0.0', ok: true, value: 0, steps: [0, -800, 800], tokens: 1 };
  const { score } = setUp(answering([raw]), { lookup: { backends: {}, policies: {}, rewards: { process } } });
  expect(await score(scoreOf(texts('a\nb\nc'), 'process'))).toEqual([{ ok: true, value: 1, steps: [0.5, 0, 1] }]);
});

test.each([
  { name: 'a refusal of one text', raw: { id: '0.0', ok: false, reason: 'too_long' }, reason: 'too_long' },
  { name: 'a number that is none', raw: logit('0.0', Number.NaN), reason: 'not_finite' },
  { name: 'an infinite one', raw: logit('0.0', Number.NEGATIVE_INFINITY), reason: 'not_finite' },
])('$name is a failure with its reason, never a zero; it is asked again when it comes again', async ({ raw, reason }) => {
  const { backend, score, events } = setUp(answering([raw, logit('0.1', 1)]));
  expect(await score(scoreOf(texts('a', 'b')))).toEqual([
    { ok: false, reason },
    { ok: true, value: 1 },
  ]);
  expect(events[0]!.data).toEqual({ id: '0.0', reward: 'outcome', ok: false, reason });
  await score(scoreOf(texts('a', 'b'))).catch(() => {});
  expect(backend.scoreRequests[1]!.candidates).toEqual([{ id: '0.0', text: 'a' }]);
});

test.each([{ count: 1 }, { count: 3 }])(
  '$count scores for 2 texts: none can be trusted to be its candidate’s (methods N)',
  async ({ count }) => {
    const scores = Array.from({ length: count }, (_, place) => logit(`0.${place}`, place));
    const { score, state, account } = setUp(answering(scores));
    expect(await score(scoreOf(texts('a', 'b')))).toEqual(Array(2).fill({ ok: false, reason: 'backend_error' }));
    expect(state.failure).toMatchObject({ code: 'backend_error', message: expect.stringContaining(`${count} scores for 2`) });
    expect(state.scores.size).toBe(0);
    expect(account()).toEqual({ outcome: usage });
  },
);

const failing = (code: 'backend_error' | 'backend_unreachable' | 'deadline_exceeded'): Behaviour => ({
  score: async () => {
    throw new WinnowError(code, 'It failed.', { mayHaveSpent: code !== 'backend_unreachable' });
  },
});

test('a call that fails leaves its candidates without a score, with the reason; the run goes on', async () => {
  const { score, state, account } = setUp(failing('backend_error'));
  expect(await score(scoreOf(texts('a', 'b')))).toEqual(Array(2).fill({ ok: false, reason: 'backend_error' }));
  expect(state.failure).toMatchObject({ code: 'backend_error' });
  expect(account()).toEqual({ outcome: { calls: 1, candidates: 0, tokens: null } }); // what it read is unknown
});

test('a call that was refused read nothing', async () => {
  const { score, account } = setUp(failing('backend_unreachable'));
  await score(scoreOf(texts('a')));
  expect(account()).toEqual({ outcome: { calls: 1, candidates: 0, tokens: 0 } });
});

test.each([
  { name: 'no time is left for it', behaviour: {}, elapsed: 1000, calls: 0 },
  { name: 'it was aborted for time', behaviour: failing('deadline_exceeded'), elapsed: 0, calls: 1 },
])('where $name the scores fail by the deadline, and the run stops for time', async ({ behaviour, elapsed, calls }) => {
  const { score, state, backend } = setUp(behaviour, { deadline: new Deadline(() => elapsed, 0, 1000) });
  expect(await score(scoreOf(texts('a')))).toEqual([{ ok: false, reason: 'deadline_exceeded' }]);
  expect(backend.scoreRequests).toHaveLength(calls);
  expect(state.stop).toBe('max_time');
});

test('a reader who leaves ends the run', async () => {
  const reader = new AbortController();
  const leaving: Behaviour = {
    score: async () => {
      reader.abort(new Error('left'));
      throw new WinnowError('deadline_exceeded', 'It failed.');
    },
  };
  const { score } = setUp(leaving, { signal: reader.signal });
  await expect(score(scoreOf(texts('a')))).rejects.toThrow('left');
});

test('a fault of our own is not survived', async () => {
  const { score } = setUp({
    score: () => {
      throw new TypeError('a bug');
    },
  });
  await expect(score(scoreOf(texts('a')))).rejects.toThrow('a bug');
});
