/** Two answers by what they are (methods G.8), their members like themselves. */
import type { CheckOptions } from '../../schemas/check.ts';
import { escaped, setOf } from './brackets.ts';
import { keyOf } from './canonical.ts';
import { allOf, type CheckResult, decided, type How, type Solve, unknown } from './check-result.ts';
import { closeTo } from './closeness.ts';
import { type Interval, intervalOf, sameUnion } from './interval.ts';
import type { Fraction } from './rational.ts';
import type { Unit } from './unit-table.ts';
import { inBase, sameDimension } from './units.ts';
import { readValue, type Value } from './value.ts';

const MAX_DEPTH = 16;
/** Members that no equal key pairs off are held against each other, so their number is squared. */
const MAX_UNPAIRED = 32;

interface Comparison {
  readonly options: CheckOptions;
  readonly solve: Solve;
  readonly depth: number;
}

/** Compares two `prepared` texts. */
export function compared(given: string, reference: string, options: CheckOptions, solve: Solve): CheckResult {
  return compare(given, reference, { options, solve, depth: 0 });
}

function compare(given: string, reference: string, comparison: Comparison): CheckResult {
  if (given === '' || reference === '') return unknown('text', 'empty');
  const [a, b] = [readValue(given), readValue(reference)];
  if (keyOf(given) === keyOf(reference)) return decided(howOf(b), true);
  if (comparison.depth > MAX_DEPTH) return unknown(howOf(b), 'too_deep');
  const { options, solve } = comparison;
  if (isScalar(a) && isScalar(b)) return scalars(a, b, options);
  if (a.kind === 'infinity' && b.kind === 'infinity') return decided('number', a.negative === b.negative);
  if (isMeasure(a) && isMeasure(b)) return measures(a, b, given, reference, comparison);
  if (isCollection(a) && isCollection(b)) return collections(a, b, comparison);
  if (isCollection(a) || isCollection(b)) return mixedKinds(given, reference, howOf(b));
  if (a.kind === 'words' && b.kind === 'words' && !(a.name || b.name)) return decided('text', false);
  if (isPlain(a) && isPlain(b)) return decided(howOf(b), false, 'different_kinds');
  return solve(escaped(given), escaped(reference));
}

type Of<Kind extends Value['kind']> = Extract<Value, { kind: Kind }>;
type Scalar = Of<'number' | 'percent'>;
type WithUnit = Of<'quantity' | 'measured'>;
type Measure = Of<'number'> | WithUnit;
type Collection = Of<'set' | 'list' | 'bracket' | 'union'>;

const isScalar = (value: Value): value is Scalar => value.kind === 'number' || value.kind === 'percent';
const isMeasure = (value: Value): value is Measure =>
  value.kind === 'number' || value.kind === 'quantity' || value.kind === 'measured';
const isCollection = (value: Value): value is Collection =>
  value.kind === 'set' || value.kind === 'list' || value.kind === 'bracket' || value.kind === 'union';
/** What no algebra could make equal to something of another kind. */
const isPlain = (value: Value): boolean =>
  value.kind !== 'expression' && value.kind !== 'measured' && !(value.kind === 'words' && value.name);

function scalars(a: Scalar, b: Scalar, options: CheckOptions): CheckResult {
  const how = b.kind;
  if (a.kind === b.kind) return decided(how, closeTo(a.value, b.value, options));
  if ((options.percent ?? 'strict') === 'strict') return decided(how, false, 'percent_against_number');
  const plain = ({ kind, value: [numerator, denominator] }: Scalar): Fraction =>
    kind === 'percent' ? [numerator, denominator * 100n] : [numerator, denominator];
  return decided(how, closeTo(plain(a), plain(b), options));
}

function measures(a: Measure, b: Measure, given: string, reference: string, comparison: Comparison): CheckResult {
  const { options, solve } = comparison;
  if (a.kind !== 'number' && b.kind !== 'number') return withUnits(a, b, comparison);
  if (options.units !== 'optional') return decided('unit', false, 'unit_missing');
  if (a.kind === 'measured' || b.kind === 'measured') return solve(withoutUnit(a, given), withoutUnit(b, reference));
  return decided('unit', closeTo(a.value, b.value, options));
}

const withoutUnit = (measure: Measure, text: string): string => (measure.kind === 'measured' ? measure.expression : text);

function withUnits(a: WithUnit, b: WithUnit, { options, solve }: Comparison): CheckResult {
  if (a.unit === null || b.unit === null) return nouns(a, b, options);
  if (!sameDimension(a.unit.dimension, b.unit.dimension)) return decided('unit', false, 'different_units');
  if (a.kind === 'quantity' && b.kind === 'quantity')
    return decided('unit', closeTo(inBase(a.value, a.unit), inBase(b.value, b.unit), options));
  return solve(formula(a, a.unit), formula(b, b.unit));
}

/** `5 apples` against `5 apples`, `6 apples` or `5 pears`. */
function nouns(a: WithUnit, b: WithUnit, options: CheckOptions): CheckResult {
  if (a.kind !== 'quantity' || b.kind !== 'quantity' || a.noun !== b.noun) return unknown('unit', 'different_units');
  return decided('unit', closeTo(a.value, b.value, options));
}

