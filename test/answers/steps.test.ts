import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitSteps, stepPatternProblem } from '../../src/answers/steps.ts';

test.each([
  ['a\nb', '\n', ['a\n', 'b']],
  ['a\nb\n', '\n', ['a\n', 'b\n']],
  ['\n\n', '\n', ['\n', '\n']],
  ['a\n\n\nb', '\n\n', ['a\n\n', '\nb']],
  ['a', '\n', ['a']],
  ['', '\n', []],
])('%j is cut after each %j: %j', (text, delimiter, steps) => {
  expect(splitSteps(text, { delimiter })).toEqual(steps);
});

test('joined, the steps are the text; none is empty; all but the last end in the delimiter', () => {
  const text = fc.array(fc.constantFrom('a', 'b', '\n', ' ')).map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, fc.constantFrom('\n', '\n\n', 'ab', 'a'), (given, delimiter) => {
      const steps = splitSteps(given, { delimiter });
      expect(steps.join('')).toBe(given);
      expect(steps).not.toContain('');
      expect(steps.slice(0, -1).every((step) => step.endsWith(delimiter))).toBe(true);
    }),
  );
});

test.each([
  { text: 'a, b\n\nc', rule: { pattern: '\\n+|, ' }, steps: ['a, ', 'b\n\n', 'c'] },
  { text: 'a\n', rule: { pattern: '\\n+' }, steps: ['a\n'] },
  { text: 'ab', rule: { pattern: '\\b' }, steps: ['ab'] },
  { text: 'One. Two.', rule: { pattern: '\\.\\s' }, steps: ['One. ', 'Two.'] },
  { text: 'a<s>b</s>c', rule: { marks: ['</s>', '<s>'] }, steps: ['a<s>', 'b</s>', 'c'] },
  { text: 'abab', rule: { marks: ['abab', 'ab'] }, steps: ['ab', 'ab'] },
  { text: 'a\nb', rule: { tokens: 1 }, steps: ['a\nb'] },
  { text: '', rule: { tokens: 1 }, steps: [] },
])('$text by $rule: $steps (methods C.0)', ({ text, rule, steps }) => {
  expect(splitSteps(text, rule)).toEqual(steps);
});

test('what a pattern has not paid for is one step: hostile texts end (methods C.0)', () => {
  const steps = splitSteps('a'.repeat(60_000), { pattern: 'a(?:.*b)?' });
  expect(steps.join('')).toHaveLength(60_000);
  expect(steps.length).toBeLessThan(60_000);
});

test.each([
  { pattern: undefined, says: null },
  { pattern: '\\n|, ', says: null },
  { pattern: 'a|', says: /empty string/ },
  { pattern: '$', says: /empty string/ },
  { pattern: '(?!a)b', says: /no look-around/ },
  { pattern: 'a{250}', says: /may have 200/ },
  { pattern: 'a{900}{900}', says: /./ },
])('the pattern $pattern: $says', ({ pattern, says }) => {
  const problem = stepPatternProblem({ pattern });
  if (says === null) expect(problem).toBeNull();
  else expect(problem).toMatch(says);
});
