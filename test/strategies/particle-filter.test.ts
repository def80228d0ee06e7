import { expect, test } from 'vitest';
import type { Candidate } from '../../src/operation.ts';
import { entropicParticleFilter } from '../../src/strategies/entropic-particle-filter.ts';
import { particleFilter } from '../../src/strategies/particle-filter.ts';
import { candidate, drive, sampled, scores, task } from '../drive.ts';

const options = particleFilter.options.parse({ particles: 4 });
const step = (id: string, more: Partial<Candidate> = {}) =>
  candidate(id, `${id}\n`, { finish: 'step', written: `${id}\n`, ...more });
const ended = (id: string) => candidate(id, `${id} end`, { written: 'end' });
const ids = (candidates: readonly { readonly id: string }[]) => candidates.map(({ id }) => id);
const four = sampled(step('0.0'), step('0.1'), step('0.2'), step('0.3'));

test('even weights are not resampled: each particle is written on once', () => {
  const { asked } = drive(particleFilter.run(task, options), [four, scores(0.6, 0.4, 0.8, 0.5), sampled(), sampled()]);
  expect(asked[0]).toMatchObject({ prefixes: [{ id: '0' }], count: 4 });
  expect(asked[2]).toMatchObject({ prefixes: [{ id: '0.0' }, { id: '0.1' }, { id: '0.2' }, { id: '0.3' }], count: 1 });
});

test('uneven weights are: copies of one prefix are several new steps of it, in one sample', () => {
  const { asked, notes } = drive(particleFilter.run(task, options), [four, scores(1, 0.01, 0.01, 0.01), sampled(), sampled()]);
  const second = asked[2];
  if (second?.kind !== 'sample') throw new Error('It samples.');
  expect(second.prefixes[0]).toMatchObject({ id: '0.0' });
  const counts = typeof second.count === 'number' ? second.prefixes.map(() => second.count as number) : [...second.count];
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(4);
  expect(counts[0]).toBeGreaterThanOrEqual(3);
  expect(notes).toContainEqual(expect.objectContaining({ type: 'round', round: 0 }));
});

test('1 resamples always, 0 never (methods C.5)', () => {
  const run = (threshold: number) =>
    drive(particleFilter.run(task, { ...options, ess_threshold: threshold }), [four, scores(1, 1, 1, 1e-6), sampled(), sampled()])
      .asked[2];
  expect(run(0)).toMatchObject({ prefixes: [{}, {}, {}, {}], count: 1 });
  expect(run(1)).toMatchObject({ prefixes: [{ id: '0.0' }, { id: '0.1' }, { id: '0.2' }] });
});

test('a failed score is a weight of 0, not a small one: such a particle is never copied (methods C.15)', () => {
  const { asked } = drive(particleFilter.run(task, { ...options, ess_threshold: 1 }), [
    four,
    scores('not_finite', 1e-9, 'not_finite', 'not_finite'),
    sampled(),
    sampled(),
  ]);
  expect(asked[2]).toMatchObject({ prefixes: [{ id: '0.1' }], count: 4 });
});

test('a particle whose score failed waits while there are others to write on, and is written on after them (methods 0.2)', () => {
  const { asked, notes } = drive(particleFilter.run(task, { ...options, ess_threshold: 0 }), [
    four,
    scores(0.5, 'failed', 0.5, 'failed'),
    sampled(ended('0.0.0'), ended('0.2.0')),
    scores(0.5, 0.5),
    sampled(ended('0.1.0'), ended('0.3.0')),
    scores(0.9, 0.9),
  ]);
  expect(asked[2]).toMatchObject({ prefixes: [{ id: '0.0' }, { id: '0.2' }] });
  expect(asked[4]).toMatchObject({ prefixes: [{ id: '0.1' }, { id: '0.3' }] });
  expect(notes.filter(({ type }) => type === 'round')).toHaveLength(3);
});

test('where all weights are 0 the step is done again once, then all are equal (methods C.5)', () => {
  const failed = scores('a', 'b', 'c', 'd');
  const { asked, value } = drive(particleFilter.run(task, options), [
    four,
    failed,
    sampled(step('0.4'), step('0.5'), step('0.6'), step('0.7')),
    failed,
    sampled(),
    sampled(),
  ]);
  expect(value.warnings).toEqual(['All particles had a weight of 0 in round 0; they went on as equals.']);
  expect(asked[2]).toMatchObject({ prefixes: [{ id: '0' }], count: 4, firstChild: 4 });
  expect(ids((asked[4] as { prefixes: readonly { id: string }[] }).prefixes)).toEqual(['0.4', '0.5', '0.6', '0.7']);
});

