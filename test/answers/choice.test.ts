import { expect, test } from 'vitest';
import type { AnswerConfig } from '../../schemas/config.ts';
import { extract } from '../../src/answers/extract.ts';

const choose = (text: string, config: Partial<AnswerConfig> = {}, finish: 'stop' | 'length' = 'stop') => {
  const extraction = extract(text, finish, { type: 'choice', ...config });
  return extraction.ok ? `${extraction.method} ${extraction.key}` : extraction.reason;
};

test.each([
  [String.raw`\boxed{B}`, 'boxed x:b'],
  [String.raw`\boxed{(b)}`, 'boxed x:b'],
  [String.raw`\boxed{\text{Option C.}}`, 'boxed x:c'],
  [String.raw`\boxed{\textbf{(D)}}`, 'boxed x:d'],
  ['<answer>[A]</answer>', 'tag x:a'],
  ['<answer>Choice: B</answer>', 'tag x:b'],
  [String.raw`<answer>B</answer> \boxed{C}`, 'tag x:b'],
  [String.raw`<answer>the second</answer> \boxed{C}`, 'boxed x:c'],
  ['The answer is (B).', 'phrase x:b'],
  ['answer: B', 'phrase x:b'],
  ['**Answer:** C', 'phrase x:c'],
  ['The answer is $D$.', 'phrase x:d'],
  ['The answer is (c)', 'phrase x:c'],
  ['Answer: option B', 'phrase x:b'],
  ['The answer is Option (b).', 'phrase x:b'],
  ['Answer: Choice D, as shown', 'phrase x:d'],
  ['Answer: A\nno wait\nAnswer: B', 'phrase x:b'],
  ['The answer is B. A dog is not.', 'phrase x:b'],
  ['I think so.\n\n(C)\n', 'last_line x:c'],
  ['**C**', 'last_line x:c'],
])('choice of %j is %s (methods G.5)', (text, said) => {
  expect(choose(text)).toBe(said);
});

test.each([
  ['A dog is an animal', 'no_match'],
  ['Bob said Every Cat is fine', 'no_match'],
  ['b', 'no_match'],
  ['answer: b', 'no_match'],
  ['answer: Bob', 'no_match'],
  ['answer: F', 'no_match'],
  [String.raw`\boxed{AB}`, 'no_match'],
  [String.raw`\boxed{A or B}`, 'ambiguous'],
  ['<answer>A, B</answer>', 'ambiguous'],
  ['The answer is A or B.', 'ambiguous'],
  [String.raw`\boxed{}`, 'empty'],
  ['', 'empty'],
])('%j decides for no choice: %s (methods G.5)', (text, reason) => {
  expect(choose(text)).toBe(reason);
});

test('the allowed letters are the ones configured', () => {
  expect(choose(String.raw`\boxed{F}`, { choices: 'FGH' })).toBe('boxed x:f');
  expect(choose(String.raw`\boxed{A}`, { choices: 'FGH' })).toBe('no_match');
  expect(choose('answer is F (A is out)', { choices: 'FGH' })).toBe('phrase x:f');
});

test('configured methods are the only ones tried, and the last line is none of them', () => {
  expect(choose('answer: B\nC', { methods: ['boxed'] })).toBe('no_match');
  expect(choose('C', { methods: ['boxed', 'phrase'] })).toBe('no_match');
});

test('a cut text is believed by its marks only (methods G.9)', () => {
  expect(choose(String.raw`\boxed{B} so`, {}, 'length')).toBe('boxed x:b');
  expect(choose('answer: B', {}, 'length')).toBe('truncated');
  expect(choose('B', {}, 'length')).toBe('truncated');
});
