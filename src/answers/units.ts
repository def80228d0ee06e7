/** Numbers with a unit (methods G.8): `5 cm`, `9.8 m/s^2`, `3 square feet`. */
import { type Fraction, lowest } from './rational.ts';
import { type Dimension, type Unit, unitNamed } from './unit-table.ts';

/** A longer unit is prose. */
const MAX_LENGTH = 64;
const MAX_POWER = 12;
const SUPERSCRIPTS = '\u2070\u00B9\u00B2\u00B3\u2074\u2075\u2076\u2077\u2078\u2079';
const POWERS: Readonly<Record<string, number>> = { square: 2, sq: 2, cubic: 3, cu: 3 };

/** A product of units as `m/s^2`, `kg*m`, `miles per hour`, `sq ft`; null where a part of it is no unit. */
export function unitOf(text: string): Unit | null {
  if (text === '' || text.length > MAX_LENGTH) return null;
  const [numerator = '', ...denominators] = spelled(text).split('/');
  const parts = [factors(numerator, 1), ...denominators.map((part) => factors(part.replace(/^\s*\(|\)\s*$/g, ''), -1))].flat();
  if (parts.includes(null) || parts.length === 0) return null;
  const units = parts as readonly Factor[]; // the line above leaves none that is null
  const [only] = units;
  if (units.length === 1 && only!.power === 1) return only!.unit;
  return units.reduce<Unit>(
    (product, { unit, power }) => ({
      factor: lowest(times(product.factor, raised(unit.factor, power))),
      dimension: joined(product.dimension, unit.dimension, power),
    }),
    { factor: [1n, 1n], dimension: {} },
  );
}

/** One spelling of powers, of `per`, and of the signs for a product. */
const spelled = (text: string): string =>
  text
    .replace(/\^\{([-+]?\d+)\}/g, '^$1')
    .replace(/(\u207B?)([\u2070\u00B9\u00B2\u00B3\u2074-\u2079]+)/g, (_, minus: string, digits: string) => {
      const power = [...digits].map((digit) => SUPERSCRIPTS.indexOf(digit)).join('');
      return `^${minus && '-'}${power}`;
    })
    .replace(/\bper\b/g, '/')
    .replace(/[*\u00B7\u22C5.~]/g, ' ');

interface Factor {
  readonly unit: Unit;
  readonly power: number;
}

function factors(text: string, sign: 1 | -1): (Factor | null)[] {
  const found: (Factor | null)[] = [];
  let next = 1;
  for (const word of text.trim().split(/\s+/)) {
    const named = POWERS[word.toLowerCase()];
    if (named !== undefined && Object.hasOwn(POWERS, word.toLowerCase())) {
      next = named;
      continue;
    }
    const [, name = '', power = '1'] = /^([\p{L}\u20AC]+)(?:\^([-+]?\d{1,2}))?$/u.exec(word) ?? [];
    const unit = unitNamed(name);
    const total = Number(power) * next;
    found.push(unit === undefined || Math.abs(total) > MAX_POWER || total === 0 ? null : { unit, power: sign * total });
    next = 1;
  }
  return next === 1 ? found : [null];
}

const times = (a: Fraction, b: Fraction): Fraction => [a[0] * b[0], a[1] * b[1]];

function raised([numerator, denominator]: Fraction, power: number): Fraction {
  const exponent = BigInt(Math.abs(power));
  const [above, below] = power > 0 ? [numerator, denominator] : [denominator, numerator];
  return [above ** exponent, below ** exponent];
}

function joined(a: Dimension, b: Dimension, power: number): Dimension {
  const sum = new Map(Object.entries(a));
  for (const [base, exponent] of Object.entries(b)) sum.set(base, (sum.get(base) ?? 0) + exponent * power);
  return Object.fromEntries([...sum].filter(([, exponent]) => exponent !== 0));
}

export const sameDimension = (a: Dimension, b: Dimension): boolean =>
  Object.keys(a).length === Object.keys(b).length && Object.entries(a).every(([base, power]) => b[base] === power);

/** `value` of `unit` in base units. */
export function inBase(value: Fraction, { factor, offset }: Unit): Fraction {
  const [numerator, denominator] = times(value, factor);
  if (offset === undefined) return lowest([numerator, denominator]);
  return lowest([numerator * offset[1] + offset[0] * denominator, denominator * offset[1]]);
}
