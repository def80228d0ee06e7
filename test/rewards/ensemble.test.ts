import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rewardConfig } from '../../schemas/config.ts';
import { ensembleRule } from '../../schemas/rewards/ensemble.ts';
import { combine } from '../../src/rewards/ensemble-rules.ts';
import { about, composed, rows, told } from './composed.ts';

const MEMBERS = ['a', 'b', 'c'];
const TABLE = { a: [0.9, 0.6, 0.2], b: [0.8, 0.7, 0.4], c: [0.1, 0.65, 0.3] };
const ensemble = (more: object = {}) => ({ kind: 'ensemble', members: MEMBERS, ...more });

describe('three models on three candidates (methods B.1)', () => {
  test.each([
    { rule: 'mean', expected: [0.6, 0.65, 0.3] },
    { rule: 'min', expected: [0.1, 0.6, 0.2] },
    { rule: 'lcb', expected: [0.2440973916, 0.609175171, 0.2183503419] },
    { rule: 'uwo', expected: [0.5366666667, 0.6491666667, 0.2966666667] },
    { rule: 'median', expected: [0.8, 0.65, 0.3] },
  ])('$rule', ({ rule, expected }) => {
    const { scores } = composed({ entry: ensemble({ rule }), ...rows(TABLE) });
    for (const [place, value] of expected.entries()) expect(told(scores[place])).toBeCloseTo(value, 9);
  });

  test('their disagreement is told with every score', () => {
    const { scores } = composed({ entry: ensemble(), ...rows(TABLE) });
    const disagreement = scores.map(({ detail }) => detail?.disagreement);
    for (const [place, value] of [0.3559026084, 0.040824829, 0.0816496581].entries())
      expect(disagreement[place]).toBeCloseTo(value, 9);
    expect(scores[0]!.detail).toMatchObject({ members: { a: { value: 0.9, calibrated: 0.9 }, b: { value: 0.8 } } });
  });

  test('the request may choose the rule and its number', () => {
    const { scores } = composed({ entry: ensemble(), options: { rule: 'lcb', k: 2 }, ...rows(TABLE) });
    expect(told(scores[0])).toBeCloseTo(0.6 - 2 * 0.3559026084, 9);
  });
});

test('trimmed drops the highest and the lowest of at least four; of fewer it is the median, and says so (methods B.15)', () => {
  const entry = { kind: 'ensemble', members: ['a', 'b', 'c', 'd'], rule: 'trimmed' };
  const { scores } = composed({ entry, ...rows({ a: [0, 0.1], b: [0.4, 'failed'], c: [0.6, 0.5], d: [1, 0.2] }) });
  expect(told(scores[0])).toBeCloseTo(0.5, 12);
  expect(scores[0]!.detail).not.toHaveProperty('partial');
  expect(told(scores[1])).toBeCloseTo(0.2, 12);
  expect(scores[1]!.detail).toMatchObject({ partial: true });
});

test('half of the members are enough, less are none; min with one missing is optimistic, and says so (methods B.1)', () => {
  const table = { a: [0.9, 'failed', 'failed'], b: [0.8, 0.7, 'failed'], c: ['failed', 'failed', 'failed'] };
  const { scores } = composed({ entry: ensemble({ rule: 'min' }), ...rows(table) });
  expect(scores[0]).toMatchObject({ ok: true, value: 0.8, detail: { partial: true, members: { c: { reason: 'failed' } } } });
  expect(scores[1]).toMatchObject({ ok: false, reason: 'too_few_models' });
  expect(scores[2]).toMatchObject({ ok: false, reason: 'too_few_models' });
  const lenient = composed({ entry: ensemble({ min_models: 1 }), ...rows(table) });
  expect(told(lenient.scores[1])).toBe(0.7);
  expect(told(lenient.scores[2])).toBe('too_few_models');
});

test('a member that says NaN or infinity has not spoken', () => {
  const { scores } = composed({ entry: ensemble(), ...rows({ a: [Number.NaN], b: [0.5], c: [Number.POSITIVE_INFINITY] }) });
  expect(told(scores[0])).toBe('too_few_models');
  const two = composed({ entry: ensemble(), ...rows({ a: [Number.NaN], b: [0.5], c: [0.7] }) });
  expect(told(two.scores[0])).toBeCloseTo(0.6, 12);
});

test('one member is itself, without disagreement', () => {
  const { scores } = composed({ entry: { kind: 'ensemble', members: ['a'], rule: 'lcb' }, ...rows({ a: [0.4] }) });
  expect(scores[0]).toMatchObject({ value: 0.4, detail: { disagreement: 0 } });
});

