import { bagsOf, overlap, words } from './bags.ts';

/** F1 of the tokens between white space of every pair of texts, 0 to 1; 0 with an empty one (methods A.6). */
export function tokenF1(texts: readonly string[]): number[][] {
  const bags = bagsOf(texts.map(words));
  const matrix = texts.map(() => texts.map(() => 0));
  for (const [row, one] of bags.entries())
    for (let column = row + 1; column < bags.length; column++) {
      const other = bags[column]!;
      const tokens = one.length + other.length;
      const f1 = tokens === 0 ? 0 : (2 * overlap(one, other)) / tokens;
      matrix[row]![column] = f1;
      matrix[column]![row] = f1;
    }
  return matrix;
}
