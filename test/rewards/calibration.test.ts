import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Calibration, calibration } from '../../schemas/rewards/calibration.ts';
import { boundedCalibration, calibrate, calibratedScale, needsSet } from '../../src/rewards/calibration.ts';
import { LOGIT, PROBABILITY, UNBOUNDED } from '../../src/rewards/define.ts';
import { deviation } from '../../src/selection/statistics.ts';

const read = (given: unknown): Calibration => calibration.parse(given);
const close = (values: readonly (number | null)[], expected: readonly number[], digits = 9) => {
  expect(values).toHaveLength(expected.length);
  for (const [place, value] of expected.entries()) expect(values[place]).toBeCloseTo(value, digits);
};

const A = [2, 4, 9];
const B = [0.1, 0.3, 0.2];

describe('the worked examples (methods B.2)', () => {
  test('zscore: two scales become one, and their sum is ordered by both', () => {
    const [a, b] = [calibrate(A, read('zscore')), calibrate(B, read('zscore'))];
    close(a, [-1.019049331, -0.33968311, 1.358732441]);
    close(b, [-1.224744871, 1.224744871, 0]);
    close(
      a.map((value, place) => value! + b[place]!),
      [-2.243794202, 0.885061761, 1.358732441],
    );
  });

  test('rank: ties share their places, one alone is in the middle', () => {
    close(calibrate(A, read('rank')), [0, 0.5, 1]);
    close(calibrate(B, read('rank')), [0, 1, 0.5]);
    close(calibrate([1, 1, 2], read('rank')), [0.25, 0.25, 1]);
    close(calibrate([3, 3, 3], read('rank')), [0.5, 0.5, 0.5]);
    close(calibrate([7], read('rank')), [0.5]);
  });

  test('robust: median and MAD, and the sigmoid weights of what comes out', () => {
    const scores = calibrate([-2, -1.5, -1, 4], read('robust'));
    close(
      scores,
      [-2, -1.5, -1, 4].map((value) => (value + 1.25) / 0.7413),
    );
    const sigmoid = { map: 'sigmoid', middle: -1.25, scale: 0.7413 };
    close(calibrate([-2, -1.5, -1, 4], read(sigmoid)), [0.266640223, 0.416478762, 0.583521238, 0.999160742]);
  });

  test('robust falls back to zscore where half of the set is one number', () => {
    close(calibrate([1, 1, 1, 5], read('robust')), calibrate([1, 1, 1, 5], read('zscore')) as number[]);
  });

  test('zscore of one, or of equals, is 0; minmax of equals is 0.5', () => {
    close(calibrate([4], read('zscore')), [0]);
    close(calibrate([4, 4], read('zscore')), [0, 0]);
    close(calibrate([4, 4], read('minmax')), [0.5, 0.5]);
    close(calibrate([2, 4, 3], read('minmax')), [0, 1, 0.5]);
  });

  test('a spread that is only rounding is none; a large mean costs no digits', () => {
    expect(deviation([0.1 + 0.2, 0.3])).toBe(0);
    expect(deviation([1e9, 1e9 + 2])).toBeCloseTo(1, 9);
  });
});

test.each([
  { given: { map: 'zscore_ref', mean: 2, deviation: 4 }, score: 10, value: 2 },
  { given: { map: 'minmax_fixed', least: 1, most: 5 }, score: 4, value: 0.75 },
  { given: { map: 'minmax_fixed', least: 1, most: 5 }, score: 9, value: 1 },
  { given: { map: 'platt', slope: 2, intercept: -1 }, score: 0.5, value: 0.5 },
  { given: { map: 'temperature', temperature: 2 }, score: 2, value: 0.7310585786300049 },
  {
    given: {
      map: 'isotonic',
      knots: [
        [0, 0.1],
        [1, 0.2],
        [3, 0.8],
      ],
    },
    score: 2,
    value: 0.5,
  },
  {
    given: {
      map: 'isotonic',
      knots: [
        [0, 0.1],
        [1, 0.2],
        [3, 0.8],
      ],
    },
    score: -5,
    value: 0.1,
  },
  {
    given: {
      map: 'isotonic',
      knots: [
        [0, 0.1],
        [1, 0.2],
        [3, 0.8],
      ],
    },
    score: 5,
    value: 0.8,
  },
  { given: { map: 'isotonic', knots: [[0, 0.4]] }, score: 5, value: 0.4 },
])('$given of $score is $value, whatever the rest of the set (methods B.2)', ({ given, score, value }) => {
  expect(calibrate([score], read(given))[0]).toBeCloseTo(value, 12);
  expect(calibrate([score, 100, null], read(given))[0]).toBeCloseTo(value, 12);
  expect(needsSet(read(given))).toBe(false);
});

