/** An ensemble that compares pairs before a judge does: those on which it is of one mind need none (methods B.1). */
import type { Asking } from '../operation.ts';
import type { Named, RewardTask } from './define.ts';
import { memberScores } from './ensemble.ts';
import { type PreferenceStrength, preferenceStrength } from './preference-strength.ts';

interface Entry {
  readonly ensemble?: string | undefined;
}

/** Why the entry's ensemble cannot compare pairs: its kind, or a scale that changes with the candidates of a request. */
export function ensembleFaults({ config: { ensemble: name }, about, lookup }: Named<Entry, unknown>): string[] {
  if (name === undefined) return [];
  const { kind } = lookup.rewards[name]!;
  if (kind !== 'ensemble') return [`"${name}" is a reward of kind ${kind}; \`ensemble\` names one of kind ensemble.`];
  if (about(name).dependsOn !== 'set') return [];
  const maps = 'sigmoid, temperature, platt, isotonic, zscore_ref or minmax_fixed';
  return [
    `"${name}" scores candidates by each other, so that a difference means something else in each request. Give its members a calibration of their own scale: ${maps}.`,
  ];
}

/** How strongly the ensemble prefers the first of each pair, null where too few of its members know; empty without one. */
export function* preferencesOf(
  { config, lookup, about, prompt, candidates }: RewardTask<Entry, unknown>,
  pairs: readonly (readonly [first: number, second: number])[],
): Asking<(PreferenceStrength | null)[]> {
  const ensemble = config.ensemble === undefined ? undefined : lookup.rewards[config.ensemble];
  if (ensemble?.kind !== 'ensemble') return [];
  const { values } = yield* memberScores({ config: ensemble, about, prompt }, candidates);
  const of = (place: number) => values.map((ofMember) => ofMember[place]!);
  return pairs.map(([first, second]) => preferenceStrength(of(first), of(second), ensemble.min_models));
}
