import { describe, expect, test } from 'vitest';
import { CheckError } from '../../src/rewards/rules/verdict.ts';
import { passed } from './rule-run.ts';

test.each([
  ['b', {}, 'abc', true],
  ['^b', {}, 'abc', false],
  ['b', { mode: 'full_match' }, 'abc', false],
  ['.b.', { mode: 'full_match' }, 'abc', true],
  ['b', { mode: 'none' }, 'abc', false],
  ['x', { mode: 'none' }, 'abc', true],
  ['B', { case_insensitive: true }, 'abc', true],
  ['^b', { multiline: true }, 'a\nb', true],
  ['a.b', {}, 'a\nb', false],
  ['a.b', { dot_all: true }, 'a\nb', true],
  [String.raw`\d+`, { min: 2, max: 2 }, '1 and 22', true],
  [String.raw`\d+`, { min: 3 }, '1 and 22', false],
  [String.raw`\d+`, { max: 1 }, '1 and 22', false],
  [String.raw`\d+`, { max: 0 }, 'none', true],
  ['x*', { min: 4, max: 4 }, 'abc', true], // empty matches, the one at the end too
  ['\u{1F600}{2}', { mode: 'full_match' }, '\u{1F600}\u{1F600}', true],
  [String.raw`^\p{Lu}\pL+$`, {}, '\u00C9t\u00E9', true],
  [String.raw`(?i)foo\b`, {}, 'a FOO.', true],
] as const)('%s %j of %j is %j', (pattern, more, text, verdict) => {
  expect(passed({ check: 'regex', pattern, ...more }, text)).toBe(verdict);
});

describe('catastrophic patterns', () => {
  const within = (run: () => unknown) => {
    const began = performance.now();
    const result = run();
    expect(performance.now() - began).toBeLessThan(10_000);
    return result;
  };
  const verdict = (pattern: string, text: string, more: object = {}) =>
    within(() => passed({ check: 'regex', pattern, ...more }, text));

  test('nested repetition takes linear time', () => {
    for (const pattern of ['(a+)+$', '(a|a)*b', '(x+x+)+y', String.raw`(\w+\s?)*\n`, '(a*)*b'])
      expect(verdict(pattern, `${'a'.repeat(1_000_000)}!`)).toBe(false);
  });
  test('a search that reads to the end after each match is cut: 20,000 of it took 84 s', () => {
    expect(verdict('a.*b|a', 'a'.repeat(20_000), { min: 20_000 })).toBeNull();
    expect(verdict('a.*b|a', 'a'.repeat(20_000), { max: 3 })).toBe(false);
    expect(verdict('a.*b|a', 'a'.repeat(500), { min: 500 })).toBe(true);
  });
  test('a pattern that the automaton cannot hold is cut', () => {
    const mixed = Array.from({ length: 200_000 }, (_, place) => 'ab'[Math.imul(place, 0x9e3779b1) >>> 31]).join('');
    expect([null, mixed.at(-401) === 'a']).toContain(verdict('[ab]*a[ab]{400}c', `${mixed}c`));
    expect(verdict('[ab]*a[ab]{400}c', `${mixed}c`, { min: 1 })).toBeNull(); // 200,000 characters by 400 threads
  });
  test.each([
    '(a{1,1000})',
    '(?:a?){500}a{500}',
    'a{1000}'.repeat(140),
    `(?:(?:${'a'.repeat(900)}){10}){100}`,
    String.raw`(?:\Q)\E${'a'.repeat(200)}){100}`,
    `(?:[)]${'a'.repeat(200)}){100}`,
    String.raw`(?:\)${'a'.repeat(200)}){100}`,
    '(a)\\1',
    '(?<=a)b',
    '(',
    'a**'.repeat(2),
  ])('%s is refused before it costs anything', (pattern) => {
    within(() => expect(() => passed({ check: 'regex', pattern }, 'a')).toThrow(CheckError));
  });
});
