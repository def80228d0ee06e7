import { bagsOf, overlap } from './bags.ts';

const ORDERS = 6; // characters of the longest n-grams, as in chrF (Popović 2015)
const BETA = 2; // recall counts twice as much as precision: chrF2

/** Characters of all texts together that chrF reads: about a second, and 20 MB, of a Worker. */
export const MOST_CHARACTERS = 131_072;

/**
 * chrF2 of every text as hypothesis (row) against every text as reference (column), 0 to 1: precision and recall of
 * character n-grams of 1 to 6, averaged over the orders that both have, without white space. Not symmetric.
 */
export function chrf(texts: readonly string[]): number[][] {
  const characters = texts.map((text) => Array.from(text.replaceAll(/\s+/gu, '')));
  const sums = texts.map(() => texts.map((): Sum => ({ precision: 0, recall: 0, orders: 0 })));
  for (let order = 1; order <= ORDERS; order++) {
    const bags = bagsOf(characters.map((all) => grams(all, order)));
    for (const [row, one] of bags.entries())
      for (let column = row + 1; column < bags.length; column++) {
        const other = bags[column]!;
        if (one.length === 0 || other.length === 0) continue;
        const common = overlap(one, other);
        add(sums[row]![column]!, common / one.length, common / other.length);
        add(sums[column]![row]!, common / other.length, common / one.length);
      }
  }
  return sums.map((row) => row.map(score));
}

const grams = (characters: readonly string[], order: number): string[] =>
  Array.from({ length: Math.max(0, characters.length - order + 1) }, (_, start) =>
    characters.slice(start, start + order).join(''),
  );

interface Sum {
  precision: number;
  recall: number;
  orders: number;
}

function add(sum: Sum, precision: number, recall: number): void {
  sum.precision += precision;
  sum.recall += recall;
  sum.orders += 1;
}

function score({ precision, recall, orders }: Sum): number {
  if (orders === 0 || precision + recall === 0) return 0;
  const [p, r] = [precision / orders, recall / orders];
  return ((1 + BETA ** 2) * p * r) / (BETA ** 2 * p + r);
}
