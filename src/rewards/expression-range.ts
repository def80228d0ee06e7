/** Between which bounds the value of an expression lies, whatever the candidate. */
import type { Operator } from '../../schemas/rewards/expression.ts';
import { sigmoid } from '../selection/sigmoid.ts';
import type { Tree } from './expression-tree.ts';

export type Range = readonly [least: number, most: number];
export const ANY: Range = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
const COUNT: Range = [0, Number.POSITIVE_INFINITY];
const TRUTH: Range = [0, 1];

/** @param rangeOf  of a variable */
export function rangeOfTree(tree: Tree, rangeOf: (name: string) => Range): Range {
  if (tree.kind === 'number') return [tree.value, tree.value];
  if (tree.kind === 'variable') return rangeOf(tree.name);
  if (tree.kind !== 'operation') return ANY;
  return RANGES[tree.op](
    tree.args.map((arg) => rangeOfTree(arg, rangeOf)),
    tree.args,
  );
}

type Bound = (ranges: readonly Range[], args: readonly Tree[]) => Range;

/** A function that never falls. */
const rising =
  (apply: (value: number) => number): Bound =>
  ([range]) => [apply(range![0]), apply(range![1])];
const truth: Bound = () => TRUTH;

const RANGES: Readonly<Record<Exclude<Operator, 'json'>, Bound>> = {
  add: (ranges) => ranges.reduce(([least, most], [a, b]) => [least + a, most + b]),
  sub: ([a, b]) => [a![0] - b![1], a![1] - b![0]],
  mul: (ranges) => ranges.reduce(product),
  div: ([dividend, divisor]) => (divisor![0] <= 0 && divisor![1] >= 0 ? ANY : corners(dividend!, divisor!, (a, b) => a / b)),
  min: (ranges) => [Math.min(...ranges.map(([least]) => least)), Math.min(...ranges.map(([, most]) => most))],
  max: (ranges) => [Math.max(...ranges.map(([least]) => least)), Math.max(...ranges.map(([, most]) => most))],
  abs: ([range]) => magnitude(range!),
  neg: ([range]) => [-range![1], -range![0]],
  pow: ([range], [, power]) => raised(range!, power?.kind === 'number' ? power.value : 0),
  sqrt: rising((value) => Math.sqrt(Math.max(value, 0))),
  log1p: rising((value) => Math.log1p(Math.max(value, -1))),
  exp: rising(Math.exp),
  sigmoid: rising(sigmoid),
  tanh: rising(Math.tanh),
  clamp: ([value, least, most]) => [
    Math.min(Math.max(value![0], least![0]), most![0]),
    Math.min(Math.max(value![1], least![1]), most![1]),
  ],
  lt: truth,
  le: truth,
  gt: truth,
  ge: truth,
  eq: truth,
  and: truth,
  or: truth,
  not: truth,
  if: ([, yes, no]) => [Math.min(yes![0], no![0]), Math.max(yes![1], no![1])],
  mean: () => ANY,
  sum: () => ANY,
  count: () => COUNT,
  len: () => COUNT,
  contains: truth,
};

export const product = (a: Range, b: Range): Range => corners(a, b, (x, y) => x * y);

function corners([a, b]: Range, [c, d]: Range, apply: (x: number, y: number) => number): Range {
  // nothing times what has no bound is nothing, where a float says NaN
  const values = [apply(a, c), apply(a, d), apply(b, c), apply(b, d)].map((value) => (Number.isNaN(value) ? 0 : value));
  return [Math.min(...values), Math.max(...values)];
}

function magnitude([least, most]: Range): Range {
  if (least >= 0) return [least, most];
  return most <= 0 ? [-most, -least] : [0, Math.max(-least, most)];
}

function raised(range: Range, power: number): Range {
  if (power < 0 && range[0] <= 0 && range[1] >= 0) return ANY;
  const [least, most] = power % 2 === 0 ? magnitude(range) : range;
  const ends = [least ** power, most ** power];
  return [Math.min(...ends), Math.max(...ends)];
}
