import type { Prefix, Scored } from '../operation.ts';
import { root } from '../operation.ts';
import { finished } from './define.ts';

/**
 * The best of all versions so far: one that finished before one that was cut, then the higher score by `reward`, then the
 * earlier one (methods E.0, E.12). A failed score is below every other.
 */
export function keepBest(versions: readonly Scored[], reward: string): Scored | undefined {
  return versions.reduce<Scored | undefined>((best, next) => (best && !better(next, best, reward) ? best : next), undefined);
}

function better(next: Scored, best: Scored, reward: string): boolean {
  if (finished(next) !== finished(best)) return finished(next);
  const [ours, theirs] = [next.scores[reward], best.scores[reward]];
  if (!ours?.ok) return false;
  return !theirs?.ok || ours.value > theirs.value;
}

/**
 * The best of all versions where no reward is in play: one that finished before one that was cut, then one without a
 * mistake, then the one whose first mistake comes latest, then the earlier one (methods C.12). An unknown one is the last.
 *
 * @param findings  of each version
 */
export function latestMistake(
  versions: readonly Scored[],
  findings: readonly (number | 'none' | 'unknown')[],
): Scored | undefined {
  const value = { none: Number.POSITIVE_INFINITY, unknown: -1 };
  const scored = versions.map((version, place): Scored => {
    const finding = findings[place]!;
    return { ...version, scores: { mistake: { ok: true, value: typeof finding === 'number' ? finding : value[finding] } } };
  });
  const best = keepBest(scored, 'mistake');
  return best && versions[scored.indexOf(best)];
}

/** The first `count` steps of a candidate as a prefix: `P@count`, or the prompt itself where `count` is 0. */
export function firstSteps(candidate: Scored, count: number): Prefix {
  if (count === 0) return root;
  const steps = candidate.steps.slice(0, count);
  const end = candidate.stepEnds?.[count - 1];
  return {
    id: `${candidate.id}@${count}`,
    text: steps.join(''),
    steps,
    tokenCount: end ?? candidate.tokenCount,
    tokens: end === undefined ? undefined : candidate.tokens?.slice(0, end),
    stepEnds: candidate.stepEnds?.slice(0, count),
    textEnds: end === undefined ? undefined : candidate.textEnds?.slice(0, end),
    stepOpen: lastOpen(steps, candidate),
    logprobs: end === undefined ? undefined : candidate.logprobs?.slice(0, end),
  };
}

/**
 * Whether the last of these steps, with which the text of `whole` begins, is open: it was cut within, or is its open last
 * one. Undefined where the text tells it.
 */
export function lastOpen(steps: readonly string[], whole: Prefix): boolean | undefined {
  const { stepOpen, steps: all } = whole;
  if (stepOpen === undefined) return undefined;
  const cut = steps.length > 0 && steps.at(-1)!.length < all[steps.length - 1]!.length;
  return cut || (stepOpen && steps.length === all.length);
}
