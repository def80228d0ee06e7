/** Answers told as they are written, over waves, stop strings and failures. */
import { expect, test } from 'vitest';
import type { GenerateLine } from '../../schemas/backend.ts';
import { WinnowError } from '../../schemas/errors.ts';
import type { PieceEvent, ProgressEvent } from '../../schemas/events.ts';
import type { Candidate, SampleOperation } from '../../src/operation.ts';
import type { Wished } from './means.ts';
import { means, sampleAlone, sampleOf } from './means.ts';
import { type Behaviour, ScriptedBackend } from './scripted-backend.ts';

async function sample(operation: SampleOperation, behaviour: Behaviour = {}, wished: Wished = {}) {
  const backend = new ScriptedBackend(behaviour);
  const { context, state, events } = means(backend, { tellPieces: true, ...wished });
  return { candidates: await sampleAlone(operation, context, state), events, backend, state };
}

const piecesOf = (events: readonly ProgressEvent[], id: string): PieceEvent[] =>
  events.flatMap((event) => (event.name === 'piece' && event.data.id === id ? [event.data] : []));
const told = (events: readonly ProgressEvent[], id: string): string =>
  piecesOf(events, id)
    .map(({ text }) => text)
    .join('');
const all = (candidates: readonly Candidate[]) => candidates.map(({ id, text }) => ({ id, text }));

test.each([
  { name: 'one wave', maxTokens: 65_536 },
  { name: 'a tight budget', maxTokens: 90 },
  { name: 'a very tight one', maxTokens: 30 },
])('pieces join to the answers of the same seed: $name', async ({ maxTokens }) => {
  let waves = 0;
  let cut = 0;
  for (let seed = 0; seed < 300; seed++) {
    const stops = [[], ['b\nb'], ['\n', 'aab'], ['ab.', 'ba', '\n\n\n']][seed % 4]!;
    const base = sampleOf({ count: [1, 4][seed % 2]! });
    const operation = { ...base, topLogprobs: 0, sampling: { ...base.sampling, stop: stops } };
    const { candidates, events, backend } = await sample(operation, {}, { maxTokens, seed });
    const plain = await sample(operation, {}, { maxTokens, seed, tellPieces: false });
    expect(all(candidates)).toEqual(all(plain.candidates));
    expect(plain.events).toEqual(events.filter(({ name }) => name !== 'piece'));
    expect(plain.backend.requests.some(({ pieces }) => pieces)).toBe(false);
    waves = Math.max(waves, backend.requests.length);
    for (const { id, text, logprobs = [], finish } of candidates) {
      const pieces = piecesOf(events, id);
      expect(told(events, id)).toBe(text);
      expect(pieces.flatMap((piece) => piece.logprobs)).toEqual(logprobs);
      expect(new Set(pieces.map(({ index }) => index)).size).toBeLessThanOrEqual(1);
      const end = events.findIndex(({ name, data }) => name === 'candidate' && 'id' in data && data.id === id);
      expect(events.slice(end).some(({ name, data }) => name === 'piece' && 'id' in data && data.id === id)).toBe(false);
      cut += Number(finish === 'budget');
    }
  }
  if (maxTokens > 1000) return expect(waves).toBe(1);
  expect(waves).toBeGreaterThan(2);
  expect(cut).toBeGreaterThan(0);
});

test('a stop string across a border of waves is not told, though each of its halves came as certain', async () => {
  const written = [1, 1, 1, 2, 1, 5, 1]; // aaaba | .a
  const base = sampleOf({ count: 2 });
  const { candidates, events, backend } = await sample(
    { ...base, sampling: { ...base.sampling, stop: ['ba.'] } },
    { tokens: (id, place) => (id === '0.0' ? written[place]! : 0) },
    { maxTokens: 10, policy: { typical_tokens: 5 } },
  );
  expect(backend.requests.map(({ prefixes }) => prefixes[0]!.text)).toEqual(['', 'aaaba']);
  expect(candidates[0]).toMatchObject({ text: 'aaa', finish: 'stop' });
  expect(told(events, '0.0')).toBe('aaa');
});