/** A measure in base units, as a formula. A number with a temperature's offset never comes here beside an expression. */
function formula(measure: WithUnit, { factor: [numerator, denominator] }: Unit): string {
  const number = measure.kind === 'measured' ? measure.expression : `\\frac{${measure.value[0]}}{${measure.value[1]}}`;
  return `(${number}) \\cdot \\frac{${numerator}}{${denominator}}`;
}

function collections(a: Collection, b: Collection, comparison: Comparison): CheckResult {
  const next = { ...comparison, depth: comparison.depth + 1 };
  if (a.kind === 'union' || b.kind === 'union') return unions(a, b, next);
  if (a.kind === 'bracket' && b.kind === 'bracket') return brackets(a, b, next);
  if (a.kind === 'bracket' || b.kind === 'bracket') return decided(howOf(b), false, 'different_kinds');
  const ordered = a.kind === 'list' && b.kind === 'list' && comparison.options.lists !== 'unordered';
  return ordered ? inOrder('list', a.members, b.members, next) : sets(howOf(b), a.members, b.members, next);
}

function brackets(a: Of<'bracket'>, b: Of<'bracket'>, comparison: Comparison): CheckResult {
  const how = howOf(b);
  if (a.members.length !== b.members.length) return decided(how, false, 'different_length');
  if (a.open !== b.open || a.close !== b.close) return decided(how, false, 'different_ends');
  return inOrder(how, a.members, b.members, comparison);
}

function inOrder(how: How, a: readonly string[], b: readonly string[], comparison: Comparison): CheckResult {
  if (a.length !== b.length) return decided(how, false, 'different_length');
  return allOf(
    how,
    a.map((member, place) => compare(member, b[place]!, comparison)),
  );
}

/** Each member of either side has an equal one on the other. */
function sets(how: How, a: readonly string[], b: readonly string[], comparison: Comparison): CheckResult {
  const [aKeys, bKeys] = [a, b].map((members) => new Map(members.map((member) => [keyOf(member), member])));
  const [left, right] = [unpaired(aKeys!, bKeys!), unpaired(bKeys!, aKeys!)];
  if (left.length === 0 && right.length === 0) return decided(how, true);
  if (left.length > MAX_UNPAIRED || right.length > MAX_UNPAIRED) return unknown(how, 'too_many_members');
  const has = (member: string, others: readonly string[], swap: boolean): CheckResult => {
    let best = decided(how, false);
    for (const other of others) {
      const result = swap ? compare(other, member, comparison) : compare(member, other, comparison);
      if (result.equal === true) return result;
      if (result.equal === 'unknown') best = result;
    }
    return best;
  };
  // Within a tolerance one may be near a member that is paired already.
  const [aAll, bAll] = [few(aKeys!, left), few(bKeys!, right)];
  return allOf(how, [...left.map((member) => has(member, bAll, false)), ...right.map((member) => has(member, aAll, true))]);
}

const unpaired = (members: ReadonlyMap<string, string>, others: ReadonlyMap<string, string>): string[] =>
  Array.from(members).flatMap(([key, member]) => (others.has(key) ? [] : [member]));

const few = (members: ReadonlyMap<string, string>, open: readonly string[]): readonly string[] =>
  members.size <= MAX_UNPAIRED ? [...members.values()] : open;

/** Unions of intervals are joined first where their ends are numbers; else part by part, and a mismatch proves nothing. */
function unions(a: Collection, b: Collection, comparison: Comparison): CheckResult {
  const [left, right] = [partsOf(a), partsOf(b)];
  if (left === null || right === null) return decided('interval', false, 'different_kinds');
  const [given, reference] = [left, right].map((parts) => parts.map(intervalOf));
  if (!given!.includes(null) && !reference!.includes(null))
    return decided('interval', sameUnion(given as Interval[], reference as Interval[], comparison.options));
  const result = sets('interval', left, right, comparison);
  return result.equal === false ? unknown('interval', 'not_decided') : result;
}

const partsOf = (value: Collection): readonly string[] | null => {
  if (value.kind === 'union') return value.members;
  if (value.kind === 'bracket') return [`${value.open}${value.members.join(',')}${value.close}`];
  return value.kind === 'set' ? value.members.map(setOf) : null;
};

/** A collection against what is none. A formula may still say one: a vector, a condition. */
function mixedKinds(given: string, reference: string, how: How): CheckResult {
  const says = (text: string): boolean =>
    /\\(?:begin|pm|mp|mid|in|leq?|geq?|neq?)(?![A-Za-z])|[<>\u00B1\u2264\u2265\u2260]/.test(text);
  return says(given) || says(reference) ? unknown(how, 'not_understood') : decided(how, false, 'different_kinds');
}

function howOf(value: Value): How {
  switch (value.kind) {
    case 'number':
    case 'percent':
    case 'set':
    case 'list':
      return value.kind;
    case 'infinity':
      return 'number';
    case 'quantity':
    case 'measured':
      return 'unit';
    case 'union':
      return 'interval';
    case 'bracket':
      return value.members.length === 2 && (value.open !== '(' || value.close !== ')' || value.members.some(isInfinite))
        ? 'interval'
        : 'tuple';
    case 'words':
    case 'expression':
      return 'text';
  }
}

const isInfinite = (member: string): boolean => readValue(member).kind === 'infinity';
