/**
 * Whether two formulas are the same, by @cortex-js/compute-engine at 60 digits. Runs in a thread that is stopped when it
 * takes too long; nothing here waits or bounds its time.
 *
 * Two formulas that differ at one point are different; such that agree to 40 digits at every point of a dozen are the same:
 * with numbers of this kind a chance agreement is beyond reach. The engine's own `isEqual` is not asked: it takes 1.41421356237
 * for the root of 2 and leaves `(x+1)^2` undecided (docs/decisions/0006).
 */
import { ComputeEngine, type Expression } from '@cortex-js/compute-engine';
import type { Equivalence, FormulaPair } from '../../schemas/equivalence.ts';
import {
  admitted,
  at,
  type Formula,
  isModest,
  isOperation,
  mathJson,
  operation,
  operatorsOf,
  Refused,
  variablesOf,
} from './formula.ts';
import { readable } from './readable.ts';

const DIGITS = 60;
/** Relative distances: below the one they agree, above the other they differ, between them nothing is said. */
const AGREE = 1e-40;
const DIFFER = 1e-30;
/** Off the real line some functions are computed in float64. */
const DIFFER_IN_FLOAT64 = 1e-9;
/** Real values of these have all their digits (held against mpmath at 70 digits: 5e-60 at most). */
const PRECISE = new Set(
  `Add Subtract Multiply Divide Rational Negate Power Square Sqrt Root Abs Exp Ln Sin Cos Tan Cot Sec Csc Arctan Sinh Cosh Tanh
   Coth Sech Csch Arsinh Factorial Factorial2 Binomial Floor Ceil Round Max Min GCD LCM Mod Sign Degrees Pi ExponentialE
   GoldenRatio`.split(/\s+/),
);
const MAX_LENGTH = 500;
const MAX_VARIABLES = 12;
/** Points that must have a value, where there are variables. */
const LEAST_POINTS = 3;

/** Small and large, of both signs, with no simple relation among them. */
const POINTS = ['0.7310585', '1.3247179', '-0.5671432', '2.2360679', '-1.6180339', '3.3598856', '-2.5029078', '0.1234567'];
const LARGE = ['101.7182818', '-1009.3141592', '17.2020569', '-23.1406926'];
const WHOLE = [3, 5, 2, 7, 4, 11, 6, 9];

const engine = new ComputeEngine();
engine.precision = DIGITS;
engine.tolerance = 1e-58;

export function decide({ given, reference, abs_tolerance = 0, rel_tolerance = 0 }: FormulaPair): Equivalence {
  try {
    return compare(read(given), read(reference), { absolute: abs_tolerance, relative: rel_tolerance });
  } catch (error) {
    if (error instanceof Refused) return unknown(error.reason);
    throw error;
  }
}

const unknown = (reason: NonNullable<Equivalence['reason']>): Equivalence => ({ equal: 'unknown', reason });
const EQUAL: Equivalence = { equal: true, reason: null };
const DIFFERENT: Equivalence = { equal: false, reason: 'different' };

/** @throws Refused */
function read(text: string): Formula {
  if (text.length > MAX_LENGTH) throw new Refused('too_long');
  return admitted(engine.parse(readable(text), { form: 'raw' }).json);
}

interface Tolerance {
  readonly absolute: number;
  readonly relative: number;
}
const NONE: Tolerance = { absolute: 0, relative: 0 };

function compare(given: Formula, reference: Formula, tolerance: Tolerance): Equivalence {
  if (JSON.stringify(given) === JSON.stringify(reference)) return EQUAL;
  const variables = [...variablesOf(given, variablesOf(reference))].sort();
  if (variables.length > MAX_VARIABLES) return unknown('not_allowed');
  const [left, right] = [sides(given), sides(reference)];
  if ((left === null) !== (right === null)) return unknown('not_decided'); // an equation against none
  const points = pointsFor(variables, [given, reference]);
  if (left && right) return equations(left, right, points);
  const seen = points.map((point) => meeting(at(given, point), at(reference, point))).filter((each) => each !== null);
  const named = namesOf(given, reference);
  if (variables.length === 0) return verdict(seen, { least: 1, telling: seen, precise: isPrecise(named), tolerance });
  // off the real line the two may be on different branches, as ln(x^2) and 2 ln(x) are for x < 0
  const telling = named.has('ImaginaryUnit') ? seen : seen.filter(({ real }) => real);
  return verdict(seen, { least: LEAST_POINTS, telling, precise: isPrecise(named), tolerance: NONE });
}

/** Where to look. Factorials and their like are computed at whole numbers only; powers are not at large ones. */
function pointsFor(variables: readonly string[], formulas: readonly Formula[]): ReadonlyMap<string, Formula>[] {
  if (variables.length === 0) return [new Map()];
  const operators = namesOf(...formulas);
  const whole = ['Factorial', 'Factorial2', 'Binomial', 'GCD', 'LCM', 'Mod'].some((operator) => operators.has(operator));
  const values: readonly Formula[] = whole ? WHOLE : [...POINTS, ...LARGE].map((num) => ({ num }));
  return values.map(
    (_, row) => new Map(variables.map((name, place) => [name, values[(row + place * 5 + row * place) % values.length]!])),
  );
}

