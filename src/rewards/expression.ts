import { z } from 'zod';
import { quoted, WinnowError } from '../../schemas/errors.ts';
import { type ExpressionConfig, expressionNode, penaltyCap } from '../../schemas/rewards/expression.ts';
import type { Prefix, Score } from '../operation.ts';
import { score, together } from '../operation.ts';
import { defineReward, type Named, type Scale } from './define.ts';
import { EvaluationFailure, evaluate } from './expression-evaluate.ts';
import { type Range, rangeOfTree } from './expression-range.ts';
import { memberOf, rangesOf, sampleScope, scopeOf, variablesFor } from './expression-scope.ts';
import { evaluateCapped, penaltyBound, sumOf } from './expression-terms.ts';
import { readTree, type Tree, TreeError, variablesOf } from './expression-tree.ts';
import { Meter } from './rules/meter.ts';

/** Shape and size are told when the body is read; names and bounds need the members of the config. */
const options = z.strictObject({
  expression: expressionNode
    .superRefine((given, context) => {
      const fault = given === undefined ? null : faultOfShape(given);
      if (fault !== null) context.addIssue({ code: 'custom', message: fault });
    })
    .optional()
    .describe('In place of that of the config.'),
  penalty_cap: penaltyCap.optional(),
});
type Options = z.output<typeof options>;
type Expression = Pick<Named<ExpressionConfig, Options>, 'config' | 'options' | 'about'>;

function faultOfShape(given: unknown): string | null {
  try {
    readTree(given, null);
    return null;
  } catch (error) {
    if (error instanceof TreeError) return error.message;
    throw error;
  }
}

/** A reward as an arithmetic expression in JSON, interpreted (methods B.14). */
export const expression = defineReward({
  kind: 'expression',
  title: 'An arithmetic expression over other rewards and counts of the text.',
  options,
  dependsOn(named) {
    const tree = treeOf(named);
    const used = tree === null ? [] : [...variablesOf(tree)];
    const dependences = used.map((name) => (name === 'tokens' ? 'candidate' : memberDependence(named, name)));
    return dependences.includes('set') ? 'set' : dependences.includes('candidate') ? 'candidate' : 'text';
  },
  scale(named) {
    const tree = treeOf(named);
    return tree === null
      ? scaleOfRange([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY])
      : scaleOfRange(rangeOfTree(tree, rangesOf(named)));
  },
  cost: "its members', and at most 256 operations",
  members: ({ members }) => Object.values(members),
  refuse(named, subject, param) {
    const fault = faultOfExpression(named);
    if (fault !== null)
      throw new WinnowError('invalid_value', `The expression of the reward ${quoted(named.name)}: ${fault}`, { param });
    const used = variablesOf(treeOf(named)!);
    if (used.has('reference') && subject.references.length === 0)
      throw new WinnowError(
        'capability_missing',
        `The reward ${quoted(named.name)} names reference, and the request has no \`reference\`. Give one.`,
        { param },
      );
    if (used.has('answer') && subject.answer === null)
      throw new WinnowError(
        'capability_missing',
        `The reward ${quoted(named.name)} names answer, and the policy ${quoted(subject.policy)} reads none. Set \`answer\` of the policy.`,
        { param },
      );
  },
  faults(named) {
    const fault = named.config.expression === undefined ? null : faultOfExpression(named);
    return fault === null ? [] : [fault];
  },
  *score(task) {
    const tree = treeOf(task)!; // refused where there is none
    const names = [...new Set([...variablesOf(tree)].flatMap((name) => memberOf(task.config, name) ?? []))];
    const scores = yield* together(names.map((name) => score(task.config.members[name]!, task.prompt, task.candidates)));
    const meter = new Meter();
    const sum = sumOf(tree);
    const bound = boundOf(task, tree) ?? Number.POSITIVE_INFINITY;
    return task.candidates.map((candidate: Prefix, place): Score => {
      const members = new Map(names.map((name, member) => [name, scores[member]![place]!]));
      return scored(() => evaluateCapped(tree, sum, bound, scopeOf(candidate, members, task, meter)));
    });
  },
});

/** Why an expression is none, for these members; null where it is one. With none at all there is nothing to score by. */
export function faultOfExpression(named: Expression): string | null {
  try {
    const tree = treeOf(named);
    if (tree === null) return 'there is no expression. Give one in the config or the request.';
    if (boundOf(named, tree) === null)
      return 'its terms have no bound that a penalty could be a share of. Wrap them in sigmoid or clamp, or set penalty_cap to null.';
    evaluate(tree, sampleScope(named));
    return null;
  } catch (error) {
    if (error instanceof TreeError) return error.message;
    if (error instanceof EvaluationFailure) return `it fails on a sample at ${error.at}: ${error.message}`;
    throw error;
  }
}

function treeOf(named: Expression): Tree | null {
  const given = named.options.expression ?? named.config.expression;
  return given === undefined ? null : readTree(given, variablesFor(named.config));
}

/** Infinite where nothing is capped; null where no cap can be told. */
function boundOf(named: Expression, tree: Tree): number | null {
  const { penalty_cap: own = named.config.penalty_cap } = named.options;
  return own === null ? Number.POSITIVE_INFINITY : penaltyBound(sumOf(tree), own, rangesOf(named));
}

function memberDependence({ config, about }: Expression, variable: string) {
  const member = memberOf(config, variable);
  return member === undefined ? 'text' : about(config.members[member]!).dependsOn;
}

function scaleOfRange([least, most]: Range): Scale {
  const bound = (value: number) => (Number.isFinite(value) ? value : null);
  return { output: least >= 0 && most <= 1 ? 'probability' : 'unknown', range: [bound(least), bound(most)] };
}

function scored(run: () => { value: number; capped: boolean }): Score {
  try {
    const { value, capped } = run();
    return { ok: true, value, ...(capped ? { detail: { penalty_capped: true } } : {}) };
  } catch (error) {
    if (!(error instanceof EvaluationFailure)) throw error;
    return { ok: false, reason: 'expression_failed', detail: { at: error.at, why: error.message } };
  }
}
