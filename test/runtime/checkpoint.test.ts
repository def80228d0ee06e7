/** A sample that pauses at a checkpoint: what waits there is no answer, and goes on as a prefix. */
import { expect, test } from 'vitest';
import { root } from '../../src/operation.ts';
import { means, sampleAlone, sampleOf } from './means.ts';
import type { Behaviour } from './scripted-backend.ts';
import { ScriptedBackend, vocabulary } from './scripted-backend.ts';

const A = vocabulary.indexOf('a');
const END = vocabulary.indexOf('');

/** Of two candidates 0.0 ends after three tokens; 0.1 goes on. */
const tokens = (id: string, place: number) => (id === '0.0' && place === 3 ? END : A);

function begin(behaviour: Behaviour = { tokens }, maxCandidates = 256, maxTokens = 65_536) {
  const backend = new ScriptedBackend(behaviour);
  return { backend, ...means(backend, { maxCandidates, maxTokens, tellPieces: true }) };
}

test('what has not ended waits with so many tokens; it is not told, not numbered, and counts as no candidate', async () => {
  const { context, state, events, backend } = begin();
  const [short, long] = await sampleAlone(sampleOf({ count: 2, checkpoint: 10 }), context, state);
  expect(short).toMatchObject({ id: '0.0', text: 'aaa', finish: 'stop' });
  expect(long).toMatchObject({ id: '0.1', text: 'a'.repeat(10), tokenCount: 10, finish: 'step' });
  expect([...state.indexes]).toEqual([['0.0', 0]]);
  expect(context.ledger.account().candidates).toBe(1);
  expect(events).toMatchObject([{ name: 'candidate', data: { id: '0.0', index: 0 } }]); // and no piece of any
  expect(backend.requests).toMatchObject([{ until: 'end', prefixes: [{ max_tokens: 10 }] }]);
});

test('it goes on to its end as the prefix that it is, and is then one answer', async () => {
  const { context, state } = begin();
  const [, long] = await sampleAlone(sampleOf({ count: 2, checkpoint: 10 }), context, state);
  const [longer] = await sampleAlone(sampleOf({ prefixes: [long!], checkpoint: 25 }), context, state);
  expect(longer).toMatchObject({ id: '0.1.0', parent: '0.1', tokenCount: 25, written: 'a'.repeat(15), finish: 'step' });
  const [whole] = await sampleAlone(sampleOf({ prefixes: [longer!] }), context, state);
  expect(whole).toMatchObject({ id: '0.1.0.0', text: 'a'.repeat(40), tokenCount: 40, finish: 'length' });
  expect([...state.indexes.values()]).toEqual([0, 1]);
  expect(context.ledger.account()).toMatchObject({ candidates: 2, completionTokens: 44 }); // 0.0 has sampled its end
  expect(context.ledger.wasted(['0.0', '0.1.0.0'])).toBe(0);
});

test.each([40, 41])('with all its tokens it is an answer that was cut, whatever the checkpoint: %i of 40', async (checkpoint) => {
  const { context, state } = begin({ tokens: () => A });
  const [full] = await sampleAlone(sampleOf({ checkpoint }), context, state);
  expect(full).toMatchObject({ tokenCount: 40, finish: 'length' });
  expect(context.ledger.account().candidates).toBe(1);
});

test('one that the budget cut before the checkpoint says so', async () => {
  const { context, state } = begin({ tokens: () => A }, 256, 6);
  const [cut] = await sampleAlone(sampleOf({ checkpoint: 10 }), context, state);
  expect(cut).toMatchObject({ tokenCount: 6, finish: 'budget' });
  expect([state.stop, context.ledger.account().candidates]).toEqual(['max_tokens', 0]);
});

test('more may be begun than may end; those that end beyond `max_candidates` are dropped', async () => {
  const waiting = begin({ tokens: () => A }, 1);
  expect(await sampleAlone(sampleOf({ count: 3, checkpoint: 10 }), waiting.context, waiting.state)).toHaveLength(3);
  expect(waiting.state.stop).toBeUndefined();
  const ended = begin({ tokens: (_, place) => (place === 3 ? END : A) }, 1);
  expect(await sampleAlone(sampleOf({ count: 3, checkpoint: 10 }), ended.context, ended.state)).toHaveLength(1);
  expect(ended.state.stop).toBe('max_candidates');
});

test('those that end are numbered by planned id, whatever comes first', async () => {
  const { context, state } = begin({ tokens: (_, place) => (place === 3 ? END : A), shuffle: 3 });
  const ended = await sampleAlone(sampleOf({ count: 6, checkpoint: 10 }), context, state);
  expect([...state.indexes]).toEqual(ended.map(({ id }, place) => [id, place]));
});

test('nothing is asked of a prefix that has as many tokens as the checkpoint', async () => {
  const { context, state, backend } = begin();
  const [, long] = await sampleAlone(sampleOf({ count: 2, checkpoint: 10 }), context, state);
  expect(await sampleAlone(sampleOf({ prefixes: [long!], checkpoint: 10 }), context, state)).toEqual([]);
  expect(backend.requests).toHaveLength(1);
});

test('each prefix may have a checkpoint of its own: one token more of each of them', async () => {
  const { context, state, backend } = begin({ tokens: () => A });
  const [short, long] = await sampleAlone(
    sampleOf({ prefixes: [root, root], firstChild: [0, 1], checkpoint: [3, 10] }),
    context,
    state,
  );
  expect([short, long].map((one) => [one!.id, one!.tokenCount, one!.finish])).toEqual([
    ['0.0', 3, 'step'],
    ['0.1', 10, 'step'],
  ]);
  const more = await sampleAlone(sampleOf({ prefixes: [short!, long!], count: 2, checkpoint: [4, 11] }), context, state);
  expect(more.map(({ id, tokenCount, finish }) => [id, tokenCount, finish])).toEqual([
    ['0.0.0', 4, 'step'],
    ['0.0.1', 4, 'step'],
    ['0.1.0', 11, 'step'],
    ['0.1.1', 11, 'step'],
  ]);
  expect(backend.requests.at(-1)!.prefixes.map(({ count, max_tokens }) => [count, max_tokens])).toEqual([
    [2, 1],
    [2, 1],
  ]);
});
