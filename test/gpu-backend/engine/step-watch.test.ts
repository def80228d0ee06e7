import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StepWatch } from '../../../gpu-backend/engine/step-watch.ts';
import type { StepRule } from '../../../schemas/step.ts';
import { standing } from '../../../src/answers/step-count.ts';
import { stepEndsOf } from '../../../src/answers/steps.ts';

const ends = (rule: StepRule, before: string, pieces: readonly string[], tokens = 0) => {
  const watch = new StepWatch(rule, standing(rule, before, { tokens }));
  return pieces.map((piece) => watch.push(piece));
};

test.each([
  { name: 'over two pieces', before: '', pieces: ['a\n', '\n'], expected: [null, 3] },
  { name: 'with text after it in the same piece', before: '', pieces: ['a\n\nb'], expected: [3] },
  { name: 'begun in an open step before', before: 'a\n', pieces: ['\n'], expected: [1] },
  { name: 'not made of the end of the delimiter before', before: 'a\n\n', pieces: ['\n', 'x'], expected: [null, null] },
])('a step ends at its delimiter, $name (methods C.0)', ({ before, pieces, expected }) => {
  expect(ends({ delimiter: '\n\n' }, before, pieces)).toEqual(expected);
});

test.each([
  {
    name: 'a match that may grow waits for the next token',
    pattern: '\\n+',
    pieces: ['a', '\n', '\n', 'b'],
    expected: [null, null, null, 3],
  },
  { name: 'one that has grown no further lies before the token', pattern: '\\n+|, ', pieces: ['a, ', 'b'], expected: [null, 3] },
  { name: 'one in the middle of a token ends it there', pattern: ', ', pieces: ['a, b'], expected: [3] },
  { name: 'one that what follows decides', pattern: '\\.\\b', pieces: ['a.', 'b'], expected: [null, 2] },
  { name: 'an empty match ends nothing', pattern: '\\b', pieces: ['a', ' b', ' '], expected: [null, null, null] },
  {
    name: 'the beginning of a text is no beginning of a step',
    pattern: '^b',
    pieces: ['a', 'b', 'c'],
    expected: [null, null, null],
  },
])('a step ends by a pattern: $name (methods C.0)', ({ pattern, pieces, expected }) => {
  expect(ends({ pattern }, '', pieces)).toEqual(expected);
});

test('a match is found behind a long step, and may look at the character before it', () => {
  const long = 'x'.repeat(5000);
  expect(ends({ pattern: '\\bend;' }, 'before\n', [long, ' e', 'nd;', ' '])).toEqual([null, null, null, 5005]);
  expect(ends({ pattern: '^x' }, '', [long])).toEqual([1]);
  expect(ends({ pattern: '^y' }, '', [long, 'y', 'z'])).toEqual([null, null, null]);
});

test('a step has so many tokens, those of an open one before it counted, and text (methods C.0)', () => {
  expect(ends({ tokens: 3 }, '', ['a', '', 'b', 'c'])).toEqual([null, null, 2, null]);
  expect(ends({ tokens: 3 }, 'ab', ['c', 'd'], 2)).toEqual([1, null]);
  expect(ends({ tokens: 2 }, '', ['', '', '', 'a'])).toEqual([null, null, null, 1]);
});

test('a step ends after a mark that can be read, and after one that reads as nothing (methods C.0)', () => {
  const rule = { marks: ['END', '##'] };
  expect(ends(rule, '', ['a', '#', '#'])).toEqual([null, null, 3]);
  expect(ends(rule, 'a#', ['#'])).toEqual([1]);
  expect(ends(rule, '', ['a EN', 'D'])).toEqual([null, 5]);
  const silent = new StepWatch(rule, standing(rule, ''));
  expect([silent.push('', true), silent.push('a'), silent.push('', true)]).toEqual([null, null, 1]);
});

test('however a text is cut into tokens, its first step ends where the whole text says', () => {
  const parts = fc.array(fc.string({ unit: fc.constantFrom('a', ' ', '\n', '.'), minLength: 1, maxLength: 4 }), {
    maxLength: 12,
  });
  const rules = fc.constantFrom<StepRule[]>({ delimiter: '\n\n' }, { pattern: '\\n+|\\. ' }, { marks: ['a.', '\n'] });
  fc.assert(
    fc.property(parts, rules, (pieces, rule) => {
      const found = ends(rule, '', [...pieces, 'x']).find((end) => end !== null);
      expect(found).toBe(stepEndsOf(`${pieces.join('')}x`, rule)[0]);
    }),
  );
});
