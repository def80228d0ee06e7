/** Answers that a reward draws to compare with: once in a run, in nobody's place, paid like every token. */
import { expect, test } from 'vitest';
import { rewardConfig } from '../../schemas/config.ts';
import type { Asking, Prefix, Score } from '../../src/operation.ts';
import { root, sample, score } from '../../src/operation.ts';
import { Log } from '../../src/runtime/log.ts';
import { performing } from '../../src/runtime/perform.ts';
import { run } from '../../src/runtime/run.ts';
import { candidate, task } from '../drive.ts';
import { means, rewards, sampleOf, type Wished, writer } from './means.ts';
import { type Behaviour, ScriptedBackend } from './scripted-backend.ts';

const shaped = (by: string, count = 3) =>
  rewardConfig.parse({ kind: 'shaped', reward: 'outcome', shaping: { by, sample: { count } } });
const entries = { ...rewards, par: shaped('par'), centred: shaped('centred'), other: shaped('par', 2) };
const texts = (...given: string[]): Prefix[] => given.map((text, place) => candidate(`0.${place}`, text));

function setUp(asking: Asking<unknown>, { behaviour = {}, log = new Log(), ...wished }: Set = {}) {
  const backend = new ScriptedBackend({ ends: 0.2, ...behaviour });
  const lookup = { backends: {}, policies: { writer }, rewards: entries };
  const { context, state, events } = means(backend, { lookup, ...wished });
  return {
    backend,
    events,
    log,
    state,
    done: run(asking, performing(context, state), log),
    account: () => context.ledger.account(),
  };
}
interface Set extends Wished {
  readonly behaviour?: Behaviour;
  readonly log?: Log;
}

function* oneByOne(names: readonly string[], ...given: string[]): Asking<(readonly Score[])[]> {
  const all: (readonly Score[])[] = [];
  for (const name of names) for (const text of given) all.push(yield* score(name, task.prompt, texts(text)));
  return all;
}

test('candidates that come one after the other are compared with the same answers, which are drawn once', async () => {
  const { backend, done, account, events } = setUp(oneByOne(['par', 'centred'], 'a', 'bb', 'ccc'));
  const scores = (await done) as (readonly Score[])[];
  expect(backend.requests).toHaveLength(1);
  expect(backend.requests[0]).toMatchObject({ model: 'policy', prefixes: [{ id: '0', text: '', count: 3, max_tokens: 40 }] });
  const seen = scores.map(([one]) => one!.detail!.references as number[]);
  expect(seen[0]).toHaveLength(3);
  expect(new Set(seen.map(String)).size).toBe(1); // outcome says the length of a text
  expect(account()).toMatchObject({ referenceTokens: backend.sampled, completionTokens: backend.sampled, candidates: 0 });
  expect(events.filter(({ name }) => name === 'candidate')).toEqual([]);
});

test('whoever writes them is a part of the reward, and is named with it', async () => {
  const { done, state } = setUp(oneByOne(['par'], 'a'));
  await done;
  expect(state.rewardFingerprints.get('par')).toEqual(new Set(['scripted']));
});

test('another number of them is another draw', async () => {
  const { backend, done } = setUp(oneByOne(['par', 'other'], 'a'));
  await done;
  expect(backend.requests.map(({ prefixes }) => prefixes[0]!.count)).toEqual([3, 2]);
});

test('they are others than the candidates of the same numbers: the stream is another', async () => {
  function* both(): Asking<[readonly string[], readonly Score[]]> {
    const written = yield* sample({ ...sampleOf(), count: 3 });
    return [written.map(({ text }) => text), yield* score('par', task.prompt, written)];
  }
  const { backend, done, account } = setUp(both(), { behaviour: { ends: 0.02 } });
  await done;
  const [ours, theirs] = backend.requests;
  expect(theirs!.seed).not.toBe(ours!.seed);
  expect(theirs!.prefixes).toEqual(ours!.prefixes);
  const [candidates, references] = backend.scoreRequests[0]!.candidates.reduce<[string[], string[]]>(
    ([own, drawn], { id, text }) => (id.startsWith('reference') ? [own, [...drawn, text]] : [[...own, text], drawn]),
    [[], []],
  );
  expect(references.length).toBeGreaterThan(0);
  for (const text of references) expect(candidates).not.toContain(text);
  expect(account()).toMatchObject({ candidates: 3 });
});

test('the log holds what was drawn: a replay draws nothing, and what comes after it neither', async () => {
  const first = setUp(oneByOne(['par'], 'a'));
  const [value] = (await first.done) as Score[][];
  const again = setUp(oneByOne(['par'], 'a', 'bb'), { log: new Log(first.log.entries) });
  const [same, more] = (await again.done) as Score[][];
  expect(same).toEqual(value);
  expect(more![0]!.detail!.references).toEqual(value![0]!.detail!.references);
  expect(again.backend.requests).toEqual([]);
});

test('of what the budget leaves: one that is cut is no reference, and without a whole one there is no score', async () => {
  const behaviour = { tokens: (_: string, place: number) => (place < 9 ? 1 : 0) }; // ten tokens, the last one ends it
  const some = setUp(oneByOne(['par'], 'a'), { behaviour, maxTokens: 15 });
  const [[scored]] = (await some.done) as [[Score]];
  expect(scored).toMatchObject({ ok: true, detail: { references: [9] } });
  expect(some.account().spentTokens).toBeLessThanOrEqual(15);
  const none = setUp(oneByOne(['par'], 'a', 'b'), { behaviour, maxTokens: 3 });
  for (const [failed] of (await none.done) as Score[][])
    expect(failed).toMatchObject({ ok: false, reason: 'no_reference_score', detail: { references: [] } });
  expect(none.state.stop).toBe('max_tokens');
});

test('a backend that fails leaves nothing to compare with, and the run goes on', async () => {
  async function* broken(): AsyncGenerator<never> {
    yield* [];
    throw new (await import('../../schemas/errors.ts')).WinnowError('backend_error', 'It broke.');
  }
  const { done, state } = setUp(oneByOne(['par'], 'a'), { behaviour: { instead: broken } });
  expect(await done).toMatchObject([[{ ok: false, reason: 'no_reference_score' }]]);
  expect(state.failure?.message).toBe('It broke.');
});

test('the prompt is the root, and whoever is compared is no reference', async () => {
  const { done, backend } = setUp(oneByOne(['par'], 'a'));
  await done;
  expect(root.id).toBe(backend.requests[0]!.prefixes[0]!.id);
  expect(backend.scoreRequests[0]!.candidates.map(({ id }) => id)).toEqual(['reference.0', 'reference.1', 'reference.2', '0.0']);
});
