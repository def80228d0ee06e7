import type { Choice, Rule, SelectionContext } from '../../src/selection/define.ts';
import type { Contender } from '../../src/selection/order.ts';

/** What a rule that asks nobody chooses, with its options at their defaults. */
export function chosen(rule: Rule, contenders: readonly Contender[], context: SelectionContext): Choice {
  const turn = rule.start({}).select(contenders, context).next();
  if (!turn.done) throw new Error(`${rule.name} asks a model, which this bench has none for.`);
  return turn.value;
}
