import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkChain, checkPuzzle } from '../../bench/checker.ts';

const puzzle = { numbers: [3, 7, 12, 20], target: 45 };
const solution = ['20 - 12 = 8 | 3 7 8', '8 + 7 = 15 | 3 15', '15 * 3 = 45 | 45'];
const reason = (text: string, of = puzzle) => {
  const verdict = checkPuzzle(text, of);
  return verdict.ok ? 'right' : verdict.reason;
};
const replaced = (place: number, line: string) => solution.toSpliced(place, 1, line).join('\n');

test('the solution of bench/problems/README.md is right', () => {
  expect(reason(solution.join('\n'))).toBe('right');
});

test.each([
  { text: '7 + 3 = 10 | 10', of: { numbers: [3, 7], target: 10 } },
  { text: '3 + 7 = 10 | 10', of: { numbers: [3, 7], target: 10 } },
  { text: '8 / 2 = 4 | 4', of: { numbers: [2, 8], target: 4 } },
  { text: '5 - 5 = 0 | 9 0\n9 + 0 = 9 | 9', of: { numbers: [5, 5, 9], target: 9 } },
  { text: '5 + 5 = 10 | 10 5\n10 / 5 = 2 | 2', of: { numbers: [5, 5, 5], target: 2 } },
])('right: $text', ({ text, of }) => {
  expect(reason(text, of)).toBe('right');
});

test.each([
  ['a wrong sum', replaced(1, '8 + 7 = 16 | 3 16'), 'line 2: 8 + 7 is not 16'],
  ['a number that is not there', replaced(0, '21 - 12 = 9 | 3 7 9'), 'line 1: 21 and 12 are not both left'],
  ['a number used twice', replaced(1, '8 + 8 = 16 | 3 7'), 'line 2: 8 and 8 are not both left'],
  ['a number used again later', replaced(1, '20 - 7 = 13 | 3 13'), 'line 2: 20 and 7 are not both left'],
  ['a rest that lost a number', replaced(0, '20 - 12 = 8 | 3 8'), 'line 1: what is left is 3 7 8'],
  ['a rest with a number more', replaced(0, '20 - 12 = 8 | 3 3 7 8'), 'line 1: what is left is 3 7 8'],
  ['another rest', replaced(0, '20 - 12 = 8 | 3 7 9'), 'line 1: what is left is 3 7 8'],
  ['another last number', replaced(2, '15 + 3 = 18 | 18'), 'the last line leaves 18, not 45'],
  ['a target that is only claimed', replaced(2, '15 + 3 = 18 | 45'), 'line 3: what is left is 18'],
  ['too few lines', solution.slice(0, 2).join('\n'), '3 lines are needed'],
  ['a line too many', [...solution, '45 + 0 = 45 | 45'].join('\n'), '3 lines are needed'],
  ['a newline at the end', `${solution.join('\n')}\n`, '3 lines are needed'],
  ['nothing', '', '3 lines are needed'],
])('wrong: %s', (_, text, expected) => {
  expect(reason(text)).toBe(expected);
});

test.each([
  ['a negative result', '3 - 7 = -4 | -4'],
  ['a negative result without its sign', '3 - 7 = 4 | 4'],
  ['a fraction', '3 / 7 = 0 | 0'],
  ['a leading zero', '3 + 07 = 10 | 10'],
  ['a plus sign', '3 + +7 = 10 | 10'],
  ['a decimal', '3 + 7.0 = 10 | 10'],
  ['an exponent', '3 + 7 = 1e1 | 1e1'],
  ['a power', '3 ** 7 = 2187 | 2187'],
  ['no spaces', '3+7=10|10'],
  ['two spaces', '3 + 7 =  10 | 10'],
  ['a carriage return', '3 + 7 = 10 | 10\r'],
  ['another minus', '7 \u2212 3 = 4 | 4'],
  ['other digits', '\u0663 + \u0667 = 10 | 10'],
  ['words around', 'so 3 + 7 = 10 | 10'],
  ['words after', '3 + 7 = 10 | 10 as wished'],
  ['a second bar', '3 + 7 = 10 | 10 | 10'],
])('wrong: %s', (_, text) => {
  expect(checkPuzzle(text, { numbers: [3, 7], target: 10 }).ok).toBe(false);
});

