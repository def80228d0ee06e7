import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CheckOptions, check } from '../../src/answers/check.ts';
import { fastest } from './fastest.ts';

const said = (given: string, reference: string, options?: CheckOptions) => {
  const { equal, how, reason } = check(given, reference, options);
  return equal === true ? how : `${equal === false ? 'not' : 'unknown'} ${how} ${reason}`;
};

describe('what an answer is decides how it is compared (methods G.8)', () => {
  test.each([
    ['Paris', 'paris', 'text'],
    ['New  York', 'new york.', 'text'],
    ['Paris', 'London', 'not text different'],
    ['no solution', '5', 'not number different_kinds'],
    ['0.5', String.raw`\frac{1}{2}`, 'number'],
    ['1,234', '1234.0', 'number'],
    ['2', '3', 'not number different'],
    ['0.333333', '1/3', 'not number different'],
    ['1e999', '1e998', 'not number different'],
    [String.raw`\infty`, '+\u221E', 'number'],
    [String.raw`-\infty`, String.raw`\infty`, 'not number different'],
    ['\u22123', '-3', 'number'],
    [String.raw`90^\circ`, '90', 'number'],
    [String.raw`\{2, 1.0\}`, '{1, 2}', 'set'],
    [String.raw`\{1, 2, 2\}`, String.raw`\{2, 1\}`, 'set'],
    [String.raw`\{1\}`, String.raw`\{1, 2\}`, 'not set different'],
    [String.raw`\emptyset`, '{}', 'set'],
    ['1, 2', String.raw`\{2, 1\}`, 'set'],
    ['(1, 2, 3)', String.raw`(1, \frac{4}{2}, 3)`, 'tuple'],
    ['(1, 2)', '(2, 1)', 'not tuple different'],
    ['(1, 2)', '(1, 2, 3)', 'not tuple different_length'],
    ['[1, 2)', '[1.0, 2)', 'interval'],
    ['[1, 2)', '[1, 2]', 'not interval different_ends'],
    ['(1, 2)', '[1, 2]', 'not interval different_ends'],
    [String.raw`(-\infty, 3]`, String.raw`\left(-\infty,3\right]`, 'interval'],
    [String.raw`(2,\infty)\cup(-\infty,1)`, String.raw`(-\infty,1)\cup(2,\infty)`, 'interval'],
    [String.raw`[1,2]\cup[2,3]`, '[1,3]', 'interval'],
    [String.raw`[1,2)\cup(2,3]`, '[1,3]', 'not interval different'],
    [String.raw`[1,2)\cup\{2\}`, '[1,2]', 'interval'],
    [String.raw`[1,5]\cup[2,3]`, '[1,5]', 'interval'],
    [String.raw`(2,1)\cup[3,4]`, '[3,4]', 'interval'],
    ['1, 2', '2, 1', 'not list different'],
    ['(1, 2)', '5', 'not number different_kinds'],
    [String.raw`\pm 2`, String.raw`\{2,-2\}`, 'unknown set not_understood'],
    [String.raw`x \geq 3`, String.raw`[3,\infty)`, 'unknown interval not_understood'],
    ['', '5', 'unknown text empty'],
    ['5', ' ', 'unknown text empty'],
    ['$$', '5', 'unknown text empty'],
  ])('%s is held against %s: %s', (given, reference, result) => {
    expect(said(given, reference)).toBe(result);
  });

  test.each([
    ['(x+1)^2', 'x^2+2x+1'],
    [String.raw`\frac{\sqrt{8}}{2}`, String.raw`\sqrt{2}`],
    [String.raw`2\sqrt{3}`, String.raw`\sqrt{12}`],
    [String.raw`\sqrt{4}`, '2'],
    ['xy', 'yx'],
    [String.raw`(\sqrt{8}, 1)`, String.raw`(2\sqrt{2}, 1)`],
    [String.raw`\{\sqrt{8}\}`, String.raw`\{2\sqrt{2}, 1\}`],
  ])('formulas are never told by their text: %s and %s', (given, reference) => {
    expect(check(given, reference)).toMatchObject({ equal: 'unknown', reason: 'needs_symbolic' });
  });

  test('a formula of a tuple is not asked for where another member decides', () => {
    expect(said(String.raw`(\sqrt{8}, 1)`, String.raw`(2\sqrt{2}, 2)`)).toBe('not tuple different');
  });

  test('a solver is asked for formulas alone, as they were written, and its word is the result', () => {
    const asked: string[][] = [];
    const solve = (given: string, reference: string) => {
      asked.push([given, reference]);
      return { equal: true, how: 'symbolic', reason: null } as const;
    };
    expect(check(String.raw`(1, \sin 30^\circ, \text{no})`, String.raw`(1.0, \frac12 \cdot x, no)`, {}, solve).equal).toBe(true);
    expect(asked).toEqual([[String.raw`\sin 30\degree`, String.raw`\frac{1}{2} * x`]]);
    expect(check('5', '6', {}, solve).equal).toBe(false);
    expect(asked).toHaveLength(1);
  });
});

