import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalKey } from '../../src/answers/canonical.ts';
import { fastest } from './fastest.ts';

const keyOf = (text: string, numbers = true): string => {
  const key = canonicalKey(text, numbers);
  return key.ok ? key.key : `failed: ${key.reason}`;
};

describe('canonical key', () => {
  test.each([
    [
      'q:1/2',
      [String.raw`\frac{1}{2}`, '0.5', '.5', '1/2', '2/4', String.raw`\dfrac12`, '$0.50$', '1 / 2', String.raw`\tfrac1{2}`],
    ],
    ['q:1234/1', ['1,234', '1234.0', '1{,}234', String.raw`1,\!234`, String.raw`1, \!234`]],
    ['x:1,2', ['1,2', '1, 2']],
    ['p:50/1', [String.raw`50\%`, '50%', '50 %', '\uFF15\uFF10\uFF05']],
    ['q:50/1', ['50']],
    ['q:3/1', ['x = 3', '(3)', 'X=3', '{3}', '((3))', '$3.$', '\uFF13']],
    ['t:(q:1/1;q:2/1)', ['(1, 2)', String.raw`\left(1,2\right)`]],
    ['t:(q:1/1;q:2/1]', ['(1,2]']],
    ['s:{q:1/1;q:2/1}', [String.raw`\{2,1\}`, '{1, 2, 2}', String.raw`\left\{1,2\right\}`]],
    ['q:90/1', [String.raw`90^\circ`, String.raw`90^{\circ}`, '90\u00B0']],
    ['q:3/2', ['1 1/2', String.raw`1\frac{1}{2}`, String.raw`1 \frac12`]],
    ['q:1200/1', [String.raw`1.2\times10^{3}`, '1200', '1.2 * 10^3', '1.2\u00D710^3', String.raw`1.2 \cdot 10^{3}`]],
    ['q:1000/1', ['1e3', '10^3', '10^{3}']],
    ['x:yes', [String.raw`\text{Yes}`, 'yes.', String.raw`\text{\textbf{YES}}`]],
    ['q:0/1', ['-0', '0.00', '-0/5']],
    ['q:-3/1', ['\u22123', '\u20133']],
    [String.raw`x:2\sqrt{3}`, [String.raw`2\sqrt{3}`, String.raw`2 \sqrt{3}`]],
    ['x:5cm', ['5 cm', String.raw`5\,\text{cm}`]],
    ['x:x^2+1', ['x^2+1', 'x^2 + 1']],
    ['x:1/0', ['1/0']],
    ['failed: empty', ['', '  \n ', '$$', String.raw`\(\)`, 'x =']],
  ])('%s is the key of %j (methods G.7)', (key, texts) => {
    expect(texts.map((text) => keyOf(text))).toEqual(texts.map(() => key));
  });

  test.each([
    ['(x=1,y=2)', 't:(x:x=1;x:y=2)'],
    ['x = y = 3', 'x:x=y=3'],
    ['x = 3 < 4', 'x:x=3<4'],
    ['xy = 3', 'x:xy=3'],
    ['{10,2}', 's:{q:10/1;q:2/1}'],
    ['{}', 's:{}'],
    ['()', 'x:()'],
    [String.raw`\{x\}`, 's:{x:x}'],
    ['{x}', 'x:x'],
    ['(a;b, 1)', String.raw`t:(x:a\;b;q:1/1)`],
    ['((1,2],3)', 't:(t:(q:1/1;q:2/1];q:3/1)'],
    ['(1,234)', 't:(q:1/1;q:234/1)'],
    ['(1)+(2)', 'x:(1)+(2)'],
    ['[5]', 'x:[5]'],
    ['(1,2', 'x:(1,2'],
    ['(1}', 'x:(1}'],
    ['0.5/2', 'x:0.5/2'],
    ['3/4/5', 'x:3/4/5'],
    ['3/4/2020', 'x:3/4/2020'],
    ['-3/-6', 'q:1/2'],
    ['3/-6', 'q:-1/2'],
    [String.raw`-\frac{1}{2}`, 'q:-1/2'],
    [String.raw`-\frac{-1}{2}`, 'q:1/2'],
    ['-1 1/2', 'q:-3/2'],
    ['1 3/2', 'x:1 3/2'],
    ['1 0/2', 'x:1 0/2'],
    ['00012', 'q:12/1'],
    ['+5', 'q:5/1'],
    ['-1.5e-2', 'q:-3/200'],
    ['-10^2', 'q:-100/1'],
    ['1e9999', 'x:1e9999'],
    ['10^{9999}', 'x:10^{9999}'],
    ['12,34', 'x:12,34'],
    ['1,234%', 'p:1234/1'],
    [String.raw`\frac{1}{2}\%`, 'p:1/2'],
    ['5%%', 'x:5%%'],
    ['New  York', 'x:new york'],
    ["don\u2019t, D'Or-ly", "x:don\u2019t, d'or-ly"],
    ['B', 'x:b'],
    ['N/A', 'x:N/A'],
    ['1 2 3', 'x:1 2 3'],
    ['x\u00B2', 'x:x\u00B2'],
    ['\u00BD', 'x:\u00BD'],
    [String.raw`\cdots`, String.raw`x:\cdots`],
    [String.raw`\$40`, 'q:40/1'],
    [String.raw`\text{5`, String.raw`x:\text{5`],
  ])('%s has the key %s (methods G.9)', (text, key) => {
    expect(keyOf(text)).toBe(key);
  });

  test('an identifier is no number: the number step is left out (methods G.9)', () => {
    expect(['007', '7', '1/2', '(1,2)', '50%'].map((text) => keyOf(text, false))).toEqual([
      'x:007',
      'x:7',
      'x:1/2',
      't:(x:1;x:2)',
      'x:50%',
    ]);
  });

  test('above 2000 characters there is no key; at 2000 there is', () => {
    expect(keyOf('7'.repeat(2000))).toBe(`q:${'7'.repeat(2000)}/1`);
    expect(keyOf('7'.repeat(2001))).toBe('failed: no_match');
  });

  test('any spelling of a fraction has one key, in lowest terms (methods G.7)', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
        fc.bigInt({ min: 1n, max: 10n ** 30n }),
        fc.bigInt({ min: 1n, max: 999n }),
        (n, d, k) => {
          const key = keyOf(`${n}/${d}`);
          expect(keyOf(`${n * k}/${d * k}`)).toBe(key);
          expect(keyOf(String.raw`\frac{${-n}}{${-d}}`)).toBe(key);
          const [numerator, denominator] = key.slice(2).split('/').map(BigInt);
          expect(numerator! * d).toBe(n * denominator!);
          expect(denominator! > 0n).toBe(true);
        },
      ),
    );
  });

  test('a decimal is the fraction that it says (methods G.7)', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1_000_000, max: 1_000_000 }), fc.integer({ min: 0, max: 8 }), (digits, exponent) => {
        expect(keyOf(`${digits}e-${exponent}`)).toBe(keyOf(`${digits}/1${'0'.repeat(exponent)}`));
        expect(keyOf((digits / 100).toFixed(2))).toBe(keyOf(`${digits}/100`));
      }),
    );
  });

  test('its own text form has the same key, for numbers, tuples and sets (methods M.14)', () => {
    fc.assert(
      fc.property(answer, (text) => {
        const key = keyOf(text);
        expect(keyOf(textForm(key))).toBe(key);
      }),
    );
  });

  test('never throws, whatever the text (methods M.14)', () => {
    const latex = fc.constantFrom(
      ...String.raw`\frac \text{ \boxed{ \left \right \{ \} { } ( ) [ ] , ; . = x 1 2 % $ ^ * / e 10 -`.split(' '),
      ' ',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 2000 }),
      fc.array(latex, { maxLength: 400 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (given) => {
        expect(canonicalKey(given).ok).toBeTypeOf('boolean');
      }),
      { numRuns: 500 },
    );
  });

  test.each(['(', '{', '\\text{', '\\{1,', '((1),', '9', '1/', '-', '\\frac1', '$', ' ', '1,', '10^', '\\frac{1}{', '1 ', 'a '])(
    'takes milliseconds on 2000 characters of %j (methods M.14)',
    (part) => {
      const text = part.repeat(2000 / part.length);
      const nested = `${text.slice(0, 999)}${text.slice(0, 999).replace(/[({]/g, (opener) => (opener === '(' ? ')' : '}'))}`;
      expect(fastest(() => canonicalKey(text))).toBeLessThan(1000);
      expect(fastest(() => canonicalKey(nested))).toBeLessThan(1000);
    },
  );
});

