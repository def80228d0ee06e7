import fc from 'fast-check';
import { expect, test } from 'vitest';
import { logNormaliser, logprobOf, mostProbable } from '../../../gpu-backend/engine/logprobs.ts';
import { Sampler, type SamplerSettings } from '../../../gpu-backend/engine/sampler.ts';
import { mulberry32, subSeed } from '../../../src/random.ts';
import { softmax } from '../history-model.ts';

const plain: SamplerSettings = { temperature: 1, top_k: 0, top_p: 1, min_p: 0 };
/** Probabilities 0.4, 0.3, 0.2, 0.1, in another order. */
const logits = Float32Array.from([0.1, 0.4, 0.2, 0.3], Math.log);
const sampler = new Sampler(4);
const outputs = (values: Float32Array, temperature?: number) => ({
  logits: values,
  probabilities: temperature ? Float32Array.from(softmax([...values], temperature)) : null,
});

/** Which tokens a grid of 10,000 numbers draws, and how often each. */
function drawn(settings: Partial<SamplerSettings>, from = logits, temperature?: number): number[] {
  const counts = [0, 0, 0, 0];
  for (let place = 0; place < 10_000; place++)
    counts[sampler.sample(outputs(from, temperature), { ...plain, ...settings }, (place + 0.5) / 10_000)]!++;
  return counts.map((count) => count / 10_000);
}

test.each([
  { name: 'no filter', settings: {}, expected: [0.1, 0.4, 0.2, 0.3] },
  { name: 'top_k 2', settings: { top_k: 2 }, expected: [0, 4 / 7, 0, 3 / 7] },
  { name: 'top_k 9 of 4 tokens', settings: { top_k: 9 }, expected: [0.1, 0.4, 0.2, 0.3] },
  { name: 'top_p 0.69: two tokens are enough', settings: { top_p: 0.69 }, expected: [0, 4 / 7, 0, 3 / 7] },
  { name: 'top_p 0.71: a third is needed', settings: { top_p: 0.71 }, expected: [0, 4 / 9, 2 / 9, 3 / 9] },
  { name: 'top_p 1e-9 keeps the best', settings: { top_p: 1e-9 }, expected: [0, 1, 0, 0] },
  { name: 'top_k 3, then top_p 0.5 of what is left', settings: { top_k: 3, top_p: 0.5 }, expected: [0, 4 / 7, 0, 3 / 7] },
  { name: 'min_p 0.6: at least 0.24', settings: { min_p: 0.6 }, expected: [0, 4 / 7, 0, 3 / 7] },
  { name: 'min_p 1 keeps the best', settings: { min_p: 1 }, expected: [0, 1, 0, 0] },
  { name: 'temperature 0.5 squares', settings: { temperature: 0.5 }, expected: [1 / 30, 16 / 30, 4 / 30, 9 / 30] },
  { name: 'temperature 0.5, then min_p 0.5', settings: { temperature: 0.5, min_p: 0.5 }, expected: [0, 16 / 25, 0, 9 / 25] },
  { name: 'temperature 0', settings: { temperature: 0 }, expected: [0, 1, 0, 0] },
  { name: 'a tiny temperature', settings: { temperature: 1e-300 }, expected: [0, 1, 0, 0] },
])('$name gives $expected', ({ settings, expected }) => {
  for (const [token, share] of drawn(settings).entries()) expect(share).toBeCloseTo(expected[token]!, 3);
  const { temperature = 1 } = settings as Partial<SamplerSettings>;
  const fromGraph = drawn(settings, logits, temperature);
  for (const [token, share] of fromGraph.entries()) expect(share).toBeCloseTo(expected[token]!, 3);
});

test('of equal logits the lower id is kept first, and taken at temperature 0', () => {
  const equal = new Float32Array(4).fill(2);
  expect(drawn({ top_k: 2 }, equal)).toEqual([0.5, 0.5, 0, 0]);
  expect(drawn({ top_p: 0.5 }, equal)).toEqual([0.5, 0.5, 0, 0]); // two are exactly enough
  expect(drawn({ temperature: 0 }, equal)).toEqual([1, 0, 0, 0]);
});

test('a logit of minus infinity is never drawn', () => {
  expect(drawn({}, Float32Array.of(Number.NEGATIVE_INFINITY, 0, Number.NEGATIVE_INFINITY, 0))).toEqual([0, 0.5, 0, 0.5]);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])('a logit of %s is an error, at any temperature', (bad) => {
  const broken = Float32Array.of(1, 2, bad, 0);
  expect(() => sampler.sample(outputs(broken), plain, 0.5)).toThrow(String(bad));
  expect(() => sampler.sample(outputs(broken), { ...plain, temperature: 0 }, 0.5)).toThrow(String(bad));
});

