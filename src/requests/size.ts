import type { BudgetRequest } from '../../schemas/budget.ts';
import { WinnowError } from '../../schemas/errors.ts';
import type { Strategy } from '../strategies/define.ts';

/** What may say how much to spend: the body, the model string or the recipe. */
export interface Source {
  readonly budget: BudgetRequest | undefined;
  readonly options: Readonly<Record<string, unknown>>;
  /** Where its options stand on the wire, as `options.`; the field of each option follows. */
  readonly path: string;
}

export interface Size {
  readonly budget: BudgetRequest | undefined;
  /** The options of all sources, as they are given to the strategy's schema. */
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * Joins the sources, the highest first. The highest one that says anything of size replaces budget and size options of all
 * lower ones together; other options are taken one by one.
 */
export function joinSources(sources: readonly Source[], strategy: Strategy): Size {
  const sizeKeys = Object.keys(strategy.width(4));
  const decides = sources.find(
    ({ budget, options }) => budget !== undefined || sizeKeys.some((key) => options[key] !== undefined),
  );
  const options: Record<string, unknown> = {};
  for (const source of [...sources].reverse())
    for (const [key, value] of Object.entries(source.options)) if (!sizeKeys.includes(key)) options[key] = value;
  if (!decides) return { budget: undefined, options };
  for (const key of sizeKeys) if (decides.options[key] !== undefined) options[key] = decides.options[key];
  if (typeof decides.budget !== 'number') return { budget: decides.budget, options };
  const width = strategy.width(decides.budget);
  refuseDisagreement(decides, width, decides.budget);
  return { budget: decides.budget, options: { ...options, ...width } };
}

function refuseDisagreement(source: Source, width: Readonly<Record<string, unknown>>, budget: number): void {
  for (const [key, value] of Object.entries(width)) {
    const given = source.options[key];
    if (given === undefined || given === value) continue;
    const message = `budget ${budget} means ${key} ${value}, and ${source.path}${key} says ${JSON.stringify(given)}. Give one of the two.`;
    throw new WinnowError('invalid_value', message, { param: `${source.path}${key}` });
  }
}
