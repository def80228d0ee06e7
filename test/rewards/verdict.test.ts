import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { readStrength, readWinner } from '../../src/rewards/pairwise-votes.ts';
import { jsonVerdict, oneOf, tagVerdict, wholeNumber } from '../../src/rewards/parse-verdict.ts';

const ten = (text: string) => tagVerdict(text, 'answer', wholeNumber(1, 10));
const pair = readWinner('tag', true);

test.each([
  { name: 'a number in its tag', text: 'Good.\n<answer>7</answer>', says: 7 },
  { name: 'brackets are trimmed', text: '<answer> [[7]] </answer>', says: 7 },
  { name: 'the last tag counts where an earlier one is no verdict', text: '<answer>N</answer> so <answer>3</answer>', says: 3 },
  { name: 'the same verdict twice is one', text: '<answer>3</answer> ... <answer>[3]</answer>', says: 3 },
  { name: 'two verdicts that differ are none', text: '<answer>3</answer> no, <answer>4</answer>', says: 'conflicting_verdicts' },
  { name: 'think blocks are not read', text: '<think><answer>1</answer></think><answer>9</answer>', says: 9 },
  { name: 'nor is one that the template opened', text: '<answer>1</answer></think><answer>9</answer>', says: 9 },
  { name: 'thinking without an end is cut', text: '<think>It is <answer>9</answer>', says: 'unclosed_reasoning' },
  { name: 'reasons are never searched', text: 'I give it 9 out of 10. Score: 9', says: 'no_verdict' },
  { name: 'an open tag is none', text: '<answer>9', says: 'no_verdict' },
  { name: 'nothing is no verdict', text: '', says: 'no_verdict' },
  { name: '3/4 is not 3', text: '<answer>3/4</answer>', says: 'unknown_verdict' },
  { name: '0.55 is not 0', text: '<answer>0.55</answer>', says: 'unknown_verdict' },
  { name: '8.5 is no whole number', text: '<answer>8.5</answer>', says: 'unknown_verdict' },
  { name: '11 is not moved to 10', text: '<answer>11</answer>', says: 'unknown_verdict' },
  { name: 'the last tag has no verdict', text: '<answer>3</answer> <answer>N</answer>', says: 'unknown_verdict' },
  { name: 'the format itself, quoted', text: '<answer>N</answer>', says: 'unknown_verdict' },
  { name: 'a nested tag is read from the innermost', text: '<answer>x<answer>4</answer></answer>', says: 4 },
])('score verdicts: $name (methods B.13)', ({ text, says }) => {
  const read = ten(text);
  expect(read.ok ? read.label : read.reason).toBe(says);
});

test.each([
  { text: '<answer>[[A]]</answer>', says: 'first' },
  { text: '<answer>b</answer>', says: 'second' },
  { text: '<Answer>[Tie]</ANSWER>', says: 'tie' },
  { text: 'A is better than B. [[A]]', says: 'no_verdict' },
  { text: '<answer>A or B</answer>', says: 'unknown_verdict' },
  { text: '<answer>[[A]]</answer><answer>[[B]]</answer>', says: 'conflicting_verdicts' },
  { text: 'write <answer>[[A]]</answer> or <answer>[[B]]</answer>: <answer>[[B]]</answer>', says: 'conflicting_verdicts' },
])('pair verdicts: $text is $says (methods B.13, B.15)', ({ text, says }) => {
  const read = pair(text);
  expect(read.ok ? read.label : read.reason).toBe(says);
});

test('a tie is no verdict where the judge may not call one', () => {
  expect(readWinner('tag', false)('<answer>[[tie]]</answer>')).toEqual({ ok: false, reason: 'unknown_verdict' });
});

test.each([
  { text: '<answer>-3</answer>', says: 3 },
  { text: '<answer>[2]</answer>', says: -2 },
  { text: '<answer>0</answer>', says: 'unknown_verdict' },
  { text: '<answer>4</answer>', says: 'unknown_verdict' },
])('strengths are turned on input, so that more favours the first: $text (methods B.15)', ({ text, says }) => {
  const read = readStrength('tag')(text);
  expect(read.ok ? read.label : read.reason).toBe(says);
});

const object = z.looseObject({ score: z.int().min(1).max(10) }).transform(({ score }) => score);
test.each([
  { text: 'Well. {"score": 7, "reason": "fine"}', says: 7 },
  { text: '{"score": 2} then {"score": 7}', says: 7 },
  { text: '{"score": 70}', says: 'unknown_verdict' },
  { text: '{"score": "7"}', says: 'unknown_verdict' },
  { text: '{"score": 1, "score": 10}', says: 'conflicting_verdicts' },
  { text: '["score", 7]', says: 'unknown_verdict' },
  { text: 'score: 7', says: 'no_verdict' },
  { text: '<think>{"score": 7}', says: 'unclosed_reasoning' },
  { text: `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`, says: 'no_verdict' },
])('JSON verdicts: the last balanced object, by its schema: $says (methods B.13)', ({ text, says }) => {
  const read = jsonVerdict(text, object);
  expect(read.ok ? read.label : read.reason).toBe(says);
});

test('random text never has a verdict without a verdict tag (methods M.15)', () => {
  const words = fc.constantFrom(
    'A',
    'B',
    '[[A]]',
    '[[B]]',
    'tie',
    '<answer',
    'answer>',
    '</answer',
    '7',
    '\n',
    '<think>',
    '</think>',
    ' ',
  );
  const text = fc.oneof(
    fc.string({ maxLength: 100 }),
    fc.array(words, { maxLength: 30 }).map((all) => all.join('')),
  );
  fc.assert(
    fc.property(text, (said) => {
      fc.pre(!/<answer>[\s\S]*<\/answer>/i.test(said));
      expect(pair(said).ok).toBe(false);
      expect(ten(said).ok).toBe(false);
    }),
  );
});

test('swapping A and B in what is written swaps the winner (methods M.15)', () => {
  const piece = fc.constantFrom(
    '<answer>A</answer>',
    '<answer>[[B]]</answer>',
    '<answer>tie</answer>',
    'A',
    'B',
    '<think>',
    '</think>',
    ' x ',
  );
  const turned: Record<string, string> = { A: 'B', B: 'A' };
  const swapped: Record<string, string> = { first: 'second', second: 'first', tie: 'tie' };
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const text = pieces.join('');
      const [one, other] = [pair(text), pair(text.replace(/\b[AB]\b/g, (letter) => turned[letter]!))];
      if (one.ok) expect(other).toEqual({ ok: true, label: swapped[one.label] });
      else expect(other).toEqual(one);
    }),
  );
});

test.each([
  ['open tags', '<answer>'.repeat(200_000)],
  ['tags with long contents', `<answer>${' '.repeat(2_000_000)}</answer>`.repeat(2)],
  ['open brackets', '['.repeat(2_000_000)],
  ['open think blocks', '<think>'.repeat(200_000)],
  ['closed and opened', '</answer><answer>'.repeat(100_000)],
])('two megabytes of %s are read in a moment', (_, text) => {
  const began = performance.now();
  expect(ten(text).ok).toBe(false);
  expect(jsonVerdict(text, object).ok).toBe(false);
  expect(performance.now() - began).toBeLessThan(4000); // on a machine that does much else; anything quadratic would take hours
});

test('a label is one of the list, whatever its case and its brackets', () => {
  const read = oneOf(['yes', 'no']);
  expect(read(' (YES) ')).toBe('yes');
  expect(read('yes and no')).toBeUndefined();
  expect(read('')).toBeUndefined();
});