test('the streams of 4,000 candidates draw as the probabilities say (chi-square, 3 degrees of freedom)', () => {
  const draws = 4000;
  const counts = [0, 0, 0, 0];
  for (let child = 0; child < draws; child++)
    counts[sampler.sample(outputs(logits), plain, mulberry32(subSeed(11, `0.${child}`, 7))())]!++;
  const chiSquare = counts.reduce(
    (sum, count, token) => sum + (count - draws * [0.1, 0.4, 0.2, 0.3][token]!) ** 2 / (draws * [0.1, 0.4, 0.2, 0.3][token]!),
    0,
  );
  expect(chiSquare).toBeLessThan(16.27); // exceeded once in 1,000 by chance; seeded, so always or never
});

test('neighbouring tokens of one stream, and neighbouring streams, are not correlated', () => {
  const uniform = (child: number, place: number) => mulberry32(subSeed(3, `0.${child}`, place))();
  const pairs = Array.from({ length: 4000 }, (_, index) => [
    uniform(index % 80, Math.floor(index / 80)),
    uniform((index % 80) + 1, Math.floor(index / 80)),
    uniform(index % 80, Math.floor(index / 80) + 1),
  ]);
  for (const other of [1, 2]) {
    const correlation = pairs.reduce((sum, pair) => sum + (pair[0]! - 0.5) * (pair[other]! - 0.5), 0) / (pairs.length / 12);
    expect(Math.abs(correlation)).toBeLessThan(4 / Math.sqrt(pairs.length));
  }
});

test('log-probabilities: the exponentials sum to 1, the best alternatives come first', () => {
  expect(logNormaliser(logits)).toBeCloseTo(0, 6);
  expect(mostProbable(logits, 3).map(({ token }) => token)).toEqual([1, 3, 2]);
  expect(mostProbable(logits, 9).reduce((sum, { logprob }) => sum + Math.exp(logprob), 0)).toBeCloseTo(1, 6);
  expect(mostProbable(Float32Array.of(1, Number.NEGATIVE_INFINITY), 2)).toHaveLength(1);
  expect(mostProbable(new Float32Array(4), 2).map(({ token }) => token)).toEqual([0, 1]);
});

test('a larger number never draws an earlier token', () => {
  const scores = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(
      scores,
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (values, a, b) => {
        const from = Float32Array.from(values);
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        expect(sampler.sample(outputs(from), plain, low)).toBeLessThanOrEqual(sampler.sample(outputs(from), plain, high));
      },
    ),
  );
});

test('over a large vocabulary the filters keep what sorting all of it keeps', () => {
  const vocabulary = 5000;
  const large = new Sampler(vocabulary);
  const settings = fc.record({
    top_k: fc.constantFrom(0, 1, 3, 50, 1000, 4999, 9999),
    top_p: fc.constantFrom(1, 0.999, 0.9, 0.5, 0.01),
    min_p: fc.constantFrom(0, 0.01, 0.5),
    temperature: fc.constantFrom(0.3, 1, 1.7),
  });
  fc.assert(
    fc.property(settings, fc.integer(), fc.boolean(), (asked, seed, ties) => {
      const random = mulberry32(seed);
      const values = Float32Array.from({ length: vocabulary }, () => (ties ? Math.round(8 * random()) : 12 * random()));
      const weights = Float32Array.from(softmax([...values], asked.temperature));
      const kept = keptBySorting(weights, asked);
      const total = kept.reduce((sum, token) => sum + weights[token]!, 0);
      const inOrder = kept.toSorted((a, b) => a - b);
      for (let draw = 0; draw < 20; draw++) {
        const uniform = random();
        let left = uniform * total;
        const expected = inOrder.find((token) => {
          left -= weights[token]!;
          return left < 0;
        });
        const token = large.sample(outputs(values, asked.temperature), asked, uniform);
        // a number within rounding of a border may fall on either side of it
        if (Math.abs(left) > 1e-6 * total) expect(token).toBe(expected ?? inOrder.at(-1));
        expect(kept).toContain(token);
      }
    }),
    { numRuns: 40 },
  );
}, 30_000);

/** The definition: sort all, cut by count, then by mass, then by share. */
function keptBySorting(weights: Float32Array, { top_k, top_p, min_p }: SamplerSettings): number[] {
  const sorted = [...weights.keys()].sort((a, b) => weights[b]! - weights[a]! || a - b).slice(0, top_k || weights.length);
  const mass = sorted.reduce((sum, token) => sum + weights[token]!, 0);
  let sum = 0;
  const enough = sorted.findIndex((token) => {
    sum += weights[token]!;
    return sum >= top_p * mass;
  });
  const kept = top_p < 1 ? sorted.slice(0, enough < 0 ? sorted.length : enough + 1) : sorted;
  return kept.filter((token) => weights[token]! >= Math.fround(min_p) * weights[sorted[0]!]!);
}

test('a log-probability by the graph is that by the logits', () => {
  const names = { name: String };
  for (const [token, expected] of [0.1, 0.4, 0.2, 0.3].entries()) {
    for (const given of [outputs(logits), outputs(logits, 1)])
      expect(logprobOf(given, token, { temperature: 1, count: 0, names }).logprob).toBeCloseTo(Math.log(expected), 6);
    const tempered = logprobOf(outputs(logits, 0.5), token, { temperature: 0.5, count: 0, names });
    expect(tempered.logprob).toBeCloseTo(Math.log(expected), 6);
  }
});