describe('tolerance (methods G.8)', () => {
  test.each([
    ['0.3333', '1/3', { rel_tolerance: 1e-3 }, true],
    ['0.3333', '1/3', { rel_tolerance: 1e-4 }, true],
    ['0.3333', '1/3', { rel_tolerance: 9.9e-5 }, false],
    ['9.9', '10', { abs_tolerance: 0.1 }, true], // in float64 10 - 9.9 is 0.0999999999999996
    ['9.8999999999999999999', '10', { abs_tolerance: 0.1 }, false],
    ['-1', '0', { rel_tolerance: 1000 }, false],
    ['-99', '-100', { rel_tolerance: 0.01 }, true],
    ['(0.333, 2.001)', '(1/3, 2)', { rel_tolerance: 1e-2 }, true],
    [String.raw`\{2.001, 1\}`, String.raw`\{1, 2\}`, { abs_tolerance: 0.01 }, true],
    ['[0.999, 2)', '[1, 2)', { abs_tolerance: 0.01 }, true],
    ['50.1%', '50%', { rel_tolerance: 0.01 }, true],
  ])('%s is within %s at %j: %s', (given, reference, options, equal) => {
    expect(check(given, reference, options).equal).toBe(equal);
  });

  test('within the tolerance in exact arithmetic, whatever the numbers', () => {
    const number = fc.integer({ min: -1_000_000, max: 1_000_000 });
    fc.assert(
      fc.property(number, number, fc.integer({ min: 0, max: 2_000_000 }), (a, b, thousandths) => {
        const options = { abs_tolerance: thousandths / 1000 };
        expect(check(`${a}/1000`, `${b}/1000`, options).equal).toBe(Math.abs(a - b) <= thousandths);
      }),
    );
  });
});

test.each([
  ['50%', '0.5', 'strict', false],
  ['50%', '50', 'strict', false],
  ['50%', String.raw`50\%`, 'strict', true],
  ['50%', '0.5', 'divide', true],
  ['0.5', '50%', 'divide', true],
  ['50%', '50', 'divide', false],
  ['42', '0.42', 'divide', false],
  ['4200', '42', 'divide', false],
] as const)('percent: %s against %s by %s is %s (methods G.8)', (given, reference, percent, equal) => {
  expect(check(given, reference, { percent }).equal).toBe(equal);
});

