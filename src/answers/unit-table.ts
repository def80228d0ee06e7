/** Units by symbol and by name: their exact size in base units, and of what. */
import { type Fraction, fraction } from './rational.ts';

/** Powers of base units; none is 0. */
export type Dimension = Readonly<Record<string, number>>;

export interface Unit {
  /** Base units in one of it. */
  readonly factor: Fraction;
  readonly dimension: Dimension;
  /** Base units at its zero: temperatures alone have one. */
  readonly offset?: Fraction;
}

const unit = (factor: string, dimension: Dimension, offset?: string): Unit => ({
  factor: fraction(factor)!,
  dimension,
  ...(offset === undefined ? {} : { offset: fraction(offset)! }),
});

/** SI and what SI admits: symbol, name, size, dimension. All of these take a prefix. */
const METRIC: readonly (readonly [symbols: string, names: string, factor: string, dimension: Dimension])[] = [
  ['m', 'meter metre', '1', { m: 1 }],
  ['g', 'gram gramme', '1/1000', { kg: 1 }],
  ['s', 'second', '1', { s: 1 }],
  ['A', 'ampere amp', '1', { A: 1 }],
  ['K', 'kelvin', '1', { K: 1 }],
  ['mol', 'mole', '1', { mol: 1 }],
  ['cd', 'candela', '1', { cd: 1 }],
  ['Hz', 'hertz', '1', { s: -1 }],
  ['N', 'newton', '1', { kg: 1, m: 1, s: -2 }],
  ['Pa', 'pascal', '1', { kg: 1, m: -1, s: -2 }],
  ['J', 'joule', '1', { kg: 1, m: 2, s: -2 }],
  ['W', 'watt', '1', { kg: 1, m: 2, s: -3 }],
  ['C', 'coulomb', '1', { A: 1, s: 1 }],
  ['V', 'volt', '1', { kg: 1, m: 2, s: -3, A: -1 }],
  ['F', 'farad', '1', { kg: -1, m: -2, s: 4, A: 2 }],
  ['\u03A9 \u2126', 'ohm', '1', { kg: 1, m: 2, s: -3, A: -2 }],
  ['S', 'siemens', '1', { kg: -1, m: -2, s: 3, A: 2 }],
  ['Wb', 'weber', '1', { kg: 1, m: 2, s: -2, A: -1 }],
  ['T', 'tesla', '1', { kg: 1, s: -2, A: -1 }],
  ['H', 'henry', '1', { kg: 1, m: 2, s: -2, A: -2 }],
  ['L l', 'liter litre', '1/1000', { m: 3 }],
  ['eV', 'electronvolt', '1.602176634e-19', { kg: 1, m: 2, s: -2 }],
  ['Wh', '', '3600', { kg: 1, m: 2, s: -2 }],
  ['cal', 'calorie', '4.184', { kg: 1, m: 2, s: -2 }],
  ['bar', '', '100000', { kg: 1, m: -1, s: -2 }],
  ['bit', '', '1', { bit: 1 }],
  ['B', 'byte', '8', { bit: 1 }],
];

/** No prefix: `min` is a minute, never a thousandth of an inch. */
const OTHER: readonly (readonly [symbols: string, names: string, factor: string, dimension: Dimension, offset?: string])[] = [
  ['min', 'minute', '60', { s: 1 }],
  ['h hr hrs', 'hour', '3600', { s: 1 }],
  ['d', 'day', '86400', { s: 1 }],
  ['wk', 'week', '604800', { s: 1 }],
  ['mo', 'month', '1/12', { year: 1 }],
  ['yr yrs', 'year', '1', { year: 1 }],
  ['t', 'ton tonne', '1000', { kg: 1 }],
  ['in', 'inch inche', '0.0254', { m: 1 }],
  ['ft', 'foot feet', '0.3048', { m: 1 }],
  ['yd', 'yard', '0.9144', { m: 1 }],
  ['mi', 'mile', '1609.344', { m: 1 }],
  ['lb lbs', 'pound', '0.45359237', { kg: 1 }],
  ['oz', 'ounce', '0.028349523125', { kg: 1 }],
  ['gal', 'gallon', '0.003785411784', { m: 3 }],
  ['qt', 'quart', '0.000946352946', { m: 3 }],
  ['pt', 'pint', '0.000473176473', { m: 3 }],
  ['ha', 'hectare', '10000', { m: 2 }],
  ['ac', 'acre', '4046.8564224', { m: 2 }],
  ['atm', 'atmosphere', '101325', { kg: 1, m: -1, s: -2 }],
  ['mph', '', '0.44704', { m: 1, s: -1 }],
  ['kph kmh', '', '5/18', { m: 1, s: -1 }],
  ['deg', 'degree', '1', { degree: 1 }],
  ['degC', '', '1', { K: 1 }, '273.15'],
  ['degF', '', '5/9', { K: 1 }, '45967/180'],
  ['USD', 'dollar', '1', { dollar: 1 }],
  ['', 'cent', '1/100', { dollar: 1 }],
  ['EUR \u20AC', 'euro', '1', { euro: 1 }],
];

const PREFIXES: Readonly<Record<string, readonly [name: string, power: number]>> = {
  Y: ['yotta', 24],
  Z: ['zetta', 21],
  E: ['exa', 18],
  P: ['peta', 15],
  T: ['tera', 12],
  G: ['giga', 9],
  M: ['mega', 6],
  k: ['kilo', 3],
  h: ['hecto', 2],
  da: ['deca', 1],
  d: ['deci', -1],
  c: ['centi', -2],
  m: ['milli', -3],
  u: ['micro', -6],
  '\u00B5': ['micro', -6],
  '\u03BC': ['micro', -6],
  n: ['nano', -9],
  p: ['pico', -12],
  f: ['femto', -15],
  a: ['atto', -18],
};

const words = (list: string): readonly string[] => list.split(' ').filter((word) => word !== '');
const plural = (names: string): readonly string[] => words(names).flatMap((name) => [name, `${name}s`]);

const symbols = new Map<string, Unit>();
const names = new Map<string, Unit>();
for (const [metric, long, factor, dimension] of METRIC) {
  const plain = unit(factor, dimension);
  for (const [prefix, [prefixName, power]] of Object.entries(PREFIXES)) {
    const [numerator, denominator] = fraction(`1e${power}`)!;
    const scaled = { factor: [plain.factor[0] * numerator, plain.factor[1] * denominator], dimension } as const;
    for (const symbol of words(metric)) symbols.set(`${prefix}${symbol}`, scaled);
    for (const name of plural(long)) names.set(`${prefixName}${name}`, scaled);
  }
}
// Exact symbols last: they win over a prefix and a symbol that read the same (`cd`, `Pa`, `min`, `ft`).
for (const [listed, long, factor, dimension, offset] of [...METRIC.map((row) => [...row, undefined] as const), ...OTHER]) {
  const plain = unit(factor, dimension, offset);
  for (const symbol of words(listed)) symbols.set(symbol, plain);
  for (const name of plural(long)) names.set(name, plain);
}

/** A unit by its symbol, whose case counts, or by its English name; undefined where there is none of that name. */
export const unitNamed = (name: string): Unit | undefined => symbols.get(name) ?? names.get(name.toLowerCase());
