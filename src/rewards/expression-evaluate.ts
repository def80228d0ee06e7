/** What an expression tree says of one candidate (methods B.14). */
import type { Operator } from '../../schemas/rewards/expression.ts';
import { sigmoid } from '../selection/sigmoid.ts';
import type { Tree, Type } from './expression-tree.ts';
import { Undecided } from './rules/verdict.ts';

const MAX_STRING = 65_536;
const MAX_LIST = 4096;

/** Why there is no value, and at which node. */
export class EvaluationFailure extends Error {
  override readonly name = 'EvaluationFailure';
  readonly at: string;

  constructor(at: string, why: string) {
    super(why);
    this.at = at === '' ? 'the root' : at;
  }
}

export type Value = number | string | readonly number[];

/** What the names of a tree stand for. Both throw Undecided where that is not known; a pointer to nothing is undefined. */
export interface Scope {
  readonly variable: (name: string) => Value;
  readonly json: (pointer: readonly string[], type: Type) => unknown;
}

/** @throws EvaluationFailure where a node has no finite value; parts that are not asked for are not evaluated */
export function evaluate(tree: Tree, scope: Scope): number {
  return number(tree, scope);
}

function number(tree: Tree, scope: Scope): number {
  const value = tree.kind === 'operation' ? OPERATIONS[tree.op](tree.args, scope, tree.at) : leaf(tree, scope);
  if (typeof value !== 'number') throw new EvaluationFailure(tree.at, `a number is wanted, and it is ${described(value)}`);
  if (!Number.isFinite(value)) throw new EvaluationFailure(tree.at, 'the result is not finite');
  return value;
}

function string(tree: Tree, scope: Scope): string {
  const value = leaf(tree, scope);
  if (typeof value !== 'string') throw new EvaluationFailure(tree.at, `a string is wanted, and it is ${described(value)}`);
  if (value.length > MAX_STRING) throw new EvaluationFailure(tree.at, `a string of more than ${MAX_STRING} characters`);
  return value;
}

function list(tree: Tree, scope: Scope): readonly number[] {
  const value = leaf(tree, scope);
  if (!Array.isArray(value) || !value.every(Number.isFinite))
    throw new EvaluationFailure(tree.at, `a list of finite numbers is wanted, and it is ${described(value)}`);
  if (value.length > MAX_LIST) throw new EvaluationFailure(tree.at, `a list of more than ${MAX_LIST} numbers`);
  return value;
}

function leaf(tree: Tree, { variable, json }: Scope): unknown {
  try {
    if (tree.kind === 'json') return json(tree.pointer, tree.type);
    if (tree.kind === 'variable') return variable(tree.name);
    return tree.kind === 'operation' ? undefined : tree.value;
  } catch (error) {
    throw error instanceof Undecided ? new EvaluationFailure(tree.at, error.message) : error;
  }
}

function described(value: unknown): string {
  if (value === undefined) return 'not there';
  return Array.isArray(value) ? 'a list' : value === null ? 'null' : `a ${typeof value}`;
}

type Apply = (args: readonly Tree[], scope: Scope, at: string) => number;

const ofNumbers =
  (apply: (...values: number[]) => number): Apply =>
  (args, scope) =>
    apply(...args.map((arg) => number(arg, scope)));
const truth = (value: boolean): number => (value ? 1 : 0);

const OPERATIONS: Readonly<Record<Exclude<Operator, 'json'>, Apply>> = {
  add: ofNumbers((...values) => values.reduce((sum, value) => sum + value, 0)),
  sub: ofNumbers((a, b) => a! - b!),
  mul: ofNumbers((...values) => values.reduce((product, value) => product * value, 1)),
  div(args, scope, at) {
    const [dividend, divisor] = args.map((arg) => number(arg, scope));
    if (divisor === 0) throw new EvaluationFailure(at, 'division by zero');
    return dividend! / divisor!;
  },
  min: ofNumbers(Math.min),
  max: ofNumbers(Math.max),
  abs: ofNumbers(Math.abs),
  neg: ofNumbers((value) => -value!),
  pow: ofNumbers((base, power) => base! ** power!),
  sqrt(args, scope, at) {
    const value = number(args[0]!, scope);
    if (value < 0) throw new EvaluationFailure(at, 'square root of a negative number');
    return Math.sqrt(value);
  },
  log1p: ofNumbers(Math.log1p),
  exp: ofNumbers(Math.exp),
  sigmoid: ofNumbers(sigmoid),
  tanh: ofNumbers(Math.tanh),
  clamp: ofNumbers((value, least, most) => Math.min(Math.max(value!, least!), most!)),
  lt: ofNumbers((a, b) => truth(a! < b!)),
  le: ofNumbers((a, b) => truth(a! <= b!)),
  gt: ofNumbers((a, b) => truth(a! > b!)),
  ge: ofNumbers((a, b) => truth(a! >= b!)),
  eq([a, b], scope) {
    const compare = a!.type === 'string' ? string : number;
    return truth(compare(a!, scope) === compare(b!, scope));
  },
  and: (args, scope) => truth(args.every((arg) => number(arg, scope) !== 0)),
  or: (args, scope) => truth(args.some((arg) => number(arg, scope) !== 0)),
  not: ofNumbers((value) => truth(value === 0)),
  if: ([condition, yes, no], scope) => number(number(condition!, scope) === 0 ? no! : yes!, scope),
  mean([arg], scope, at) {
    const values = list(arg!, scope);
    if (values.length === 0) throw new EvaluationFailure(at, 'mean of an empty list');
    return total(values) / values.length;
  },
  sum: ([arg], scope) => total(list(arg!, scope)),
  count: ([arg], scope) => list(arg!, scope).length,
  len: ([arg], scope) => string(arg!, scope).length,
  contains: ([text, wanted], scope) => truth(string(text!, scope).includes(string(wanted!, scope))),
};

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
