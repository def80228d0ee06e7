import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rewardConfig } from '../../schemas/config.ts';
import { about, composed, refuse, rows, told } from './composed.ts';

const weighted = (members: readonly (string | object)[], more: object = {}) => ({ kind: 'weighted', members, ...more });
const values = (given: Parameters<typeof composed>[0]) => composed(given).scores.map(told);

const MIXTURE = [
  { reward: 'correct', weight: 0.6 },
  { reward: 'evidence', weight: 0.2 },
  { reward: 'time', weight: 0.2 },
];

describe('a mixture of three objectives (methods B.3)', () => {
  const table = rows({ correct: [1, 0], evidence: [0.5, 1], time: [0.25, 1] });

  test('is their weighted mean', () => {
    const { scores } = composed({ entry: weighted(MIXTURE), ...table });
    expect(told(scores[0])).toBeCloseTo(0.75, 9);
    expect(told(scores[1])).toBeCloseTo(0.4, 9);
    expect(scores[0]!.detail).toEqual({
      members: {
        correct: { value: 1, calibrated: 1, weight: 0.6 },
        evidence: { value: 0.5, calibrated: 0.5, weight: 0.2 },
        time: { value: 0.25, calibrated: 0.25, weight: 0.2 },
      },
    });
  });

  test('where one is not applicable it is left out, for all candidates so that they stay comparable', () => {
    const some = rows({ correct: [1, 0], evidence: [0.5, 1], time: ['not_applicable', 1] });
    const { scores } = composed({ entry: weighted(MIXTURE), ...some });
    expect(told(scores[0])).toBeCloseTo(0.875, 9);
    expect(told(scores[1])).toBeCloseTo(0.2 / 0.8, 9);
    expect(scores[1]!.detail).toMatchObject({ members: { time: { value: 1, left_out: true } } });
  });

  test('or for that candidate alone', () => {
    const some = rows({ correct: [1, 0], evidence: [0.5, 1], time: ['not_applicable', 1] });
    const [first, second] = values({ entry: weighted(MIXTURE, { na_policy: 'per_candidate' }), ...some });
    expect(first).toBeCloseTo(0.875, 9);
    expect(second).toBeCloseTo(0.4, 9);
  });

  test('with nothing applicable there is no score', () => {
    const none = rows({ correct: ['not_applicable'], evidence: ['not_applicable'], time: ['not_applicable'] });
    for (const policy of ['for_all', 'per_candidate'])
      expect(values({ entry: weighted(MIXTURE, { na_policy: policy }), ...none })).toEqual(['not_applicable']);
  });

  test('a member that fails fails its candidate: nobody rids himself, or the others, of a reward', () => {
    const some = rows({ correct: ['too_long', 1], evidence: [0.5, 0.5], time: [0.25, 0.25] });
    const { scores } = composed({ entry: weighted(MIXTURE), ...some });
    expect(scores.map(told)).toEqual(['member_failed', 0.75]);
    expect(scores[0]!.detail).toMatchObject({ members: { correct: { reason: 'too_long' }, evidence: { value: 0.5 } } });
  });

  test('the request may weigh anew; a member of weight 0 is not asked', () => {
    const { scores, asked } = composed({ entry: weighted(MIXTURE), options: { weights: { time: 0, evidence: -0.6 } }, ...table });
    expect(told(scores[0])).toBeCloseTo((0.6 - 0.3) / 1.2, 9);
    expect(asked.map(({ reward }) => reward)).toEqual(['correct', 'evidence']);
  });
});

