/** Hand-checked pairs: never a wrong word, and hardly one that is missing (docs/decisions/0006). */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decide } from '../../../gpu-backend/algebra/decide.ts';
import { pairs } from './pairs.ts';

/** What the engine cannot do: equations that are no multiples, infinities, sums over an index. */
const OPEN = new Set(['y=2x+1 y=2x+2', String.raw`\infty -\infty`, String.raw`\sum_{k=1}^{10} k 55`]);

test.each(pairs)('%s and %s: %s', { timeout: 20_000 }, (given, reference, equal) => {
  const result = decide({ given, reference });
  expect(result.equal).toBe(OPEN.has(`${given} ${reference}`) ? 'unknown' : equal);
  expect(decide({ given: reference, reference: given }).equal).toBe(result.equal);
});

test('there are more than 100 of them', () => {
  expect(pairs.length).toBeGreaterThan(100);
});

test.each([
  ['1.414', String.raw`\sqrt{2}`, { rel_tolerance: 1e-3 }, true],
  ['1.414', String.raw`\sqrt{2}`, { rel_tolerance: 1e-4 }, false],
  ['3.14', String.raw`\pi`, { abs_tolerance: 0.01 }, true],
  ['1.001x', 'x', { rel_tolerance: 0.1 }, false], // of constants only
])('%s is %s within %j: %s', (given, reference, tolerance, equal) => {
  expect(decide({ given, reference, ...tolerance }).equal).toBe(equal);
});

test.each([
  ['', 'not_understood'],
  [String.raw`\foo{x}`, 'not_understood'],
  ['x+', 'not_understood'],
  [String.raw`\frac{1}{`, 'not_understood'],
  [String.raw`\text{hello}`, 'not_allowed'],
  [String.raw`\int_0^1 x dx`, 'not_allowed'],
  [String.raw`\sum_{k=1}^{10^9} k`, 'not_allowed'],
  [String.raw`\begin{pmatrix}1\\2\end{pmatrix}`, 'not_allowed'],
  [String.raw`\mathrm{Assign}(x,3)`, 'not_allowed'],
  ['N(x)', 'not_allowed'],
  ['x:=3', 'not_allowed'],
  ['x'.repeat(501), 'too_long'],
  ['x'.repeat(400), 'too_deep'],
  [`${'('.repeat(100)}x${')'.repeat(100)}`, 'too_deep'],
])('%s is not compared: %s', (given, reason) => {
  expect(decide({ given, reference: 'x+1' })).toEqual({ equal: 'unknown', reason });
});

const operand = fc.constantFrom('x', 'y', '2', '3', String.raw`\sqrt{2}`, String.raw`\pi`, '(x+1)', String.raw`\frac{x}{3}`);
const expression = fc
  .array(fc.tuple(operand, fc.constantFrom('+', '-', String.raw` \cdot `)), { minLength: 2, maxLength: 5 })
  .map((parts) => parts.map(([term, sign], place) => (place === 0 ? term : `${sign}${term}`)).join(''));

test('a sum in another order, or times something over the same, is the same; one more is not', { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(expression, expression, (a, b) => {
      expect(decide({ given: `(${a})+(${b})`, reference: `(${b})+(${a})` }).equal).toBe(true);
      expect(decide({ given: `(${a})`, reference: `(${a})+10^{-15}` }).equal).toBe(false);
      expect(decide({ given: String.raw`\frac{(${a})(x^2+7)}{x^2+7}`, reference: a }).equal).toBe(true);
    }),
    { numRuns: 25 },
  );
});
