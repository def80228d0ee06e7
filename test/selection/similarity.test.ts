/** Similarities of texts against the libraries that define them: sacrebleu 2.5.1 (chrF2) and rouge-score 0.1.2. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chrf } from '../../src/selection/similarity/chrf.ts';
import { longestCommon, rougeL, rougeWork } from '../../src/selection/similarity/rouge-l.ts';
import { tokenF1 } from '../../src/selection/similarity/token-f1.ts';
import { cosines } from '../../src/selection/similarity/utility.ts';

const near = (matrix: readonly (readonly number[])[], expected: readonly (readonly number[])[]) => {
  for (const [row, values] of expected.entries())
    for (const [column, value] of values.entries())
      if (row !== column) expect(matrix[row]![column], `${row}, ${column}`).toBeCloseTo(value, 8);
};

const texts = [
  'the cat sat on the mat',
  'the cat sat down on a mat',
  'a dog ran',
  'naïve café — 東京',
  'abc',
  'the mat on the cat sat',
];

test('chrF of each text as hypothesis against each as reference, as sacrebleu has it', () => {
  near(chrf(texts), [
    [1, 0.480149634, 0.074074074, 0.107040602, 0.114942529, 0.880189255],
    [0.517882748, 1, 0.108533015, 0.117145823, 0.107526882, 0.517882748],
    [0.044444444, 0.06089128, 1, 0.045454545, 0.087719298, 0.044444444],
    [0.086214829, 0.088158749, 0.0625, 1, 0.138888889, 0.086214829],
    [0.046948357, 0.042194093, 0.053763441, 0.065359477, 1, 0.046948357],
    [0.880189255, 0.480149634, 0.074074074, 0.107040602, 0.114942529, 1],
  ]);
});

test('ROUGE-L F1, as rouge-score has it', () => {
  near(rougeL([texts[0]!, texts[1]!, texts[2]!, texts[5]!]), [
    [1, 0.769230769, 0, 0.5],
    [0.769230769, 1, 0.2, 0.461538462],
    [0, 0.2, 1, 0],
    [0.5, 0.461538462, 0, 1],
  ]);
});

test('token F1: 6/7 for three tokens of four, each as often as both have it (methods A.6)', () => {
  near(tokenF1(['the cat sat', 'the cat sat down', 'a dog ran']), [
    [1, 6 / 7, 0],
    [6 / 7, 1, 0],
    [0, 0, 1],
  ]);
  expect(tokenF1(['a a b', 'a b b'])[0]![1]).toBeCloseTo(4 / 6, 12);
});

test('an empty text is like nothing, not even another empty one (methods A.6)', () => {
  for (const matrix of [tokenF1, rougeL, chrf].map((utility) => utility(['', '', ' \n', 'a']))) {
    for (const [row, values] of matrix.entries())
      for (const [column, value] of values.entries()) if (row !== column) expect(value).toBe(0);
  }
});

test('the longest common subsequence, 32 cells at a time, is that of the table', () => {
  const token = fc.constantFrom('a', 'b', 'c');
  const list = fc.oneof(fc.array(token), fc.array(token, { minLength: 40, maxLength: 100, size: 'max' })); // of more than one word of 32 too
  fc.assert(
    fc.property(list, list, (a, b) => {
      const table = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
      for (let i = 1; i <= a.length; i++)
        for (let j = 1; j <= b.length; j++)
          table[i]![j] = a[i - 1] === b[j - 1] ? table[i - 1]![j - 1]! + 1 : Math.max(table[i - 1]![j]!, table[i]![j - 1]!);
      expect(longestCommon(a, b)).toBe(table[a.length]![b.length]);
    }),
  );
});

test('what ROUGE-L would take grows with the product of the lengths', () => {
  const long = 'word '.repeat(10_000);
  expect(rougeWork(['a', 'b'])).toBeLessThan(10);
  expect(rougeWork([long, long])).toBeGreaterThan(3_000_000);
});

test('every similarity is from 0 to 1, and of equal texts 1', () => {
  const text = fc.stringMatching(/^[ab c]{1,12}$/).filter((one) => one.trim() !== '');
  fc.assert(
    fc.property(fc.array(text, { minLength: 2, maxLength: 5 }), (all) => {
      for (const matrix of [tokenF1, rougeL, chrf].map((utility) => utility(all)))
        for (const [row, values] of matrix.entries())
          for (const [column, value] of values.entries()) {
            expect(value >= 0 && value <= 1 + 1e-12).toBe(true);
            if (row !== column && all[row] === all[column]) expect(value).toBeCloseTo(1, 12);
          }
    }),
  );
});

test('cosines from -1 to 1 become 0 to 1; a text without a vector, or one of length 0, is like nothing', () => {
  const matrix = cosines([[1, 0], [2, 0], [-3, 0], [0, 5], null, [0, 0]]);
  expect(matrix[0]!.map((value) => Number(value.toFixed(12)))).toEqual([1, 1, 0, 0.5, 0, 0]);
  expect(
    cosines([
      [1e200, 0],
      [1, 0],
    ])[0]![1],
  ).toBe(0); // its length is infinite
});
