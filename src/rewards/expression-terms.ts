/** The cap on penalties (methods B.14): negative terms may take away only so much of what the positive ones can give. */
import { EvaluationFailure, evaluate, type Scope } from './expression-evaluate.ts';
import { product, type Range, rangeOfTree } from './expression-range.ts';
import type { Tree } from './expression-tree.ts';

interface Term {
  readonly tree: Tree;
  readonly factor: number;
}

/** What a tree adds up, and the clamps around the sum, the inmost first. */
export interface Sum {
  readonly terms: readonly Term[];
  readonly clamps: readonly (readonly [least: Tree, most: Tree])[];
}

/** Terms through sums, differences, signs, constant factors, and clamps around all of it. */
export function sumOf(tree: Tree): Sum {
  const clamps: [Tree, Tree][] = [];
  let inner = tree;
  while (inner.kind === 'operation' && inner.op === 'clamp') {
    clamps.unshift([inner.args[1]!, inner.args[2]!]);
    inner = inner.args[0]!;
  }
  return { terms: termsOf(inner, 1), clamps };
}

function termsOf(tree: Tree, factor: number): Term[] {
  if (tree.kind !== 'operation') return [{ tree, factor }];
  const { op, args } = tree;
  if (op === 'add') return args.flatMap((arg) => termsOf(arg, factor));
  if (op === 'sub') return [...termsOf(args[0]!, factor), ...termsOf(args[1]!, -factor)];
  if (op === 'neg') return termsOf(args[0]!, -factor);
  if (op === 'div' && args[1]!.kind === 'number' && args[1]!.value !== 0) return termsOf(args[0]!, factor / args[1]!.value);
  if (op === 'mul') {
    const rest = args.filter(({ kind }) => kind !== 'number');
    const constant = args.reduce((sofar, arg) => (arg.kind === 'number' ? sofar * arg.value : sofar), factor);
    if (rest.length === 1) return termsOf(rest[0]!, constant);
  }
  return [{ tree, factor }];
}

/**
 * The most that penalties may take away: `cap` of what the positive parts of the terms can add up to. Infinite where no term
 * can be negative.
 *
 * @returns null where a term can be negative and there is no bound on what the others give: then no share of it is a cap
 */
export function penaltyBound({ terms }: Sum, cap: number, rangeOf: (name: string) => Range): number | null {
  const ranges = terms.map(({ tree, factor }) => product(rangeOfTree(tree, rangeOf), [factor, factor]));
  if (ranges.every(([least]) => least >= 0)) return Number.POSITIVE_INFINITY;
  const positive = ranges.reduce((sum, [, most]) => sum + Math.max(most, 0), 0);
  return Number.isFinite(positive) ? cap * positive : null;
}

/** The value of a tree where its penalties are capped, and whether they were. @throws EvaluationFailure */
export function evaluateCapped(tree: Tree, sum: Sum, bound: number, scope: Scope): { value: number; capped: boolean } {
  if (bound === Number.POSITIVE_INFINITY) return { value: evaluate(tree, scope), capped: false };
  const values = sum.terms.map((term) => evaluate(term.tree, scope) * term.factor);
  const penalty = values.reduce((total, value) => total + Math.max(-value, 0), 0);
  if (penalty <= bound) return { value: evaluate(tree, scope), capped: false };
  const gain = values.reduce((total, value) => total + Math.max(value, 0), 0);
  const value = sum.clamps.reduce(
    (inner, [least, most]) => Math.min(Math.max(inner, evaluate(least, scope)), evaluate(most, scope)),
    gain - bound,
  );
  if (!Number.isFinite(value)) throw new EvaluationFailure(tree.at, 'the result is not finite');
  return { value, capped: true };
}