describe('fine-grained rewards of three densities (methods B.4)', () => {
  test.each([
    { reduction: 'sum', whole: 0.42, divided: 0.381818182 },
    { reduction: 'mean', whole: 0.22, divided: 0.2 },
  ])('their weighted sum by $reduction is $whole, divided by all weights $divided', ({ reduction, divided, whole }) => {
    const split = (reward: string, of: string) => ({ kind: 'segments', reward, split: of, reads: 'alone', reduction });
    const none = { calibration: 'none' };
    const { scores } = composed({
      entry: weighted([
        { reward: 'relevance', weight: 0.3, ...none },
        { reward: 'factuality', weight: 0.5, ...none },
        { reward: 'complete', weight: 0.3, ...none },
      ]),
      others: { relevance: split('relevant', 'clause'), factuality: split('factual', 'sentence') },
      members: {
        relevant: { output: 'logit', by: { 'One,': 1, 'two.': 1, 'Three.': -1 } },
        factual: { output: 'logit', by: { 'One, two.': 1, 'Three.': -1 } },
        complete: { output: 'logit', by: { 'One, two. Three.': 0.4 } },
      },
      candidates: ['One, two. Three.'],
    });
    expect(told(scores[0])).toBeCloseTo(divided, 9);
    expect((told(scores[0]) as number) * 1.1).toBeCloseTo(whole, 9);
  });
});

describe('other rules (methods B.3, B.15)', () => {
  test('lexicographic: the first objective decides, within its tolerance the next', () => {
    const table = rows({ right: [1, 1, 0.95, 0.2], short: [0.1, 0.5, 0.9, 1] });
    expect(values({ entry: weighted(['right', 'short'], { rule: 'lexicographic' }), ...table })).toEqual([2 / 3, 1, 1 / 3, 0]);
    const near = weighted([{ reward: 'right', tolerance: 0.1 }, 'short'], { rule: 'lexicographic' });
    expect(values({ entry: near, ...table })).toEqual([1 / 3, 2 / 3, 1, 0]);
  });

  test('lexicographic: a negative weight turns the direction, equal ones share a place', () => {
    const table = rows({ right: [1, 1, 1], long: [9, 3, 3] }, 'logit');
    const entry = weighted(['right', { reward: 'long', weight: -1 }], { rule: 'lexicographic' });
    expect(values({ entry, ...table })).toEqual([0, 0.75, 0.75]);
  });

  test('chebyshev: the worst weight x (score - target)', () => {
    const table = rows({ a: [0.9, 0.6], b: [0.2, 0.5] });
    const entry = weighted(
      [
        { reward: 'a', target: 0.5 },
        { reward: 'b', weight: 2, target: 0.1 },
      ],
      { rule: 'chebyshev' },
    );
    const [first, second] = values({ entry, ...table });
    expect(first).toBeCloseTo(0.2, 12);
    expect(second).toBeCloseTo(0.1, 12);
  });

  test('pareto: who is beaten in all is out, the others by their weighted mean', () => {
    const table = rows({ a: [0.9, 0.2, 0.8, 0.9], b: [0.1, 0.9, 0.05, 0.1] });
    const found = values({ entry: weighted(['a', 'b'], { rule: 'pareto' }), ...table });
    expect(found).toEqual([0.5, 0.55, 'dominated', 0.5]); // equal ones do not beat each other
  });

  test('rank_sum: weighted percentile ranks, whatever the scales', () => {
    const table = rows({ a: [2, 4, 9], b: [0.1, 0.3, 0.2] }, 'logit');
    expect(values({ entry: weighted(['a', 'b'], { rule: 'rank_sum' }), ...table })).toEqual([0, 1.5, 1.5]);
  });

  test('more candidates than can be compared with each other are refused, none gets a number', () => {
    const many = { a: Array.from({ length: 4097 }, (_, place) => place / 4097) };
    for (const rule of ['lexicographic', 'pareto'])
      expect(new Set(values({ entry: weighted(['a'], { rule }), ...rows(many) }))).toEqual(new Set(['too_many_candidates']));
  });

  test('4,096 candidates are compared within two seconds', () => {
    const spread = (step: number) => Array.from({ length: 4096 }, (_, place) => ((place * step) % 4099) / 4099);
    const table = { a: spread(1), b: spread(2731), c: spread(1543) };
    for (const rule of ['lexicographic', 'pareto', 'rank_sum']) {
      const entry = weighted([{ reward: 'a', tolerance: 0.05 }, { reward: 'b', tolerance: 0.05 }, 'c'], { rule });
      const before = performance.now();
      expect(values({ entry, ...rows(table) })).toHaveLength(4096);
      expect(performance.now() - before).toBeLessThan(2000);
    }
  });
});

