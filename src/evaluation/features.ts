/** What the texts of a row look like, whatever a reward says of them: read once for all rewards. */
import type { CandidateSet } from './candidate-set.ts';
import { repeated, repetitive } from './repetition.ts';
import { type StyleMarker, styleMarkers, styleOf } from './style-markers.ts';

export type Trait = StyleMarker | 'repetition';
export const traits: readonly Trait[] = ['repetition', ...styleMarkers];

export interface Features {
  /** Share of repeated 4-grams of each candidate. */
  readonly rep4: readonly number[];
  /** Whether each candidate bears it; a trait that none bears is absent. */
  readonly bearers: ReadonlyMap<Trait, readonly boolean[]>;
}

/** Null where a candidate has no text. */
export function featuresOf({ texts }: CandidateSet): Features | null {
  if (texts === null) return null;
  const rep4 = texts.map((text) => repeated(text, 4));
  const styles = texts.map(styleOf);
  const marked = styleMarkers.map((marker) => [marker, styles.map((found) => found.includes(marker))] as const);
  const all: (readonly [Trait, boolean[]])[] = [['repetition', repetitive(rep4)], ...marked];
  return { rep4, bearers: new Map(all.filter(([, bears]) => bears.includes(true))) };
}