test('pieces are told while the call is under way, the index of each answer with them', async () => {
  const seen: string[] = [];
  const { events } = await sample(sampleOf({ count: 3 }), {
    tokens: (_, place) => (place < 6 ? 1 : 0),
    instead: (_, lines) =>
      (async function* () {
        for (const line of lines) {
          seen.push(line.type);
          yield line;
        }
      })(),
  });
  expect(seen.indexOf('piece')).toBe(0);
  const names = events.map(({ name }) => name);
  expect(names.indexOf('piece')).toBe(0);
  expect(names.filter((name) => name === 'candidate')).toHaveLength(3);
  expect(new Set(events.map(({ data }) => (data as PieceEvent).index))).toEqual(new Set([0, 1, 2]));
});

test('a backend that tells no pieces has its answers told whole, as they end', async () => {
  const { candidates, events } = await sample(sampleOf({ count: 2 }), {
    instead: (_, lines) =>
      (async function* () {
        yield* lines.filter(({ type }) => type !== 'piece');
      })(),
  });
  for (const { id, text } of candidates) expect(piecesOf(events, id)).toMatchObject(text === '' ? [] : [{ text }]);
});

test('steps and critics are not told', async () => {
  for (const more of [{ until: 'step' }, { role: 'critic' }, { role: 'judge' }] as const) {
    const { events, backend } = await sample(sampleOf(more));
    expect(events.filter(({ name }) => name === 'piece')).toEqual([]);
    expect(backend.requests.some(({ pieces }) => pieces)).toBe(false);
  }
});

const broken = (count: number, failure: unknown) => (_: unknown, lines: readonly GenerateLine[]) =>
  (async function* () {
    yield* lines.slice(0, count);
    throw failure;
  })();

test('a call that breaks off after pieces is the failure of its answers; nothing is taken back', async () => {
  const failure = new WinnowError('backend_error', 'broke off', { mayHaveSpent: true });
  const { candidates, events, state } = await sample(sampleOf(), { tokens: () => 1, instead: broken(3, failure) });
  expect(candidates).toMatchObject([{ finish: 'error', reason: 'backend_error' }]);
  expect(told(events, '0.0')).toBe('aaaaaa'); // pieces of one, two and three tokens
  expect(events.some(({ name }) => name === 'candidate')).toBe(false);
  expect(state.stop).toBe('backend_failed');
});

test('a second wave that breaks off leaves what the first wrote, which is told with its end', async () => {
  const failure = new WinnowError('backend_error', 'broke off', { mayHaveSpent: true });
  let calls = 0;
  const { candidates, events } = await sample(
    sampleOf({ count: 2 }),
    {
      tokens: (id) => (id === '0.0' ? 1 : 0),
      instead: (request, lines) => (calls++ === 0 ? undefined : broken(2, failure)(request, lines)),
    },
    { maxTokens: 40 },
  );
  expect(calls).toBe(2);
  expect(candidates).toMatchObject([{ finish: 'budget' }, { finish: 'stop' }]);
  const text = told(events, '0.0');
  expect(text.startsWith(candidates[0]!.text)).toBe(true);
  expect(text.length).toBeGreaterThan(candidates[0]!.text.length);
  expect(events.at(-1)).toMatchObject({ name: 'candidate', data: { finish_reason: 'budget' } });
});

test('an answer that is another than the one that was told is a failure of the backend', async () => {
  const { candidates, events } = await sample(sampleOf({ count: 2 }), {
    tokens: (_, place) => (place < 9 ? 1 : 0),
    instead: (_, lines) =>
      (async function* () {
        for (const line of lines) yield line.type === 'candidate' && line.id === '0.0' ? { ...line, text: 'other' } : line;
      })(),
  });
  expect(candidates).toMatchObject([{ finish: 'error', reason: 'backend_error' }, { finish: 'stop' }]);
  expect(events.filter(({ name }) => name === 'candidate')).toHaveLength(1);
});

test('pieces of an answer that nobody asked for, or that has ended, are not told', async () => {
  const { events } = await sample(sampleOf(), {
    tokens: (_, place) => (place < 4 ? 1 : 0),
    instead: (_, lines) =>
      (async function* () {
        yield { type: 'piece' as const, id: '0.7', at: 0, token_count: 1, text: 'x' };
        yield* lines.slice(0, -1);
        yield { type: 'piece' as const, id: '0.0', at: 5, token_count: 1, text: 'x' };
        yield lines.at(-1)!;
      })(),
  });
  expect(events.flatMap(({ name, data }) => (name === 'piece' ? [data.text] : [])).join('')).toBe('aaaa');
});
