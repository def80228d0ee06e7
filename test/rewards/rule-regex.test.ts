import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Meter } from '../../src/rewards/rules/meter.ts';
import { patternSize } from '../../src/rewards/rules/pattern-size.ts';
import { Pattern } from '../../src/rewards/rules/re2.ts';
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

test('a text is searched as a string is, however it is paid for', () => {
  const pattern = fc.constantFrom('a+b', '(ab|b)+', '^a*$', String.raw`\bb\w*`, 'a.b', '[^a]{2,3}', 'b$|^a', '(a|b)*c');
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' ', '\n', '\u00E9', '\u{1F600}') });
  fc.assert(
    fc.property(pattern, text, (source, given) => {
      const meter = new Meter();
      meter.begin();
      const [own, engine] = [new Pattern(source), new RegExp(source, 'gu')];
      const ascii = /^[\x20-\x7e]*$/.test(given) || !source.includes('\\b'); // RE2's word boundary is of ASCII, as is JavaScript's
      fc.pre(ascii);
      expect(own.test(given, meter)).toBe(new RegExp(source, 'u').test(given));
      expect(own.count(given, meter)).toBe([...given.matchAll(engine)].length);
    }),
  );
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
  test.each(['a{1000}'.repeat(140), `(?:(?:${'a'.repeat(900)}){10}){100}`, `(?:[)]${'a'.repeat(200)}){100}`])(
    '%s is told to be too large without being compiled: that takes seconds',
    (pattern) => {
      expect(patternSize(pattern)).toBeGreaterThan(4000);
    },
  );
  test('what a pattern compiles to is told from its text, and never much too low', () => {
    const atom = fc.constantFrom('a', '.', '[ab]', '[^]]', '\\d', '\\)', '(?:ab)', '(a|b)');
    const piece = fc.tuple(atom, fc.constantFrom('', '*', '{3}', '{2,5}', '{4,}', '?'));
    const pieces = fc.array(piece, { minLength: 1, maxLength: 6 }).map((all) => all.map((one) => one.join('')).join(''));
    const grouped = fc.tuple(pieces, fc.constantFrom('{2}', '{1,7}', '*')).map(([inner, times]) => `(?:${inner})${times}`);
    fc.assert(
      fc.property(fc.oneof(pieces, grouped), (source) => {
        expect(new Pattern(source).size).toBeLessThanOrEqual(4 * patternSize(source) + 16);
      }),
    );
  });
});
