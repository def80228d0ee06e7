/** How sure a policy was of what it wrote, from its log-probabilities (methods A.9; Fu et al. 2025, DeepConf). */
import type { TokenLogprob } from '../../schemas/candidate.ts';
import { alternatives, type Measure, measure, window } from '../../schemas/rewards/certainty.ts';
import { type Contender, validScore } from './order.ts';
import { mean } from './statistics.ts';

/** Options of every rule that goes by confidence. */
export const confidenceOptions = {
  alternatives: alternatives.describe(
    "Most likely tokens whose log-probabilities make a token's confidence; 20 in DeepConf's code (methods A.9).",
  ),
  window: window.default(2048),
  measure: measure.default('lowest_group'),
};

export interface Measurement {
  readonly alternatives: number;
  readonly window: number;
  readonly measure: Measure;
}

/**
 * Confidence of each token: minus the mean log-probability of its `alternatives` most likely ones, at least 0; higher is more
 * peaked. What a server adds to them (the sampled token, where it is not among them) is left out.
 *
 * @returns null where a token has no alternatives
 */
export function tokenConfidences(logprobs: readonly TokenLogprob[], alternatives: number): number[] | null {
  const confidences: number[] = [];
  for (const { top = [] } of logprobs) {
    const most = top
      .map(({ logprob }) => logprob)
      .filter(Number.isFinite)
      .sort((a, b) => b - a)
      .slice(0, alternatives);
    if (most.length === 0) return null;
    confidences.push(Math.max(0, -mean(most)));
  }
  return confidences;
}

/** One number for a trace of token confidences; the plain mean where it is no longer than the window. Never of none. */
export function traceConfidence(confidences: readonly number[], { window, measure }: Omit<Measurement, 'alternatives'>): number {
  if (measure === 'mean' || confidences.length <= window) return mean(confidences);
  if (measure === 'tail') return mean(confidences.slice(-window));
  const groups = groupMeans(confidences, window).sort((a, b) => a - b);
  return measure === 'lowest_group' ? groups[0]! : mean(groups.slice(0, Math.max(1, Math.floor(0.1 * groups.length))));
}

/** Means over every `window` neighbours. Differences of a running sum, so the time does not grow with the window. */
function groupMeans(confidences: readonly number[], window: number): number[] {
  let sum = 0;
  const sums = [0, ...confidences.map((confidence) => (sum += confidence))];
  return Array.from({ length: confidences.length - window + 1 }, (_, start) => (sums[start + window]! - sums[start]!) / window);
}

/** The contenders with their confidence in the place of a score: a failed one where there are no log-probabilities. */
export const byConfidence = (contenders: readonly Contender[], measurement: Measurement): Contender[] =>
  contenders.map((contender) => {
    const { logprobs = [] } = contender;
    const confidences = logprobs.length === 0 ? null : tokenConfidences(logprobs, measurement.alternatives);
    if (!confidences) return { ...contender, score: { ok: false, reason: 'no_logprobs' } };
    return { ...contender, score: { ok: true, value: traceConfidence(confidences, measurement) } };
  });

/** The reward's scores where one is valid, else those of `others`: who stands for a cluster (methods A.2). */
export const scoredOrElse = (contenders: readonly Contender[], others: readonly Contender[]): readonly Contender[] =>
  contenders.some((contender) => validScore(contender) !== null) ? contenders : others;

/** The value that `percent` of the values are below, with linear interpolation between neighbours. Never of none. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = ((sorted.length - 1) * percent) / 100;
  const below = sorted[Math.floor(place)]!;
  return below + (sorted[Math.ceil(place)]! - below) * (place - Math.floor(place));
}