test('nothing is resampled after the last step (methods C.15)', () => {
  const script = [four, scores(1, 0.01, 0.01, 0.01), sampled(ended('0.0.0')), scores(0.5)];
  const { asked, notes } = drive(particleFilter.run(task, { ...options, max_steps: 1, ess_threshold: 1 }), script);
  expect(asked[2]).toMatchObject({ prefixes: [{ id: '0.0' }], until: 'end' }); // the best one is written to its end
  expect(notes).toContainEqual({ type: 'round', round: 0, kept: ['0.0', '0.1', '0.2', '0.3'] });
});

test('particle Gibbs: a pass after the first one keeps a path of the one before, which is neither written nor scored again', () => {
  const gibbs = particleFilter.options.parse({ particles: 4, iterations: 2, ess_threshold: 1 });
  const { asked, value } = drive(particleFilter.run(task, gibbs), [
    sampled(step('0.0'), step('0.1')),
    scores(1, 1e-9), // two copies of the first one
    sampled(ended('0.0.0'), ended('0.0.1')),
    scores(1, 1e-9), // the first one's path is kept
    sampled(step('0.2')), // the second pass: one beside the kept one
    scores(1e-9),
    sampled(ended('0.0.2')), // both follow the kept one's first step: the kept one goes its way, its copy another
    scores(0.5),
  ]);
  expect(asked[4]).toMatchObject({ prefixes: [{ id: '0' }], count: 1, firstChild: 2 });
  expect(asked[6]).toMatchObject({ prefixes: [{ id: '0.0' }], count: 1, firstChild: 2 });
  expect(ids(value.pool)).toEqual(['0.0.0', '0.0.1', '0.0.2']);
});

test('what ended is not written on, and keeps its place; all that ended is handed on', () => {
  const { asked, value } = drive(particleFilter.run(task, { ...options, ess_threshold: 0 }), [
    sampled(ended('0.0'), step('0.1'), step('0.2'), step('0.3')),
    scores(0.9, 0.5, 0.5, 0.5),
    sampled(ended('0.1.0'), ended('0.2.0'), ended('0.3.0')),
    scores(0.5, 0.5, 0.5),
  ]);
  expect(asked[2]).toMatchObject({ prefixes: [{ id: '0.1' }, { id: '0.2' }, { id: '0.3' }] });
  expect(ids(value.pool)).toEqual(['0.0', '0.1.0', '0.2.0', '0.3.0']);
});

test('by value the last step weighs, by product all of them (methods C.5)', () => {
  const written = (target: 'value' | 'product', seed: number) =>
    drive(particleFilter.run({ ...task, seed }, { ...options, particles: 2, target, ess_threshold: 0.9 }), [
      sampled(step('0.0'), step('0.1')),
      scores(0.9, 0.5), // an effective number of 1.85 of 2 is not below 1.8
      sampled(step('0.0.0'), step('0.1.0')),
      scores(0.9, 0.5), // 1.85 again by value; 0.81 and 0.25 are 1.56 by product
      sampled(),
      sampled(),
    ]).asked[4] as { readonly prefixes: readonly { readonly id: string }[] };
  const seeds = Array.from({ length: 20 }, (_, seed) => seed);
  for (const seed of seeds) expect(ids(written('value', seed).prefixes)).toEqual(['0.0.0', '0.1.0']);
  const alone = seeds.filter((seed) => written('product', seed).prefixes.length === 1);
  expect(alone.length).toBeGreaterThan(0); // systematic: the first one has a second copy with probability 0.53
  expect(alone.length).toBeLessThan(20);
  for (const seed of alone) expect(ids(written('product', seed).prefixes)).toEqual(['0.0.0']);
});

test('its draws are its own by the seed: the same seed draws the same, of twenty seeds some draw another', () => {
  const drawn = (seed: number) =>
    JSON.stringify(
      drive(particleFilter.run({ ...task, seed }, { ...options, ess_threshold: 1 }), [
        four,
        scores(0.9, 0.5, 0.3, 0.2),
        sampled(),
        sampled(),
      ]).asked[2],
    );
  expect(drawn(1)).toBe(drawn(1));
  expect(new Set(Array.from({ length: 20 }, (_, seed) => drawn(seed))).size).toBeGreaterThan(1);
});

test('the entropic filter flattens early weights: a lucky first step takes fewer particles (methods C.5b)', () => {
  const most = (strategy: typeof particleFilter | typeof entropicParticleFilter, more: object) => {
    const given = strategy.options.parse({ particles: 16, ...more });
    const names = Array.from({ length: 16 }, (_, place) => step(`0.${place}`));
    const values = names.map((_, place) => (place === 0 ? 1 : 0.03));
    const { asked } = drive(strategy.start(task, given), [sampled(...names), scores(...values), sampled(), sampled()]);
    const { count } = asked[2] as { count: number | readonly number[] };
    return typeof count === 'number' ? count : count[0]!;
  };
  expect(most(entropicParticleFilter, {})).toBeLessThan(most(particleFilter, { ess_threshold: 1 }));
});
