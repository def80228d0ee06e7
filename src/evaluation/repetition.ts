/** How much of a text says again what it said (methods F.5). */

const READ = 100_000; // characters: what repeats does so long before

/** 1 - distinct n-grams / n-grams, over words: 0 where nothing repeats, and where there are none. */
export function repeated(text: string, n: number): number {
  const words = text
    .slice(0, READ)
    .split(/\s+/)
    .filter((word) => word !== '');
  const total = words.length - n + 1;
  if (total <= 0) return 0;
  const distinct = new Set<string>();
  for (let start = 0; start < total; start++) distinct.add(words.slice(start, start + n).join(' '));
  return 1 - distinct.size / total;
}

const MUCH = 0.3;
const MORE_THAN_OTHERS = 0.2;

/** Which candidates repeat themselves: rep-4 above 0.3, or above the median of the candidates by 0.2. */
export function repetitive(rep4: readonly number[]): boolean[] {
  const usual = median(rep4);
  return rep4.map((share) => share > MUCH || share > usual + MORE_THAN_OTHERS);
}

/** The middle value, or the mean of the two in the middle; NaN where there is none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
