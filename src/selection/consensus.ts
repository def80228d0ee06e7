/**
 * How well each candidate agrees with the others (methods A.6): the weighted mean of its similarity to each of them, itself
 * left out, since a heavy candidate would elect itself. Where the others weigh nothing, all weigh 1.
 *
 * @param similarity  [hypothesis][reference], 0 to 1
 * @returns one number each, 0 to 1; 1 for a lone candidate
 */
export function consensus(similarity: readonly (readonly number[])[], weights: readonly number[]): number[] {
  const lonely = similarity.some((_, place) => sorted(others(weights, place)) === 0);
  const used = lonely ? weights.map(() => 1) : weights;
  return similarity.map((row, place) => {
    if (row.length === 1) return 1;
    const parts = row.map((value, other) => value * used[other]!);
    return sorted(others(parts, place)) / sorted(others(used, place));
  });
}

const others = (values: readonly number[], place: number): number[] => values.filter((_, other) => other !== place);

/** The sum in ascending order: candidates that agree equally with the others tie to the last bit, wherever they stand. */
const sorted = (values: readonly number[]): number => values.toSorted((a, b) => a - b).reduce((sum, value) => sum + value, 0);