describe('units (methods G.8)', () => {
  test.each([
    ['5 cm', '0.05 m'],
    [String.raw`5\text{ cm}`, '50 mm'],
    ['60 mph', '26.8224 m/s'],
    [String.raw`1 \text{ km}/\text{h}`, String.raw`\frac{5}{18} m/s`],
    ['9.8 m/s^2', String.raw`9.8\ \text{m}\,\text{s}^{-2}`],
    ['3 N', '3 kg*m/s^2'],
    ['1 J/(kg*K)', '1 m^2 s^-2 K^-1'],
    ['1 kWh', '3600000 J'],
    ['3 square feet', '3 ft^2'],
    ['2 cubic meters', '2000 L'],
    ['1 m\u00B2', '10000 cm^2'],
    ['25\u00B0C', '77 \u00B0F'],
    [String.raw`25^\circ \text{C}`, '298.15 K'],
    ['1,234 m', '1.234 km'],
    ['1.5 hours', '90 minutes'],
    ['2 miles per hour', '0.89408 m/s'],
    ['1 byte', '8 bit'],
    ['5 \u00B5m', '0.005 mm'],
    ['1 min', '60 s'],
    ['5 apples', '5 apple'],
    ['2.5e3 g', '2.5 kg'],
    [String.raw`3 \times 10^8 m/s`, '300000 km/s'],
    ['24 months', '2 years'],
    ['50 cents', '0.5 dollars'],
  ])('%s is %s', (given, reference) => {
    expect(said(given, reference)).toBe('unit');
    expect(said(reference, given)).toBe('unit');
  });

  test.each([
    ['5 cm', '5 m', 'not unit different'],
    ['5 cm', '5 kg', 'not unit different_units'],
    ['5 cm', '5', 'not unit unit_missing'],
    ['5', '5 cm', 'not unit unit_missing'],
    ['5 m/s', '5 m s', 'not unit different_units'],
    ['5 cd', '5 d', 'not unit different_units'], // a candela, no hundredth of a day
    ['5 apples', '5 pears', 'unknown unit different_units'],
    ['5 x', '5 m', 'unknown symbolic needs_symbolic'],
    ['25 C', '25\u00B0C', 'not unit different_units'], // coulombs
    ['2 hours 30 minutes', '150 min', 'unknown symbolic needs_symbolic'],
  ])('%s is not said to be %s: %s', (given, reference, result) => {
    expect(said(given, reference)).toBe(result);
  });

  test('a unit may be left out where it is optional, and never be another one', () => {
    expect(said('5', '5 cm', { units: 'optional' })).toBe('unit');
    expect(said('5 m', '5 cm', { units: 'optional' })).toBe('not unit different');
  });

  test('a number with a unit and a formula with one: the formulas are asked for in base units', () => {
    const asked: string[][] = [];
    check(String.raw`2\sqrt{3}\text{ cm}`, String.raw`\sqrt{12} mm`, {}, (...pair) => {
      asked.push(pair);
      return { equal: false, how: 'symbolic', reason: 'different' };
    });
    expect(asked).toEqual([[String.raw`(2\sqrt{3}) \cdot \frac{1}{100}`, String.raw`(\sqrt{12}) \cdot \frac{1}{1000}`]]);
  });
});

describe('by type', () => {
  test.each([
    ['7', '007', { type: 'text' }, 'not text different'],
    ['Yes.', 'yes', { type: 'text' }, 'text'],
    ['50%', '50', { type: 'number' }, 'not number percent_against_number'],
    ['5 apples', '5', { type: 'number' }, 'unit'],
    ['none', '5', { type: 'number' }, 'not number not_a_number'],
    ['5', 'none', { type: 'number' }, 'unknown number reference_is_no_number'],
    [String.raw`\sqrt{4}`, '2', { type: 'number' }, 'unknown symbolic needs_symbolic'],
    ['(B)', 'b', { type: 'choice' }, 'choice'],
    ['The answer is C.', 'B', { type: 'choice' }, 'not choice different'],
    ['F', 'B', { type: 'choice' }, 'not choice not_a_choice'],
    ['F', 'F', { type: 'choice', choices: 'FG' }, 'choice'],
    [String.raw`\boxed{A or B}`, 'B', { type: 'choice' }, 'unknown choice ambiguous'],
    ['B', 'maybe', { type: 'choice' }, 'unknown choice reference_is_no_choice'],
    ['{"a":[1,2.0],"b":null}', '{"b":null,"a":[1.0,2]}', { type: 'json' }, 'json'],
    ['{"a":1}', '{"a":1,"b":2}', { type: 'json' }, 'not json different'],
    ['[1,2]', '[2,1]', { type: 'json' }, 'not json different'],
    ['{"a":0.1004}', '{"a":0.1}', { type: 'json', rel_tolerance: 0.01 }, 'json'],
    ['12345678901234567890', '12345678901234567891', { type: 'json' }, 'not json different'],
    ['{"__proto__":1}', '{}', { type: 'json' }, 'not json different'],
    ['{', '{}', { type: 'json' }, 'not json not_json'],
    ['{}', '{', { type: 'json' }, 'unknown json reference_is_no_json'],
    ['print(1)  \n', 'print(1)', { type: 'code' }, 'code'],
    ['print(1)', 'print(2)', { type: 'code' }, 'unknown code programs_need_tests'],
    ['1, 2', '2, 1', { lists: 'unordered' }, 'list'],
  ] as const)('%s against %s as %j: %s', (given, reference, options, result) => {
    expect(said(given, reference, options)).toBe(result);
  });
});

