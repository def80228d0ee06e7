import type { Prompt } from '../../schemas/backend.ts';
import type { StepRule } from '../../schemas/step.ts';
import { splitter } from '../answers/steps.ts';
import type { Asking, Prefix, Score } from '../operation.ts';
import { score } from '../operation.ts';

/** Texts that the caller brings, as candidates: their names are their places. */
export function brought(texts: readonly string[], rule: StepRule): Prefix[] {
  const split = splitter(rule);
  return texts.map((text, index) => ({ id: `0.${index}`, text, steps: split(text), tokenCount: 0 }));
}

/** Scores of the candidates by each reward, in their order. */
export function* scoreAll(
  prompt: Prompt,
  candidates: readonly Prefix[],
  rewards: readonly string[],
): Asking<Record<string, Score>[]> {
  const byCandidate: Record<string, Score>[] = candidates.map(() => ({}));
  for (const reward of rewards) {
    const scores = yield* score(reward, prompt, candidates);
    for (const [place, entry] of scores.entries()) byCandidate[place]![reward] = entry;
  }
  return byCandidate;
}

/** All scores failed for the same cause that a backend gave: there is nothing to show. */
export const nothingScored = (scores: readonly Record<string, Score>[]): boolean =>
  scores.every((byReward) => Object.values(byReward).every(({ ok }) => !ok));