/** How two formulas stand at one point; null where one of them has no value there, or is too large to compute. */
interface Meeting {
  readonly distance: number;
  /** Of the larger of the two. */
  readonly scale: number;
  readonly referenceScale: number;
  readonly real: boolean;
}

function meeting(given: Formula, reference: Formula): Meeting | null {
  const [a, b] = [value(given), value(reference)];
  if (a === null || b === null) return null;
  const distance = apart(a, b);
  if (distance === null) return null;
  const [size, referenceScale] = [magnitude(a)!, magnitude(b)!]; // `value` gives finite numbers alone
  const real = Math.abs(a.im) <= AGREE * Math.abs(size) && Math.abs(b.im) <= AGREE * Math.abs(referenceScale);
  const larger = Math.max(size, referenceScale);
  const scale = larger < CANCELLED ? Math.max(larger, ...[given, reference].flatMap(addends).map(sizeAlone)) : larger;
  return { distance, scale, referenceScale, real };
}

/** So little is what a sum leaves whose addends cancel: it is held against them. */
const CANCELLED = 1e-20;

const addends = (formula: Formula): readonly Formula[] =>
  isOperation(formula) && ['Add', 'Subtract', 'Negate'].includes(formula.operator)
    ? formula.operands.flatMap(addends)
    : [formula];

function sizeAlone(formula: Formula): number {
  const alone = value(formula);
  return alone === null ? 0 : magnitude(alone)!;
}

/** A finite value, or null. */
function value(formula: Formula): Expression | null {
  if (!isModest(formula)) return null;
  return attempt(() => {
    const number = engine.expr(mathJson(formula) as Parameters<typeof engine.expr>[0]).N();
    return magnitude(number) === null ? null : number;
  });
}

/** |a - b|. Equal ones are told first: the engine throws where the difference of two imaginary numbers is nothing. */
const apart = (a: Expression, b: Expression): number | null =>
  a.isSame(b) ? 0 : attempt(() => magnitude(engine.function('Subtract', [a, b]).N()));

/** Null where the engine fails by a fault of its own: there is no value at that point, and others decide. */
function attempt<T>(compute: () => T): T | null {
  try {
    return compute();
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) return null;
    throw error;
  }
}

const magnitude = ({ re, im }: Expression): number | null => {
  const size = Math.hypot(re, im);
  return Number.isFinite(size) ? size : null;
};

interface Terms {
  /** Points that must have a value. */
  readonly least: number;
  /** Those at which a distance is a difference. */
  readonly telling: readonly Meeting[];
  readonly precise: boolean;
  readonly tolerance: Tolerance;
}

function verdict(seen: readonly Meeting[], { least, telling, precise, tolerance }: Terms): Equivalence {
  const near = ({ distance, referenceScale }: Meeting) =>
    distance <= Math.max(tolerance.absolute, tolerance.relative * referenceScale);
  const agree = (each: Meeting) => each.distance <= AGREE * each.scale || near(each);
  const differ = (each: Meeting) => each.distance > (precise && each.real ? DIFFER : DIFFER_IN_FLOAT64) * each.scale;
  if (telling.some((each) => !agree(each) && differ(each))) return DIFFERENT;
  return seen.length >= least && seen.every(agree) ? EQUAL : unknown('not_decided');
}

const namesOf = (...formulas: readonly Formula[]): ReadonlySet<string> =>
  new Set(formulas.flatMap((formula) => [...operatorsOf(formula)]));

const isPrecise = (names: ReadonlySet<string>): boolean => [...names].every((name) => name.startsWith('$') || PRECISE.has(name));

/** Both sides of an equation as their difference; null where it is none. */
const sides = (formula: Formula): Formula | null =>
  isOperation(formula) && formula.operator === 'Equal' && formula.operands.length === 2
    ? operation('Subtract', ...formula.operands)
    : null;

/** Equations say the same where one is the other times a number: the ratio of their differences is that at every point. */
function equations(given: Formula, reference: Formula, points: readonly ReadonlyMap<string, Formula>[]): Equivalence {
  const ratios = points.flatMap((point) => {
    const ratio = value(operation('Divide', at(given, point), at(reference, point)));
    return ratio === null ? [] : [ratio];
  });
  const [first, ...others] = ratios;
  if (first === undefined || others.length + 1 < LEAST_POINTS || magnitude(first) === 0) return unknown('not_decided');
  const scale = magnitude(first)!; // `value` gives finite numbers alone
  const same = others.every((ratio) => (apart(ratio, first) ?? scale) <= AGREE * scale);
  return same ? EQUAL : unknown('not_decided'); // x = 1 and x^3 = 1 have one real solution
}
