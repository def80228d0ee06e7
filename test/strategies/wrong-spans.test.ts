import fc from 'fast-check';
import { expect, test } from 'vitest';
import { locate, sentenceStart } from '../../src/strategies/wrong-spans.ts';

const response = 'There is a red car. It is next to a dog.';

test('"next to a dog" begins at 26, and what stands before it is the prefix (methods C.12, example 1)', () => {
  expect(locate(response, ['next to a dog'])).toEqual({ offsets: [26], unmatched: 0 });
  expect(response.slice(0, 26)).toBe('There is a red car. It is ');
});

test('"a dog" begins at 34 and "red" at 11: the cut is at 11 (methods C.12, example 2)', () => {
  const { offsets } = locate(response, ['a dog', 'red']);
  expect(offsets).toEqual([34, 11]);
  expect(Math.min(...offsets)).toBe(11);
});

test.each([
  {
    name: 'one that occurs twice is located at its first occurrence',
    text: 'a b a b',
    quotes: ['b'],
    offsets: [2],
    unmatched: 0,
  },
  { name: 'white space may be written otherwise', text: 'one  two\n three', quotes: ['two three'], offsets: [5], unmatched: 0 },
  { name: 'also that of the quote', text: 'x one two', quotes: ['  one \t two\n'], offsets: [2], unmatched: 0 },
  { name: 'as it is written comes first', text: 'a  b a b', quotes: ['a b'], offsets: [5], unmatched: 0 },
  { name: 'one that is not there is counted', text: 'one', quotes: ['two', 'one', 'ones'], offsets: [0], unmatched: 2 },
  { name: 'an empty one is nowhere', text: 'a b', quotes: ['', '  '], offsets: [], unmatched: 2 },
  { name: 'nothing is quoted', text: 'a b', quotes: [], offsets: [], unmatched: 0 },
])('quotes: $name (methods C.12)', ({ text, quotes, offsets, unmatched }) => {
  expect(locate(text, quotes)).toEqual({ offsets, unmatched });
});

const spaced = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\n', '\u00a0', '\u{1F600}'), maxLength: 40 });

test('what a quote is found by is found again at its offset, but for white space (methods C.12, C.15)', () => {
  const plain = (text: string) => text.trim().replace(/\s+/g, ' ');
  fc.assert(
    fc.property(spaced, spaced, fc.nat(40), (text, noise, from) => {
      const quote = text.slice(from % (text.length + 1)).replaceAll(' ', ' \n');
      const { offsets, unmatched } = locate(text, [quote, noise]);
      expect(offsets.length + unmatched).toBe(2);
      if (plain(quote) === '') return;
      expect(plain(text.slice(offsets[0]!)).startsWith(plain(quote))).toBe(true);
    }),
  );
});

test.each([
  { name: 'the second sentence', text: response, offset: 26, start: 20 },
  { name: 'the first sentence', text: response, offset: 11, start: 0 },
  { name: 'a line', text: 'one\ntwo three', offset: 8, start: 4 },
  { name: 'after a question', text: 'Why?  Because so.', offset: 14, start: 6 },
  { name: 'the beginning of a sentence is its own', text: response, offset: 20, start: 20 },
  { name: 'white space before a sentence stays where it is', text: response, offset: 19, start: 19 },
  { name: 'the mark itself is of the sentence that it ends', text: 'One. Two.', offset: 3, start: 0 },
  { name: 'the beginning of the text', text: 'One.', offset: 0, start: 0 },
])('the sentence of a cut: $name (methods C.15)', ({ text, offset, start }) => {
  expect(sentenceStart(text, offset)).toBe(start);
});

test('a sentence never begins after its cut', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '.', ' ', '\n', '?') }), fc.nat(), (text, at) => {
      const offset = at % (text.length + 1);
      const start = sentenceStart(text, offset);
      expect(start).toBeLessThanOrEqual(offset);
      expect(text.slice(start, offset)).not.toMatch(/[.!?\n]/);
    }),
  );
});