describe('what its numbers are', () => {
  const table = rows({ a: [0.5], b: [0.5] });
  test.each([
    { entry: weighted(['a', 'b']), output: 'probability', range: [0, 1] },
    { entry: weighted(['a', { reward: 'b', weight: -1 }]), output: 'unknown', range: [-1, 1] },
    { entry: weighted(['a', 'b'], { rule: 'lexicographic' }), output: 'unknown', range: [0, 1] },
    { entry: weighted(['a', { reward: 'b', weight: -2 }], { rule: 'rank_sum' }), output: 'unknown', range: [-2, 1] },
    { entry: weighted([{ reward: 'a', weight: 3, target: 1 }, 'b'], { rule: 'chebyshev' }), output: 'unknown', range: [-3, 1] },
  ])('$entry.rule: $output in $range', ({ entry, output, range }) => {
    expect(about({ entry, ...table }).scale).toEqual({ output, range });
  });

  test('it compares candidates where anything of it does', () => {
    const one = (more: object, calibration?: string) =>
      about({ entry: weighted([{ reward: 'a', ...(calibration && { calibration }) }], more), ...table }).dependsOn;
    expect(one({})).toBe('set'); // what is not applicable to one is left out for all
    expect(one({ na_policy: 'per_candidate' })).toBe('text');
    expect(one({ na_policy: 'per_candidate' }, 'zscore')).toBe('set');
    expect(one({ rule: 'rank_sum' })).toBe('set');
  });

  test('no scores leave the range that is told', () => {
    const weights = fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 1, maxLength: 4 });
    const scores = fc.array(
      fc.array(fc.oneof(fc.constant('not_applicable'), fc.double({ min: 0, max: 1, noNaN: true })), {
        minLength: 4,
        maxLength: 4,
      }),
      {
        minLength: 1,
        maxLength: 5,
      },
    );
    const rules = fc.constantFrom('sum', 'lexicographic', 'chebyshev', 'pareto', 'rank_sum');
    fc.assert(
      fc.property(weights, scores, rules, (given, matrix, rule) => {
        if (given.every((weight) => weight === 0)) return;
        const entry = weighted(
          given.map((weight, m) => ({ reward: `m${m}`, weight, target: 0.25 })),
          { rule },
        );
        const asked = rows(Object.fromEntries(given.map((_, m) => [`m${m}`, matrix.map((row) => row[m]!)])));
        const [least, most] = about({ entry, ...asked }).scale.range;
        for (const value of values({ entry, ...asked })) {
          if (typeof value === 'string') continue;
          expect(value).toBeGreaterThanOrEqual(least! - 1e-9);
          expect(value).toBeLessThanOrEqual(most! + 1e-9);
        }
      }),
    );
  });
});

test.each([
  { name: 'all weights 0', entry: weighted([{ reward: 'a', weight: 0 }]), at: 'members' },
  { name: 'a member twice', entry: weighted(['a', 'a']), at: 'members' },
  {
    name: 'objectives of one candidate alone under a rule that compares',
    entry: weighted(['a'], { rule: 'pareto', na_policy: 'per_candidate' }),
    at: 'na_policy',
  },
  { name: 'an infinite weight', entry: weighted([{ reward: 'a', weight: Number.POSITIVE_INFINITY }]), at: 'members' },
])('a config with $name is refused', ({ entry, at }) => {
  expect(rewardConfig.safeParse(entry).error?.issues.map(({ path }) => path[0])).toEqual([at]);
});

test.each([
  { weights: { luck: 1 }, says: /no member "luck".*a, b/ },
  { weights: { a: 0, b: 0 }, says: /All weights/ },
])('weights $weights of a request are refused', ({ weights, says }) => {
  const given = { entry: weighted(['a', 'b']), options: { weights }, ...rows({ a: [1], b: [1] }) };
  expect(() => refuse(given)).toThrow(expect.objectContaining({ code: 'invalid_value', message: expect.stringMatching(says) }));
});
