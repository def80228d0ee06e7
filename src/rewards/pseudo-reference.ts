import type { AnswerConfig } from '../../schemas/config.ts';
import { cluster } from '../answers/cluster.ts';
import { extract } from '../answers/extract.ts';
import type { Prefix } from '../operation.ts';
import { consensus } from '../selection/consensus.ts';
import { tokenF1 } from '../selection/similarity/token-f1.ts';

/** Texts that are compared with each other at most (methods A.6). */
const MOST_COMPARED = 64;

/**
 * For each candidate the place of the one that stands in for a right answer: the first that gives the answer of most, where
 * answers can be read (methods A.2), else the one most like the others (methods A.6). It is compared with the next in line,
 * never with itself (methods B.12).
 *
 * @returns why there is none: candidates that all say something else agree on nothing
 */
export function pseudoReferences(candidates: readonly Prefix[], answer: AnswerConfig | null): readonly number[] | string {
  if (answer === null && candidates.length > MOST_COMPARED) return 'too_many_candidates';
  const [best, next] = answer === null ? mostAlike(candidates) : mostFrequent(candidates, answer);
  if (best === undefined || next === undefined) return 'no_consensus';
  return candidates.map((_, place) => (place === best ? next : best));
}

/** Who gives the most frequent answer; of two as frequent the one seen first. */
function mostFrequent(candidates: readonly Prefix[], answer: AnswerConfig): readonly number[] {
  const keys = candidates.map(({ text }) => {
    const read = extract(text, 'stop', answer);
    return read.ok ? read.key : null;
  });
  const clusters = cluster(keys);
  return clusters.reduce<readonly number[]>((most, { members }) => (members.length > most.length ? members : most), []);
}

function mostAlike(candidates: readonly Prefix[]): number[] {
  const agreement = consensus(tokenF1(candidates.map(({ text }) => text)), Array(candidates.length).fill(1));
  return Array.from(agreement.keys()).sort((a, b) => agreement[b]! - agreement[a]! || a - b);
}