test('division by zero is wrong, not an exception', () => {
  expect(reason('5 / 0 = 0 | 0', { numbers: [0, 5], target: 0 })).toBe('line 1: 5 / 0 is not 0');
});

test('a product beyond exact integers is no solution by rounding', () => {
  const numbers = [999_999_999_999_999, 999_999_999_999_999];
  expect(checkPuzzle('999999999999999 * 999999999999999 = 999999999999998 | 999999999999998', { numbers, target: 1 }).ok).toBe(
    false,
  );
});

test.each([
  ['the answer', '37 + 48 = 85\nAnswer: 85', true],
  ['the answer alone', 'Answer: 85', true],
  ['another number', '37 + 48 = 85\nAnswer: 86', false],
  ['a longer number', 'Answer: 850', false],
  ['the answer, then another', 'Answer: 85\nAnswer: 86', false],
  ['another, then the answer', 'Answer: 86\nAnswer: 85', true],
  ['something after it', 'Answer: 85\n', false],
  ['another form', 'answer: 85', false],
  ['nothing', '', false],
])('a chain that ends with %s', (_, text, right) => {
  expect(checkChain(text, { answer: 85 }).ok).toBe(right);
});

const numbersOf = fc.array(fc.integer({ min: 1, max: 25 }), { minLength: 2, maxLength: 5 });
const picks = fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat()), { minLength: 4, maxLength: 4 });

/** Some solution of its own numbers, without a zero on the way. */
function walk(numbers: readonly number[], choices: readonly (readonly [number, number, number])[]) {
  const lines: string[] = [];
  let left = [...numbers];
  for (const [first, second, operation] of choices.slice(0, numbers.length - 1)) {
    const a = left.splice(first % left.length, 1)[0]!;
    const b = left.splice(second % left.length, 1)[0]!;
    const allowed = [['+', a + b] as const, ['*', a * b] as const, ['-', a - b] as const, ['/', a / b] as const];
    const exact = allowed.filter(([, result]) => result > 0 && Number.isInteger(result));
    const [operator, result] = exact[operation % exact.length]!;
    left = [result, ...left];
    lines.push(`${a} ${operator} ${b} = ${result} | ${left.join(' ')}`);
  }
  return { text: lines.join('\n'), target: left[0]! };
}

test('any walk over the numbers solves for what it leaves, and no more once a digit of it is changed', () => {
  fc.assert(
    fc.property(numbersOf, picks, fc.nat(), fc.integer({ min: 1, max: 9 }), (numbers, choices, at, shift) => {
      const { text, target } = walk(numbers, choices);
      expect(checkPuzzle(text, { numbers, target })).toEqual({ ok: true });
      const digits = [...text.matchAll(/\d/g)];
      const { index, 0: digit } = digits[at % digits.length]!;
      const changed = `${text.slice(0, index)}${(Number(digit) + shift) % 10}${text.slice(index + 1)}`;
      expect(checkPuzzle(changed, { numbers, target }).ok).toBe(false);
    }),
  );
});

test('no text throws', () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'0137 +-*/=|\n') }));
  fc.assert(
    fc.property(text, (given) => {
      expect(typeof checkPuzzle(given, puzzle).ok).toBe('boolean');
      expect(typeof checkChain(given, { answer: 1 }).ok).toBe('boolean');
    }),
  );
});

test('a million characters take no time', () => {
  const start = performance.now();
  for (const piece of ['1', '1 ', '\n', '| ', '1 + 1 = 2 | ']) checkPuzzle(piece.repeat(1e6 / piece.length), puzzle);
  checkPuzzle(`20 - 12 = 8 | ${'3 '.repeat(5e5)}\n\n`, puzzle);
  expect(performance.now() - start).toBeLessThan(5000); // quadratic would be hours
});
