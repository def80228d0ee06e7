import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitSteps } from '../../src/answers/steps.ts';

test.each([
  ['a\nb', '\n', ['a\n', 'b']],
  ['a\nb\n', '\n', ['a\n', 'b\n']],
  ['\n\n', '\n', ['\n', '\n']],
  ['a\n\n\nb', '\n\n', ['a\n\n', '\nb']],
  ['a', '\n', ['a']],
  ['', '\n', []],
])('%j is cut after each %j: %j', (text, delimiter, steps) => {
  expect(splitSteps(text, delimiter)).toEqual(steps);
});

test('joined, the steps are the text; none is empty; all but the last end in the delimiter', () => {
  const text = fc.array(fc.constantFrom('a', 'b', '\n', ' ')).map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, fc.constantFrom('\n', '\n\n', 'ab', 'a'), (given, delimiter) => {
      const steps = splitSteps(given, delimiter);
      expect(steps.join('')).toBe(given);
      expect(steps).not.toContain('');
      expect(steps.slice(0, -1).every((step) => step.endsWith(delimiter))).toBe(true);
    }),
  );
});
