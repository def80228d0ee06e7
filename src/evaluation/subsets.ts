/** Means over k-subsets, where no closed form is at hand. */
import { mulberry32 } from '../random.ts';
import { choose } from './estimators.ts';

/** Mean of `credit` over k-subsets of 0..n-1: over all of them where they are at most `limit`, else over `limit` drawn ones. */
export function meanOverSubsets(
  { n, k, limit, random }: { n: number; k: number; limit: number; random: () => number },
  credit: (subset: readonly number[]) => number,
): number {
  let sum = 0;
  let count = 0;
  const subsets = choose(n, k) <= limit ? allSubsets(n, k) : drawnSubsets(n, k, limit, random);
  for (const subset of subsets) {
    sum += credit(subset);
    count++;
  }
  return sum / count;
}

/** Every k-subset of from..n-1, ascending. */
export function* allSubsets(n: number, k: number, from = 0): Generator<number[]> {
  if (k === 0) yield [];
  else for (let first = from; first <= n - k; first++) for (const rest of allSubsets(n, k - 1, first + 1)) yield [first, ...rest];
}

/** Each is the first k places of a shuffle. */
function* drawnSubsets(n: number, k: number, count: number, random: () => number): Generator<number[]> {
  const places = Array.from({ length: n }, (_, place) => place);
  for (let drawn = 0; drawn < count; drawn++) {
    for (let place = 0; place < k; place++) {
      const other = place + Math.floor(random() * (n - place));
      [places[place], places[other]] = [places[other]!, places[place]!];
    }
    yield places.slice(0, k);
  }
}

/** Subsets that are drawn where there are more: 256 add 0.03 of noise a problem, which the mean over problems divides. */
const subsetsOf = (k: number): number => Math.min(256, Math.max(16, Math.floor(8192 / k)));

/**
 * Expected gold where one of k drawn samples is picked with a probability of softmax(score / temperature) (methods A.5). One
 * without a score is picked only where none of the k has one, each as likely.
 */
export function softmaxOfK(
  scores: readonly (number | null)[],
  gold: readonly number[],
  { k, temperature, seed, limit = subsetsOf(k) }: { k: number; temperature: number; seed: number; limit?: number },
): number {
  const random = mulberry32(seed);
  return meanOverSubsets({ n: scores.length, k, limit, random }, (subset) => {
    const valid = subset.filter((place) => scores[place] !== null);
    if (valid.length === 0) return subset.reduce((sum, place) => sum + gold[place]!, 0) / subset.length;
    const most = valid.reduce((top, place) => Math.max(top, scores[place]!), Number.NEGATIVE_INFINITY);
    let [sum, total] = [0, 0];
    for (const place of valid) {
      const weight = Math.exp((scores[place]! - most) / temperature); // the largest is taken off first: exp(710) is infinite
      sum += weight * gold[place]!;
      total += weight;
    }
    return sum / total;
  });
}
