import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { reduction } from '../../schemas/config.ts';
import { reduce, type reductions } from '../../src/rewards/reduction.ts';

const value = (steps: readonly number[], name: keyof typeof reductions): number => {
  const score = reduce(steps, name);
  return score.ok ? score.value : Number.NaN;
};

const S1 = [0.9, 0.9, 0.2, 0.95];
const S2 = [0.7, 0.7, 0.7, 0.7];

describe('reduction', () => {
  test.each([
    { name: 'last', first: 0.95, second: 0.7, digits: 9 },
    { name: 'min', first: 0.2, second: 0.7, digits: 9 },
    { name: 'mean', first: 0.7375, second: 0.7, digits: 9 },
    { name: 'prod', first: 0.1539, second: 0.2401, digits: 9 },
    { name: 'geo', first: 0.626339289, second: 0.7, digits: 9 },
    { name: 'sumlogit', first: 5.9525937727, second: 3.3891914415, digits: 9 },
    { name: 'meanlogit', first: 1.4881484432, second: 0.84729786, digits: 8 },
  ] as const)('$name of the two chains, and which of them it prefers (methods B.7)', ({ name, first, second, digits }) => {
    expect(value(S1, name)).toBeCloseTo(first, digits);
    expect(value(S2, name)).toBeCloseTo(second, digits);
    expect(value(S1, name) > value(S2, name)).toBe(['last', 'mean', 'sumlogit', 'meanlogit'].includes(name));
  });

  test('a product falls with length, its geometric mean does not (methods B.7)', () => {
    expect(value(Array(20).fill(0.95), 'prod')).toBeCloseTo(0.3584859, 7);
    expect(value(Array(5).fill(0.95), 'prod')).toBeCloseTo(0.7737809, 7);
    expect(value(Array(20).fill(0.95), 'geo')).toBeCloseTo(0.95, 9);
  });

  test('a 0 makes prod and geo 0; the logits of 0 and 1 are those of 1e-6 and 1 - 1e-6 (methods B.15)', () => {
    expect(value([0.9, 0], 'prod')).toBe(0);
    expect(value([0.9, 0], 'geo')).toBe(0);
    expect(value([0, 1], 'sumlogit')).toBeCloseTo(0, 6);
    expect(value([1], 'meanlogit')).toBeCloseTo(13.8155095579, 6);
    expect(value([1e-300, 1e-300], 'geo')).toBeCloseTo(1e-300, 310);
  });

  test.each(reduction.options)('%s of no step and of an invalid step is no number, but a failure (methods B.7)', (name) => {
    expect(reduce([], name)).toEqual({ ok: false, reason: 'no_steps' });
    for (const step of [Number.NaN, Number.POSITIVE_INFINITY, -0.5, 1.5]) {
      expect(reduce([0.5, step], name)).toEqual({ ok: false, reason: 'invalid_step' });
    }
  });

  test.each(reduction.options)('%s with `skip`: invalid steps are left out, and said (methods B.7)', (name) => {
    const gaps = [Number.NaN, 0.9, null, 0.9, 0.2, 1.5, 0.95, Number.POSITIVE_INFINITY];
    expect(reduce(gaps, name, 'skip')).toEqual({
      ok: true,
      value: value(S1, name),
      steps: [null, 0.9, null, 0.9, 0.2, null, 0.95, null],
      detail: { skipped_steps: [0, 2, 5, 7] },
    });
    expect(reduce(gaps, name)).toEqual({ ok: false, reason: 'invalid_step' });
    expect(reduce(S1, name, 'skip')).toEqual(reduce(S1, name));
    expect(reduce([], name, 'skip')).toEqual({ ok: false, reason: 'no_steps' });
    expect(reduce([null], name, 'skip')).toEqual({ ok: false, reason: 'no_steps', detail: { skipped_steps: [0] } });
  });

  test.each(reduction.options)('%s keeps its steps, forgives rounding, and is finite for every probability', (name) => {
    expect(reduce(S1, name)).toMatchObject({ ok: true, steps: S1 });
    expect(Number.isFinite(value([1 + 1e-7, -1e-7], name))).toBe(true);
    const steps = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 40 });
    fc.assert(fc.property(steps, (given) => Number.isFinite(value(given, name))));
  });

  test('between the least and the greatest step: last, min, mean and geo; one step is its own (methods B.7)', () => {
    const steps = fc.array(fc.double({ min: 0.001, max: 1, noNaN: true }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(steps, fc.constantFrom('last', 'min', 'mean', 'geo'), (given, name) => {
        expect(value(given, name)).toBeGreaterThanOrEqual(Math.min(...given) - 1e-12);
        expect(value(given, name)).toBeLessThanOrEqual(Math.max(...given) + 1e-12);
        expect(value(given.slice(0, 1), name)).toBeCloseTo(given[0]!, 12);
      }),
    );
  });
});