const leaf = fc.oneof(
  fc.integer().map(String),
  fc.tuple(fc.integer(), fc.integer({ min: 1 })).map((parts) => parts.join('/')),
  fc.constantFrom('yes', 'no', 'x', 'a;b', '5 cm', 'pi'),
);
const { answer } = fc.letrec<{ answer: string; members: string }>((tie) => ({
  members: fc.array(tie('answer'), { minLength: 2, maxLength: 4 }).map((members) => members.join(', ')),
  answer: fc.oneof(
    { depthSize: 'small' },
    leaf,
    tie('members').map((members) => `(${members})`),
    tie('members').map((members) => `[${members})`),
    tie('members').map((members) => String.raw`\{${members}\}`),
  ),
}));

/** As methods M.14 has it, with `\{ \}` around a set: `{x}` without a comma is a group. */
function textForm(key: string): string {
  if (key.startsWith('q:')) return key.slice(2);
  if (key.startsWith('x:')) return key.slice(2).replaceAll('\\;', ';');
  const members = membersOf(key.slice(3, -1)).map(textForm).join(',');
  return key.startsWith('s:') ? String.raw`\{${members}\}` : `${key[2]}${members}${key.at(-1)}`;
}

function membersOf(inner: string): string[] {
  const members = [''];
  let depth = 0;
  for (const [at, character] of [...inner].entries()) {
    if ('([{'.includes(character)) depth++;
    if (')]}'.includes(character)) depth--;
    if (character === ';' && depth === 0 && inner[at - 1] !== '\\') members.push('');
    else members[members.length - 1] += character;
  }
  return members;
}
