import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { patternSize } from '../../src/answers/pattern-size.ts';
import { Pattern, PatternError, patternProblem, StepCap, TooManySteps } from '../../src/answers/re2.ts';

const free = { spend: () => {} };

describe('searching', () => {
  test('a text is searched as a string is, however it is paid for', () => {
    const pattern = fc.constantFrom('a+b', '(ab|b)+', '^a*$', String.raw`\bb\w*`, 'a.b', '[^a]{2,3}', 'b$|^a', '(a|b)*c', '');
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' ', '\n', '\u00E9', '\u{1F600}') });
    fc.assert(
      fc.property(pattern, text, (source, given) => {
        const ascii = /^[\x20-\x7e]*$/.test(given) || !source.includes('\\b'); // RE2's word boundary is of ASCII, as is JavaScript's
        fc.pre(ascii);
        const [own, engine] = [new Pattern(source), new RegExp(source, 'gu')];
        expect(own.test(given, free)).toBe(new RegExp(source, 'u').test(given));
        expect(own.testWhole(given, free)).toBe(new RegExp(`^(?:${source})$`, 'u').test(given));
        const places = Array.from(own.matches(given, free), ({ start, end }) => [start, end]);
        expect(places).toEqual(Array.from(given.matchAll(engine), (match) => [match.index, match.index + match[0].length]));
      }),
    );
  });

  test('from a place on, with what stands before it in sight', () => {
    const step = new Pattern(String.raw`\n\n|\bthen\b`);
    const text = 'a\n\nb, then c, athen';
    expect(step.find(text, free)).toMatchObject({ start: 1, end: 3 });
    expect(step.find(text, free, 2)).toMatchObject({ start: 6, end: 10 });
    expect(step.find(text, free, 7)).toBeNull(); // the rest of a word is no word
    expect(step.find(text, free, text.length)).toBeNull();
    expect(new Pattern('^a').find('aa', free, 1)).toBeNull();
  });

  test('groups stand where they took part', () => {
    const match = new Pattern('(?P<key>[a-z]+)=(\\d+)?(;)?').find('so x=; y=7', free)!;
    expect([match.group(0), match.group(1), match.group(2), match.group(3)]).toEqual([[3, 6], [3, 4], null, [5, 6]]);
    expect(new Pattern('(?P<key>a)').groupNames).toEqual({ key: 1 });
    expect(new Pattern('(a)(b)').groupCount).toBe(2);
  });
});

describe('what a search may cost', () => {
  const within = (units: number, pattern: string, text: string) =>
    Array.from(new Pattern(pattern).matches(text, new StepCap(units))).length;

  test('one that reads on to the end after each match is stopped where it may read no more', () => {
    const text = 'a'.repeat(2000);
    expect(within(20_000_000, 'a.*b|a', text)).toBe(2000);
    expect(() => within(100_000, 'a.*b|a', text)).toThrow(TooManySteps);
    expect(() => new Pattern('(a|b)*c').test(text, new StepCap(100))).toThrow(TooManySteps);
    expect(() => new Pattern('zz').test(text, new StepCap(100))).toThrow(TooManySteps);
  });

  test('each match is paid for, however near the next one is', () => {
    let units = 0;
    const payer = {
      spend(more: number) {
        units += more;
      },
    };
    expect(Array.from(new Pattern('a').matches('aaa', payer))).toHaveLength(3);
    expect(units).toBeGreaterThan(4 * 3);
  });
});

describe('what is no pattern', () => {
  test.each([
    ['(?=a)', /RE2: no look-around, no back-reference/],
    ['(a)\\1', /RE2/],
    ['(', /missing closing \): `\(`\. Patterns are RE2/],
    ['(a{1,1000})', /more than 1000 instructions. Repeat less/],
    ['a{1000}'.repeat(140), /more than 1000 instructions/],
  ])('%s is told in a sentence', (source, says) => {
    expect(patternProblem(source)).toMatch(says);
    expect(() => new Pattern(source)).toThrow(PatternError);
  });
  test('a pattern has no problem', () => {
    expect(patternProblem('#### (.+)')).toBeNull();
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
