/** How well a reward orders the candidates of one prompt (methods F.3). What is undefined is null: never 0, never 1. */

const HIGHEST_RELEVANCE = 64; // 2^64 is still summed without trouble; labels above it are no grades of relevance

/**
 * Normalised discounted cumulative gain, with the gain 2^rel - 1 or `linear`. Candidates of equal score share their places:
 * each has the mean gain of the tie.
 *
 * @returns null where no candidate is relevant, or where a label is below 0 or above 64
 */
export function ndcg(
  scores: readonly number[],
  relevance: readonly number[],
  k: number = scores.length,
  kind: 'exponential' | 'linear' = 'exponential',
): number | null {
  if (relevance.some((rel) => rel < 0 || rel > HIGHEST_RELEVANCE)) return null;
  const gain = (place: number) => (kind === 'linear' ? relevance[place]! : 2 ** relevance[place]! - 1);
  const gains = sharedInTies(scores, gain);
  const ideal = discounted(
    Array.from(relevance.keys(), gain).sort((a, b) => b - a),
    k,
  );
  return ideal === 0 ? null : discounted(gains, k) / ideal;
}

/** Gains from the best score down, the mean of a tie for each of its members. */
function sharedInTies(scores: readonly number[], gain: (place: number) => number): number[] {
  const order = Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]!);
  const gains: number[] = [];
  for (let start = 0; start < order.length; start = gains.length) {
    let end = start + 1;
    while (end < order.length && scores[order[end]!] === scores[order[start]!]) end++;
    const tied = order.slice(start, end);
    const mean = tied.reduce((sum, place) => sum + gain(place), 0) / tied.length;
    gains.push(...tied.map(() => mean));
  }
  return gains;
}

const discounted = (gains: readonly number[], k: number): number =>
  gains.slice(0, k).reduce((sum, gain, place) => sum + gain / Math.log2(place + 2), 0);

/** How pairs of candidates stand by score and by gold. */
export interface Pairs {
  /** Ordered alike by both. */
  readonly concordant: number;
  readonly discordant: number;
  /** Tied by score alone. */
  readonly tiedScore: number;
  /** Tied by gold alone. */
  readonly tiedGold: number;
}

/** All n (n - 1) / 2 pairs. */
export function comparePairs(scores: readonly number[], gold: readonly number[]): Pairs {
  let [concordant, discordant, tiedScore, tiedGold] = [0, 0, 0, 0];
  for (let one = 0; one < scores.length; one++) {
    for (let other = 0; other < one; other++) {
      const byScore = Math.sign(scores[one]! - scores[other]!);
      const byGold = Math.sign(gold[one]! - gold[other]!);
      if (byScore * byGold > 0) concordant++;
      else if (byScore * byGold < 0) discordant++;
      else if (byGold !== 0) tiedScore++;
      else if (byScore !== 0) tiedGold++;
    }
  }
  return { concordant, discordant, tiedScore, tiedGold };
}

/** Kendall's tau-b, -1 to 1; null where score or gold is constant. */
export function kendallTau({ concordant, discordant, tiedScore, tiedGold }: Pairs): number | null {
  const ordered = concordant + discordant;
  const scale = Math.sqrt((ordered + tiedScore) * (ordered + tiedGold));
  return scale === 0 ? null : (concordant - discordant) / scale;
}

/**
 * Part of the pairs that differ in gold which the score orders alike, a tie counting half; null where none differs. With
 * labels of two kinds it is the AUROC.
 */
export function pairwiseAccuracy({ concordant, discordant, tiedScore }: Pairs): number | null {
  const pairs = concordant + discordant + tiedScore;
  return pairs === 0 ? null : (concordant + tiedScore / 2) / pairs;
}

/** AUROC by ranks, in n log n: for many items. Null where all are of one class. */
export function auroc(scores: ArrayLike<number>, right: ArrayLike<number>): number | null {
  const order = Array.from({ length: scores.length }, (_, place) => place).sort((a, b) => scores[a]! - scores[b]!);
  let [below, pairs, rights] = [0, 0, 0];
  for (let start = 0, end = 0; start < order.length; start = end) {
    let [tiedRight, tiedWrong] = [0, 0];
    for (end = start; end < order.length && scores[order[end]!] === scores[order[start]!]; end++) {
      if (right[order[end]!]) tiedRight++;
      else tiedWrong++;
    }
    pairs += tiedRight * (below + tiedWrong / 2);
    below += tiedWrong;
    rights += tiedRight;
  }
  return rights === 0 || below === 0 ? null : pairs / (rights * below);
}
