import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lastNumber } from '../../src/answers/last-number.ts';

const read = (text: string): string | null => {
  const found = lastNumber(text);
  return found.ok ? found.raw : null;
};

test.each([
  ['It costs 3.50.', '3.50'],
  ['1,234 apples', '1,234'],
  ['x2 is 7a', null],
  ['from 3 to -5.', '-5'],
  ['= 1.2e3', '1.2e3'],
  ['1,23,4', '4'],
  ['10/4', '4'],
  ['5%', '5'],
  ['7.5kg', null],
  ['1,234kg', null],
  ['.5e3', '.5e3'],
  ['1.2.3', null],
  ['answer \u22125', '-5'],
  ['answer \uFF0D5', '-5'],
  ['no number', null],
  ['', null],
])('last number of %j is %s (methods G.4)', (text, number) => {
  expect(read(text)).toBe(number);
});

test.each([
  ['-$40', '-40'],
  [String.raw`-\$40`, '-40'],
  ['$40', '40'],
  ['+\u20AC1,000.50', '+1,000.50'],
  ['1{,}234', '1,234'],
  [String.raw`1,\!234,\!567`, '1,234,567'],
  [String.raw`1, \!234`, '1,234'],
])('last number of %j is %s (methods G.9)', (text, number) => {
  expect(read(text)).toBe(number);
});

test('the span is where the number stands', () => {
  const text = 'about \u22125 or -$40!';
  expect(lastNumber(text)).toEqual({ ok: true, raw: '-40', span: [12, 16] });
  expect(text.slice(12, 16)).toBe('-$40');
});

test('the linear scan reads what the pattern of methods G.4 reads', () => {
  const pattern = /(?<![\w.])[-+]?(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?(?!\w|[.,]\d)/g;
  const part = fc.constantFrom('1', '12', '123', '000', ',', ',000', '.', '-', '+', 'e', 'e-', 'E+', 'x', ' ');
  fc.assert(
    fc.property(
      fc.array(part, { maxLength: 14 }).map((parts) => parts.join('')),
      (text) => {
        expect(read(text)).toBe(text.match(pattern)?.at(-1) ?? null);
      },
    ),
    { numRuns: 20_000 },
  );
});
