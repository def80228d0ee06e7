/** An exact number. What this file hands out is in lowest terms, its denominator above 0. */
export type Fraction = readonly [numerator: bigint, denominator: bigint];

const DECIMAL = String.raw`[-+]?(?:\d+(?:\.\d+)?|\.\d+)`;
/** An exponent has three digits at most: 1e999999999 would be an integer of a gigabyte. */
const EXPONENT = String.raw`[-+]?\d{1,3}`;
const LATEX_FRACTION = (part: string): string => String.raw`\\frac\s*\{\s*(${part})\s*\}\s*\{\s*(${part})\s*\}`;

/** Every way to write a number (methods G.7, G.9), and what it says; null where it says none after all. */
const FORMS: readonly {
  readonly pattern: RegExp;
  readonly read: (groups: readonly (string | undefined)[]) => Fraction | null;
}[] = [
  {
    pattern: new RegExp(`^(${DECIMAL})(?:[eE](${EXPONENT}))?$`),
    read: ([, decimal, exponent]) => scaled(decimal!, exponent ?? '0'),
  },
  {
    pattern: new RegExp(String.raw`^(?:(${DECIMAL})\s*\*\s*|([-+]?))10\s*\^\s*(?:\{\s*(${EXPONENT})\s*\}|(${EXPONENT}))$`),
    read: ([, decimal, sign, braced, bare]) => scaled(decimal ?? `${sign ?? ''}1`, (braced ?? bare)!),
  },
  {
    pattern: /^([-+]?\d+)\s*\/\s*([-+]?\d+)$/,
    read: ([, numerator, denominator]) => [BigInt(numerator!), BigInt(denominator!)],
  },
  {
    pattern: new RegExp(String.raw`^([-+]?)\s*${LATEX_FRACTION(String.raw`[-+]?\d+`)}$`),
    read: ([, sign, numerator, denominator]) => signed(sign!, [BigInt(numerator!), BigInt(denominator!)]),
  },
  {
    pattern: new RegExp(String.raw`^([-+]?)(\d+)(?:\s+(\d+)\s*\/\s*(\d+)|\s*${LATEX_FRACTION(String.raw`\d+`)})$`),
    read: ([, sign, whole, p, q, latexP, latexQ]) =>
      mixed(sign!, BigInt(whole!), [BigInt((p ?? latexP)!), BigInt((q ?? latexQ)!)]),
  },
];

/** A number, or one with a percent sign, whose value is what stands before the sign; null where `text` is neither. */
export function numberOf(text: string): { readonly kind: 'number' | 'percent'; readonly value: Fraction } | null {
  const percent = text.endsWith('%');
  const value = fraction(percent ? text.slice(0, -1).trimEnd() : text);
  return value && { kind: percent ? 'percent' : 'number', value };
}

/**
 * The exact value of a number; null where `text` is none. Reads integers, decimals, `1e3`, `a*10^b`, `a/b`, `\frac{a}{b}`
 * and mixed numbers.
 */
export function fraction(text: string): Fraction | null {
  for (const { pattern, read } of FORMS) {
    const groups = pattern.exec(text);
    const value = groups && read(groups);
    if (value) return value[1] === 0n ? null : lowest(value);
  }
  return null;
}

function scaled(decimal: string, exponent: string): Fraction {
  const [whole = '', decimals = ''] = decimal.split('.');
  const digits = BigInt(`${whole}${decimals}`);
  const shift = Number(exponent) - decimals.length;
  return shift >= 0 ? [digits * 10n ** BigInt(shift), 1n] : [digits, 10n ** BigInt(-shift)];
}

function mixed(sign: string, whole: bigint, [p, q]: Fraction): Fraction | null {
  return p > 0n && p < q ? signed(sign, [whole * q + p, q]) : null;
}

const signed = (sign: string, [numerator, denominator]: Fraction): Fraction => [
  sign === '-' ? -numerator : numerator,
  denominator,
];

export function lowest([numerator, denominator]: Fraction): Fraction {
  let [divisor, rest] = [numerator, denominator];
  while (rest !== 0n) [divisor, rest] = [rest, divisor % rest];
  // The divisor takes the denominator's sign, so that what is left below the line is positive.
  if (divisor < 0n !== denominator < 0n) divisor = -divisor;
  return [numerator / divisor, denominator / divisor];
}