describe('hostile', () => {
  test('2000 characters are compared, more are unknown', () => {
    expect(said('7'.repeat(2000), '7'.repeat(2000))).toBe('number');
    expect(said('7'.repeat(2001), '7'.repeat(2001))).toBe('unknown text too_long');
    expect(said('7', '7'.repeat(2001))).toBe('unknown text too_long');
  });

  test('JSON is as deep as 64 levels', () => {
    const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
    expect(said(nested(64), nested(64), { type: 'json' })).toBe('json');
    expect(said(nested(10_000), nested(10_000), { type: 'json' })).toBe('unknown json too_deep');
    expect(said('"[[[["', `"${'['.repeat(100)}"`, { type: 'json' })).toBe('not json different');
  });

  test('members are nested 16 deep, and paired off up to 32', () => {
    const nested = (levels: number, inner: string) => `${'(1,'.repeat(levels)}${inner}${')'.repeat(levels)}`;
    expect(said(nested(16, '1'), nested(16, '2'))).toBe('not tuple different');
    expect(said(nested(100, '1'), nested(100, '2'))).toBe('unknown tuple too_deep');
    const set = (size: number, from: number) => String.raw`\{${Array.from({ length: size }, (_, i) => from + i).join(',')}\}`;
    expect(said(set(300, 0), set(300, 0))).toBe('set');
    expect(said(set(300, 0), set(300, 1))).toBe('not set different');
    expect(said(set(100, 0), set(100, 500))).toBe('unknown set too_many_members');
  });

  test.each([
    '(',
    '{',
    '\\{',
    '1,',
    '(1,',
    '\\cup ',
    '[1,2]\\cup',
    '5 m ',
    'm/',
    'm^2 ',
    '%',
    '\\frac{1}{2}',
    '9',
    ' ',
    '5 cm ',
    '\u00B2',
    '1,111',
    'per ',
  ])('takes milliseconds on 2000 characters of %j', (part) => {
    const text = part.repeat(Math.floor(1990 / part.length));
    for (const given of [text, `5 ${text}`, `${text}5`])
      expect(
        fastest(() => check(given.slice(0, 2000), `${given.slice(0, 1990)}1`)),
        given.slice(0, 20),
      ).toBeLessThan(1000);
  });

  test('whatever the texts: never throws, and what is equal has no reason', { timeout: 60_000 }, () => {
    const part = fc.constantFrom(
      ...String.raw`\frac \text{ \sqrt{ \left \{ \} { } ( ) [ ] , ; . = x 1 2 % $ ^ * / cm m/s deg \infty \cup \circ °C kg`.split(
        ' ',
      ),
      ' ',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.array(part, { maxLength: 40 }).map((parts) => parts.join('')),
    );
    const type = fc.constantFrom('auto', 'text', 'number', 'choice', 'json', 'code');
    fc.assert(
      fc.property(text, text, type, (given, reference, as) => {
        const { equal, reason } = check(given, reference, { type: as });
        expect(reason === null).toBe(equal === true);
        if (as !== 'choice' && as !== 'json') expect(check(given, given, { type: as }).equal).not.toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});
