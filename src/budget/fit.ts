/**
 * The fit rule (api.md 4): how many tokens each open candidate is granted in the next wave, so that the limit is never
 * passed, a tight one still finishes some, and nothing depends on timing.
 */

/** One candidate that is not closed yet, in planned order: child by child of all samples that are performed together. */
export interface Open extends FitRule {
  /** New tokens that it may have in this operation in all: m. */
  readonly most: number;
  /** New tokens that it has so far: t. */
  readonly tokens: number;
  readonly started: boolean;
}

export interface FitRule {
  /** Tokens of a usual candidate of this kind (or of a usual step): w, where m is not less. */
  readonly typical: number;
  /** Fewer new tokens than this are not worth a start: u, where w is not less. */
  readonly minUseful: number;
  /** What is begun cannot be continued: a grant is all that a candidate may have, or what is left for one alone. */
  readonly whole?: boolean;
}

/**
 * One wave of grants, in tokens, by the place in `open`; 0 is none. Their sum is at most `left`. Started candidates go
 * first; one not started takes at least its w or, where the wave has granted nothing yet, at least its u.
 */
export function wave(open: readonly Open[], left: number): number[] {
  const grants = open.map(() => 0);
  const share = Math.floor(left / open.length);
  let rest = left;
  let granted = false;
  for (const index of startedFirst(open)) {
    const { most, tokens, started, typical, minUseful, whole } = open[index]!;
    const usual = Math.min(most, typical);
    const wanted = whole ? most : Math.max(usual, share);
    const least = started ? 1 : granted ? (whole ? most : usual) : Math.min(usual, minUseful);
    const grant = Math.min(most - tokens, wanted, rest);
    if (grant < least) continue;
    grants[index] = grant;
    rest -= grant;
    granted = true;
  }
  return grants;
}

const startedFirst = (open: readonly Open[]): number[] => {
  const places = open.map((_, index) => index);
  return [...places.filter((index) => open[index]!.started), ...places.filter((index) => !open[index]!.started)];
};

/** Tokens of a usual step where the config tells none: a quarter of what a step may have. */
export const typicalStep = (most: number, configured: number | undefined): number => configured ?? Math.ceil(most / 4);

/** What a strategy of many rounds keeps back for ending its best open prefix when nothing has finished. */
export const finishingReserve = (maxTokens: number, typical: number): number => Math.min(typical, Math.floor(maxTokens / 4));
