/**
 * A formula that may be computed: what the parser of @cortex-js/compute-engine read, checked against a list of operators and
 * bounds, before the engine sees it. Numbers are computed with here for their size alone.
 */

/** What is let through: a name, a number (of many digits as text), or an operator with its operands. */
export type Formula = string | number | { readonly num: string } | Operation;

export interface Operation {
  readonly operator: string;
  readonly operands: readonly Formula[];
}

export const operation = (operator: string, ...operands: readonly Formula[]): Operation => ({ operator, operands });

export class Refused extends Error {
  readonly reason: 'not_understood' | 'not_allowed' | 'too_deep' | 'too_long';
  constructor(reason: Refused['reason']) {
    super(reason);
    this.reason = reason;
  }
}

const OPERATORS = new Set(
  `Add Subtract Multiply Divide Rational Negate Power Square Sqrt Root Abs Exp Ln Log Lb Lg Sin Cos Tan Cot Sec Csc Arcsin
   Arccos Arctan Arccot Arcsec Arccsc Sinh Cosh Tanh Coth Sech Csch Arsinh Arcosh Artanh Factorial Factorial2 Binomial Floor
   Ceil Round Max Min GCD LCM Mod Sign Degrees Equal`.split(/\s+/),
);
const CONSTANTS = new Set(['Pi', 'ExponentialE', 'ImaginaryUnit', 'GoldenRatio']);
const RENAMED: Readonly<Record<string, string>> = { e: 'ExponentialE', i: 'ImaginaryUnit' };

const MAX_NODES = 300;
const MAX_DEPTH = 48;
const MAX_DIGITS = 60;
/** Bits of a number, before or after its point: a power up to there is computed in milliseconds. */
const MAX_LOG2 = 8192;
const MAX_FACTORIAL = 500;

/**
 * The formula without what only stands for writing: brackets, products without a sign. Variables are strings that begin
 * with `$`, so that none of them is taken for a name of the engine.
 *
 * @throws Refused
 */
export function admitted(parsed: unknown): Formula {
  let nodes = 0;
  return admit(parsed, 0);

  function admit(part: unknown, depth: number): Formula {
    if (++nodes > MAX_NODES || depth > MAX_DEPTH) throw new Refused('too_deep');
    if (typeof part === 'number') return Number.isFinite(part) ? part : refuse('not_allowed');
    if (typeof part === 'string') return symbol(part);
    if (!Array.isArray(part)) return numeral(part);
    const [operator, ...operands] = part as [unknown, ...unknown[]];
    if (operator === 'Error' || operator === 'Nothing') return refuse('not_understood');
    if (operator === 'Delimiter' && operands.length === 1) return admit(operands[0], depth + 1);
    if (operator === 'Apply') return inverse(operands, depth);
    const inner = operands.map((operand) => admit(operand, depth + 1));
    if (operator === 'InvisibleOperator') return operation(isMixed(operands) ? 'Add' : 'Multiply', ...inner);
    if (typeof operator !== 'string' || !OPERATORS.has(operator) || inner.length === 0) return refuse('not_allowed');
    return operation(operator, ...inner);
  }

  /** `\sin^{-1} x`. */
  function inverse([head, ...operands]: unknown[], depth: number): Formula {
    const [kind, name] = Array.isArray(head) ? head : [];
    if (kind !== 'InverseFunction' || operands.length !== 1) return refuse('not_allowed');
    return admit([`Arc${String(name).toLowerCase()}`, operands[0]], depth);
  }
}

const refuse = (reason: Refused['reason']): never => {
  throw new Refused(reason);
};

function symbol(name: string): Formula {
  if (name === 'Nothing') return refuse('not_understood');
  const known = Object.hasOwn(RENAMED, name) ? RENAMED[name]! : name;
  if (CONSTANTS.has(known)) return known;
  if (name.startsWith("'") || OPERATORS.has(name) || /Infinity|NaN|Undefined/.test(name)) return refuse('not_allowed');
  return `$${name}`;
}

function numeral(part: unknown): Formula {
  const digits = (part as { num?: unknown } | null)?.num;
  if (typeof digits !== 'string' || digits.length > MAX_DIGITS || !/^[-+]?\d*\.?\d+(?:[eE][-+]?\d{1,3})?$/.test(digits))
    return refuse('not_allowed');
  return { num: digits };
}

