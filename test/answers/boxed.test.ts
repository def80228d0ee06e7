import { expect, test } from 'vitest';
import { lastBoxed } from '../../src/answers/boxed.ts';

test.each([
  [String.raw`so \boxed{\frac{1}{2}}.`, String.raw`\frac{1}{2}`],
  [String.raw`\boxed{4} no, \boxed{5}`, '5'],
  [String.raw`\boxed{7} and \boxed{8`, '7'],
  [String.raw`\boxed{\left\{1,2\right.}`, String.raw`\left\{1,2\right.`],
  [String.raw`\boxed 9$`, '9'],
  [String.raw`\boxed{\{1,2\}}`, String.raw`\{1,2\}`],
  [String.raw`\boxed{\boxed{5}}`, '5'],
  [String.raw`\boxed{5} \boxed{}`, '5'],
  [String.raw`\fbox{ 3 }`, '3'],
  [String.raw`\boxed {4}`, '4'],
  [String.raw`\boxed 3.50, or so`, '3.50'],
  [String.raw`\boxed 3.`, '3'],
  [String.raw`\boxed 1,234;`, '1,234'],
  [String.raw`} \boxed{1}`, '1'],
  [String.raw`{ \boxed{1}`, '1'],
])('box: %s holds %s (methods G.3)', (text, raw) => {
  const found = lastBoxed(text);
  expect(found).toMatchObject({ ok: true, raw });
  expect(found.ok && text.slice(...found.span)).toBe(raw);
});

test.each([
  [String.raw`\boxed{}`, 'empty'],
  [String.raw`\boxed{ }`, 'empty'],
  [String.raw`\boxed{8`, 'unclosed'],
  [String.raw`\boxedly{8}`, 'no_match'],
  ['boxed{8}', 'no_match'],
])('box: %s holds nothing: %s (methods G.3)', (text, reason) => {
  expect(lastBoxed(text)).toEqual({ ok: false, reason });
});
