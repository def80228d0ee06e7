/** What is true of all searches with a tree of steps, by scripts and over random worlds. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Candidate, Note, Result, SampleOperation, ScoreOperation } from '../../src/operation.ts';
import { strategyNamed } from '../../src/strategies/registry.ts';
import type { Node } from '../../src/strategies/tree.ts';
import { tries, upperBound } from '../../src/strategies/tree.ts';
import { searchByPaths } from '../../src/strategies/tree-paths.ts';
import { TreeSearch } from '../../src/strategies/tree-search.ts';
import { candidate, drive, sampled, scores, task } from '../drive.ts';
import type { Climate } from '../laws/random-world.ts';
import { world } from '../laws/random-world.ts';

const searches = ['uct', 'puct', 'mcts', 'best_first'].map((name) => strategyNamed(name)!);
const step = (id: string, text = `${id}\n`, more: Partial<Candidate> = {}) =>
  candidate(id, text, { finish: 'step', written: text, ...more });
const ended = (id: string) => candidate(id, `${id} end`, { written: 'end' });

test.each(searches)(
  '$name: a prefix whose score failed is not written on, and is dropped, not worth 0 (methods 0.2)',
  ({ start }) => {
    const { notes } = drive(start(task, { iterations: 1, parallel: 1 }), [
      sampled(step('0.0')),
      scores('failed'),
      sampled(ended('0.0.0')), // where nothing else is there, it is better than the prompt
      scores('failed'),
    ]);
    expect(notes).toEqual([
      { type: 'prune', id: '0.0', reason: 'score_failed' },
      { type: 'round', round: 0, kept: ['0'] },
    ]);
  },
);

test.each(searches)('$name: an answer whose score failed still competes; it is no node', ({ start }) => {
  const { notes, value } = drive(start(task, { iterations: 1, parallel: 1 }), [sampled(ended('0.0')), scores('failed')]);
  expect(value.pool.map(({ id }) => id)).toEqual(['0.0']);
  expect(notes).toEqual([{ type: 'round', round: 0, kept: ['0'] }]);
});

test.each(searches)('$name: where every first step is a dead end, the prompt is written on again (methods C.0)', ({ start }) => {
  const dead = step('0.0', '\n', { written: '\n' });
  const { asked } = drive(start(task, { iterations: 2, parallel: 1 }), [sampled(dead), sampled(ended('0.4')), scores(0.1)]);
  const [first, second] = asked;
  if (first?.kind !== 'sample' || second?.kind !== 'sample') throw new Error('Both are samples.');
  expect(second).toMatchObject({ prefixes: [{ id: '0' }], firstChild: first.count, until: 'step', finishing: false });
});

test.each(searches)('$name: answers of equal text are one node, but each of them is a vote (methods C.0)', ({ start }) => {
  const same = { text: 'same' };
  const { notes, value } = drive(start(task, { iterations: 1, parallel: 1 }), [
    sampled(ended('0.0'), { ...ended('0.1'), ...same }, { ...ended('0.2'), ...same }),
    scores(0.1, 0.2, 0.2), // all three are asked for: the interpreter scores a text once
  ]);
  expect(value.pool.map(({ id }) => id)).toEqual(['0.0', '0.1', '0.2']);
  expect(notes.filter(({ type }) => type === 'prune')).toEqual([]);
});

test.each(searches)('$name: open prefixes of equal text are one node, the first of them (methods C.0)', ({ start }) => {
  const first = [step('0.0', 'same\n'), step('0.1', 'same\n'), ended('0.2')];
  const { asked, notes } = runScript(start(task, { iterations: 3, parallel: 3 }), first, [0.5, 0.5, 0.1]);
  expect(notes).toContainEqual({ type: 'prune', id: '0.1', reason: 'duplicate' });
  expect(asked.flatMap(({ prefixes }) => prefixes.map(({ id }) => id))).not.toContain('0.1');
});

test.each(searches)('$name: a path has no more than max_steps steps, but for the completion of the best one', ({ start }) => {
  const { asked } = runIn({ seed: 4, ends: 0 }, start(task, { max_steps: 3, iterations: 100 }));
  const deepest = asked.filter(({ until, sampling }) => until === 'step' && sampling.temperature > 0);
  expect(Math.max(...deepest.flatMap(({ prefixes }) => prefixes.map(({ id }) => id.split('.').length)))).toBe(3);
});

test.each(searches)(
  '$name: a round is one sample of no more than `parallel` leaves, and no search spends more than its iterations',
  ({ start }) => {
    fc.assert(
      fc.property(climates, fc.integer({ min: 1, max: 32 }), fc.integer({ min: 1, max: 40 }), (climate, parallel, iterations) => {
        const { asked } = runIn(climate, start(task, { parallel, iterations }));
        const rounds = asked.filter(({ until, sampling }) => until === 'step' && sampling.temperature > 0);
        for (const { prefixes } of rounds) expect(prefixes.length).toBeLessThanOrEqual(parallel);
        expect(rounds.reduce((sum, { prefixes }) => sum + prefixes.length, 0)).toBeLessThanOrEqual(iterations);
      }),
      { numRuns: 50 },
    );
  },
);

const climates = fc.record({
  seed: fc.integer(),
  failures: fc.constantFrom(0, 0.2, 0.9),
  ends: fc.constantFrom(0, 0.1, 0.5, 1),
  missing: fc.constantFrom(0, 0.3),
});

test.each(searches)('$name: no prefix is written on twice, but for the prompt while nothing came of it', ({ start }) => {
  fc.assert(
    fc.property(climates, (climate) => {
      const { asked } = runIn(climate, start(task, { iterations: 30 }));
      const expanded = asked
        .filter(({ until, sampling }) => until === 'step' && sampling.temperature > 0)
        .flatMap(({ prefixes }) => prefixes.map(({ text }) => text))
        .filter((text, place, all) => place === 0 || text !== '' || all[place - 1] !== '');
      expect(new Set(expanded).size).toBe(expanded.length);
    }),
    { numRuns: 50 },
  );
});

test.each(searches.filter(({ name }) => name !== 'best_first'))(
  '$name: values that are told are from 0 to 1, and visits only grow',
  ({ start }) => {
    fc.assert(
      fc.property(climates, (climate) => {
        const { notes } = runIn(climate, start(task, { iterations: 30 }));
        const told = new Map<string, number>();
        for (const note of notes) {
          if (note.type !== 'value') continue;
          expect(note.value).toBeGreaterThanOrEqual(0);
          expect(note.value).toBeLessThanOrEqual(1);
          expect(note.visits).toBeGreaterThan(told.get(note.id) ?? 0);
          told.set(note.id, note.visits);
        }
      }),
      { numRuns: 50 },
    );
  },
);

test.each(['uct', 'puct'])('%s: a node is visited by the paths that pass it and by those that end there, one at most', (name) => {
  fc.assert(
    fc.property(climates, (climate) => {
      const { notes } = runIn(climate, strategyNamed(name)!.start(task, { iterations: 30 }));
      const visits = finalVisits(notes);
      for (const [id, count] of visits) expect([0, 1]).toContain(count - visitsBelow(id, visits));
    }),
    { numRuns: 50 },
  );
});

const finalVisits = (notes: readonly Note[]) =>
  new Map(notes.flatMap((note) => (note.type === 'value' ? [[note.id, note.visits] as const] : [])));

const visitsBelow = (id: string, visits: ReadonlyMap<string, number>): number =>
  [...visits].reduce((sum, [child, count]) => sum + (child.slice(0, child.lastIndexOf('.')) === id ? count : 0), 0);

const sizes = fc.record({ parallel: fc.integer({ min: 1, max: 8 }), iterations: fc.integer({ min: 1, max: 60 }) });

test('after a search nothing is in flight, whatever ended it (methods C.7)', () => {
  fc.assert(
    fc.property(climates, sizes, fc.option(fc.double({ min: 0, max: 1, noNaN: true })), (climate, size, accepted) => {
      const { parallel, iterations } = size;
      const accept = accepted ?? undefined;
      const search = new TreeSearch(task, { iterations, parallel, max_steps: 40 });
      const worth = (child: Node, parent: Node) => (tries(child) === 0 ? Number.POSITIVE_INFINITY : upperBound(child, parent, 1));
      runIn(climate, searchByPaths(search, { branch: 3, accept }, worth));
      const nodes = [search.tree.root, ...search.tree.nodes];
      expect(nodes.map(({ inFlight }) => inFlight)).toEqual(nodes.map(() => 0));
    }),
    { numRuns: 100 },
  );
});

/** Runs a search whose first sample is `first` with these scores, and whose others are empty. */
function runScript(search: Search, first: readonly Candidate[], values: readonly number[]) {
  let samples = 0;
  return run(search, ({ kind }) => {
    if (kind === 'score') return scores(...values);
    return samples++ === 0 ? sampled(...first) : sampled();
  });
}

type Search = ReturnType<(typeof searches)[number]['start']>;

/** Runs a search in a random world. */
const runIn = (climate: Climate, search: Search) => run(search, world(climate).answer);

function run(search: Search, answer: (operation: SampleOperation | ScoreOperation) => Result) {
  const asked: SampleOperation[] = [];
  const notes: Note[] = [];
  let turn = search.next();
  while (!turn.done) {
    const operation = turn.value;
    if (operation.kind === 'sample') asked.push(operation);
    if (operation.kind === 'note') notes.push(operation.note);
    if (operation.kind === 'read' || operation.kind === 'together') throw new Error(`A strategy asked for ${operation.kind}.`);
    turn = search.next(operation.kind === 'note' ? { kind: 'note' } : answer(operation));
  }
  return { asked, notes, value: turn.value };
}