/** `2\frac{1}{3}`: a whole number before a fraction of whole numbers is a sum (methods G.9). */
const isMixed = ([whole, part, ...more]: unknown[]): boolean =>
  more.length === 0 &&
  Number.isInteger(whole) &&
  Array.isArray(part) &&
  (part[0] === 'Divide' || part[0] === 'Rational') &&
  Number.isInteger(part[1]) &&
  Number.isInteger(part[2]) &&
  part[1] > 0 &&
  part[1] < part[2];

export const isOperation = (formula: Formula): formula is Operation => typeof formula === 'object' && 'operator' in formula;

export function variablesOf(formula: Formula, found = new Set<string>()): Set<string> {
  if (typeof formula === 'string' && formula.startsWith('$')) found.add(formula);
  if (isOperation(formula)) for (const operand of formula.operands) variablesOf(operand, found);
  return found;
}

/** Operators and names of a formula. */
export function operatorsOf(formula: Formula, found = new Set<string>()): Set<string> {
  if (!isOperation(formula)) return typeof formula === 'string' ? found.add(formula) : found;
  found.add(formula.operator);
  for (const operand of formula.operands) operatorsOf(operand, found);
  return found;
}

/** The formula with numbers for its variables. */
export function at(formula: Formula, point: ReadonlyMap<string, Formula>): Formula {
  if (typeof formula === 'string') return point.get(formula) ?? formula;
  if (!isOperation(formula)) return formula;
  return operation(formula.operator, ...formula.operands.map((operand) => at(operand, point)));
}

/** As the engine takes it. */
export const mathJson = (formula: Formula): unknown =>
  isOperation(formula) ? [formula.operator, ...formula.operands.map(mathJson)] : formula;

/** Whether no number on the way is too large to compute with, of a formula without variables. */
export const isModest = (formula: Formula): boolean => logSize(formula) <= MAX_LOG2;

/**
 * A bound on |log2 of |value||, roughly: how many digits it has before or after its point. Infinite where some part is too
 * large. A difference may cancel to almost nothing, which makes numbers small, not long.
 */
function logSize(formula: Formula): number {
  if (typeof formula === 'string') return 2;
  if (!isOperation(formula)) return sizeOf(Number(typeof formula === 'number' ? formula : formula.num));
  const { operator, operands } = formula;
  const sizes = operands.map(logSize);
  const largest = Math.max(...sizes);
  if (largest > MAX_LOG2) return Number.POSITIVE_INFINITY;
  const [first = 0, second = 0] = sizes;
  switch (operator) {
    case 'Add':
    case 'Subtract':
    case 'Max':
    case 'Min':
    case 'Mod':
      return largest + Math.log2(sizes.length);
    case 'Multiply':
    case 'Divide':
    case 'Rational':
    case 'LCM':
      return sizes.reduce((sum, each) => sum + each, 0);
    case 'Power':
      return Math.max(1, first) * magnitude(operands[1]!, second);
    case 'Root':
      return first * Math.max(1, 2 ** Math.min(second, 64));
    case 'Square':
      return 2 * first;
    case 'Exp':
    case 'Sinh':
    case 'Cosh':
      return 2 * magnitude(operands[0]!, first);
    case 'Factorial':
    case 'Factorial2':
    case 'Binomial':
      return ofFactorial(Math.max(...operands.map((operand, place) => magnitude(operand, sizes[place]!))));
    default:
      return largest;
  }
}

const ofFactorial = (most: number): number => (most > MAX_FACTORIAL ? Number.POSITIVE_INFINITY : most * Math.log2(most + 2));

const sizeOf = (value: number): number => (value === 0 ? 0 : Math.abs(Math.log2(Math.abs(value))));

/** How large an exponent is at most: itself where it is a number, else by its digits. */
function magnitude(formula: Formula, digits: number): number {
  if (typeof formula === 'number') return Math.abs(formula);
  if (typeof formula === 'object' && 'num' in formula) return Math.abs(Number(formula.num));
  if (isOperation(formula)) {
    const { operator, operands } = formula;
    const sizes = operands.map((operand) => magnitude(operand, logSize(operand)));
    if (operator === 'Negate' || operator === 'Abs') return sizes[0]!;
    if (operator === 'Divide' || operator === 'Rational') {
      const [, below] = operands;
      return typeof below === 'number' && below !== 0 ? sizes[0]! / Math.abs(below) : 2 ** Math.min(digits, 64);
    }
    if (operator === 'Add' || operator === 'Subtract') return sizes.reduce((sum, each) => sum + each, 0);
    if (operator === 'Multiply') return sizes.reduce((product, each) => product * each, 1);
  }
  return 2 ** Math.min(digits, 64);
}