test('numbers that overflow are no score', () => {
  const { scores } = composed({
    entry: {
      kind: 'ensemble',
      members: [
        { reward: 'a', calibration: 'none' },
        { reward: 'b', calibration: 'none' },
      ],
    },
    ...rows({ a: [1e308], b: [1e308] }, 'logit'),
  });
  expect(told(scores[0])).toBe('not_finite');
});

test('logits count by their place in the set; raw ones would let the largest scale decide alone (methods B.1, B.2)', () => {
  const table = rows({ a: [2, 4, 9], b: [0.1, 0.3, 0.2] }, 'logit');
  const { scores } = composed({ entry: { kind: 'ensemble', members: ['a', 'b'] }, ...table });
  for (const [place, sum] of [-2.243794202, 0.885061761, 1.358732441].entries())
    expect(told(scores[place])).toBeCloseTo(sum / 2, 9);
});

describe('what its numbers are', () => {
  test.each([
    { rule: 'mean', output: 'probability', range: [0, 1] },
    { rule: 'min', output: 'probability', range: [0, 1] },
    { rule: 'lcb', output: 'unknown', range: [(1 - Math.SQRT2) / 2, 1] },
    { rule: 'uwo', output: 'unknown', range: [0, 1] },
  ])('$rule of probabilities: $output in $range', ({ rule, output, range }) => {
    const found = about({ entry: ensemble({ rule }), ...rows(TABLE) });
    expect(found.scale.output).toBe(output);
    expect(found.scale.range[0]).toBeCloseTo(range[0]!, 12);
    expect(found.scale.range[1]).toBeCloseTo(range[1]!, 12);
    expect(found.dependsOn).toBe('text');
  });

  test('of logits by default places in a set, so they depend on it; raw ones are logits', () => {
    expect(about({ entry: ensemble(), ...rows(TABLE, 'logit') })).toMatchObject({
      scale: { output: 'unknown', range: [null, null] },
      dependsOn: 'set',
      asks: ['it', 'a', 'b', 'c'],
    });
    const given = {
      kind: 'ensemble',
      members: [
        { reward: 'a', calibration: 'sigmoid' },
        { reward: 'b', calibration: 'sigmoid' },
      ],
    };
    expect(about({ entry: given, ...rows(TABLE, 'logit') }).scale.output).toBe('probability');
    const raw = { kind: 'ensemble', members: MEMBERS.map((reward) => ({ reward, calibration: 'none' })) };
    expect(about({ entry: raw, ...rows(TABLE, 'logit') })).toMatchObject({ scale: { output: 'logit' }, dependsOn: 'text' });
  });

  test('no set of values leaves the range that is told', () => {
    const settings = fc.record({
      rule: fc.constantFrom(...ensembleRule.options),
      k: fc.double({ min: 0, max: 4, noNaN: true }),
      lambda: fc.double({ min: 0, max: 4, noNaN: true }),
    });
    const values = fc.array(fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true })), {
      minLength: 4,
      maxLength: 8,
    });
    fc.assert(
      fc.property(settings, values, (given, row) => {
        const entry = { kind: 'ensemble', members: row.map((_, m) => `m${m}`), ...given };
        const table = Object.fromEntries(row.map((value, m) => [`m${m}`, [value]]));
        const [least, most] = about({ entry, ...rows(table) }).scale.range;
        const { value } = combine(row, given)!;
        expect(value).toBeGreaterThanOrEqual(least! - 1e-9);
        expect(value).toBeLessThanOrEqual(most! + 1e-9);
      }),
      { numRuns: 500 },
    );
  });

  test('lcb and uwo reach the least that is told: half of the values at each end, or as many as it takes', () => {
    const half = [0, 0, 1, 1];
    expect(combine(half, { rule: 'lcb', k: 0, lambda: 0 })!.value).toBe(0.5);
    const eighth = Array.from({ length: 8 }, (_, place) => Number(place < 3));
    const { range } = about({ entry: ensemble({ rule: 'uwo', lambda: 4 }), ...rows(TABLE) }).scale;
    expect(range[0]).toBeCloseTo(-0.5625, 12);
    expect(combine(eighth, { rule: 'uwo', k: 0, lambda: 4 })!.value).toBeCloseTo(-0.5625, 12);
  });
});

test.each([
  { name: 'no member', members: [], at: 'members' },
  { name: 'a member twice', members: ['a', 'a'], at: 'members' },
  { name: 'trimmed of three', members: ['a', 'b', 'c'], rule: 'trimmed', at: 'rule' },
  { name: 'more models than members', members: ['a'], min_models: 2, at: 'min_models' },
  { name: 'a k that is negative', members: ['a'], k: -1, at: 'k' },
])('a config with $name is refused', ({ name: _, at, ...entry }) => {
  const result = rewardConfig.safeParse({ kind: 'ensemble', ...entry });
  expect(result.error?.issues.map(({ path }) => path[0])).toEqual([at]);
});