test.each([
  {
    given: {
      map: 'isotonic',
      knots: [
        [0, 0.5],
        [1, 0.4],
      ],
    },
    why: 'falls',
  },
  {
    given: {
      map: 'isotonic',
      knots: [
        [1, 0.4],
        [1, 0.5],
      ],
    },
    why: 'has two values at one score',
  },
  { given: { map: 'isotonic', knots: [] }, why: 'has no knot' },
  { given: { map: 'isotonic', knots: [[0, 1.5]] }, why: 'is above 1' },
  { given: { map: 'minmax_fixed', least: 1, most: 1 }, why: 'has no width' },
  { given: { map: 'zscore_ref', mean: 0, deviation: 0 }, why: 'has no spread' },
  { given: { map: 'temperature', temperature: 0 }, why: 'has no temperature' },
  { given: { map: 'platt', slope: Number.NaN, intercept: 0 }, why: 'has a slope that is no number' },
  { given: 'platt', why: 'lacks its numbers' },
  { given: 'luck', why: 'is not known' },
  { given: { map: 'zscore', mean: 1 }, why: 'has a number too many' },
])('a calibration that $why is refused', ({ given }) => {
  expect(calibration.safeParse(given).success).toBe(false);
});

test('its JSON Schema takes what it takes: a name alone, or an object', () => {
  const { $schema: _, ...schema } = z.toJSONSchema(calibration, { io: 'input' });
  expect(Object.keys(schema)).toEqual(['anyOf']);
  expect(schema.anyOf![0]).toEqual({ type: 'string', enum: ['none', 'zscore', 'robust', 'rank', 'minmax', 'sigmoid'] });
});

const names = ['zscore', 'robust', 'rank', 'minmax'] as const;
const scores = fc.array(
  fc.integer({ min: -640, max: 640 }).map((k) => k / 64),
  { minLength: 1, maxLength: 30 },
);

describe.each(names)('%s', (map) => {
  test('a failed score stays failed, and has no part in what is said of the others', () => {
    const places = fc.array(fc.nat({ max: 30 }), { maxLength: 5 });
    fc.assert(
      fc.property(scores, places, (valid, holes) => {
        const given: (number | null)[] = [...valid];
        for (const place of holes) given.splice(place, 0, null);
        const found = calibrate(given, read(map));
        expect(found.map((value) => value === null)).toEqual(given.map((value) => value === null));
        expect(found.filter((value) => value !== null)).toEqual(calibrate(valid, read(map)));
      }),
    );
    expect(calibrate([null, null], read(map))).toEqual([null, null]);
  });

  test('a positive affine map of the input changes nothing; a constant set is 0 or 0.5 (methods M.19)', () => {
    const affine = fc.record({ scale: fc.constantFrom(0.5, 2, 8), shift: fc.integer({ min: -16, max: 16 }) });
    fc.assert(
      fc.property(scores, affine, (given, { scale, shift }) => {
        const found = calibrate(given, read(map));
        const moved = calibrate(
          given.map((value) => value * scale + shift),
          read(map),
        );
        for (const [place, value] of found.entries()) expect(moved[place]).toBeCloseTo(value!, 9);
      }),
    );
    const constant = map === 'rank' || map === 'minmax' ? 0.5 : 0;
    expect(calibrate([3, 3, 3], read(map))).toEqual([constant, constant, constant]);
  });

  test('never turns an order round (methods 0.6)', () => {
    fc.assert(
      fc.property(scores, (given) => {
        const found = calibrate(given, read(map));
        for (const [a, one] of given.entries())
          for (const [b, other] of given.entries()) if (one > other) expect(found[a]!).toBeGreaterThanOrEqual(found[b]!);
      }),
    );
  });
});

test('what a scale is after a map: places in a set are no probabilities', () => {
  expect(calibratedScale(LOGIT, read('none'))).toEqual(LOGIT);
  expect(calibratedScale(PROBABILITY, read('zscore'))).toEqual(UNBOUNDED);
  expect(calibratedScale(LOGIT, read('rank'))).toEqual({ output: 'unknown', range: [0, 1] });
  expect(calibratedScale(LOGIT, read('sigmoid'))).toEqual(PROBABILITY);
  expect(
    calibratedScale(
      LOGIT,
      read({
        map: 'isotonic',
        knots: [
          [0, 0.2],
          [1, 0.7],
        ],
      }),
    ),
  ).toEqual({
    output: 'probability',
    range: [0.2, 0.7],
  });
});

test('into 0 to 1 by what the scale says of itself', () => {
  expect(boundedCalibration(PROBABILITY)).toEqual({ map: 'none' });
  expect(boundedCalibration(LOGIT)).toEqual({ map: 'sigmoid', middle: 0, scale: 1 });
  expect(boundedCalibration({ output: 'unknown', range: [1, 5] })).toEqual({ map: 'minmax_fixed', least: 1, most: 5 });
  expect(boundedCalibration(UNBOUNDED)).toBeNull();
});
