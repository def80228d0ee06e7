/** How much of a text says again what it said (methods F.5). */

const READ = 100_000; // characters: what repeats does so long before

const WORDS = 8192; // distinct ones whose numbers, four together, still fit an exact integer

/** 1 - distinct n-grams / n-grams, over words: 0 where nothing repeats, and where there are none. Up to n = 4. */
export function repeated(text: string, n: 1 | 2 | 3 | 4): number {
  const words = text.slice(0, READ).match(/\S+/g) ?? [];
  const total = words.length - n + 1;
  if (total <= 0) return 0;
  const numbers = new Map<string, number>();
  const ids = words.map((word) => {
    const known = numbers.get(word) ?? numbers.size % WORDS; // of very many words some share a number: a text of 8,192 different ones is not repetitive
    numbers.set(word, known);
    return known;
  });
  const distinct = new Set<number>();
  for (let start = 0; start < total; start++) {
    let gram = 0;
    for (let place = start; place < start + n; place++) gram = gram * WORDS + ids[place]!;
    distinct.add(gram);
  }
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
