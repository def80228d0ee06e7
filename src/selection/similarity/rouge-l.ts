import { words } from './bags.ts';

/** Word operations of 32 cells each that all pairs together may take: about half a second. */
export const MOST_WORK = 2 ** 25;

/** ROUGE-L F1 of every pair of texts, 0 to 1: twice their longest common subsequence of tokens over both lengths. */
export function rougeL(texts: readonly string[]): number[][] {
  const tokens = texts.map(words);
  const matrix = texts.map(() => texts.map(() => 0));
  for (const [row, one] of tokens.entries())
    for (let column = row + 1; column < tokens.length; column++) {
      const other = tokens[column]!;
      if (one.length === 0 || other.length === 0) continue;
      const f1 = (2 * longestCommon(one, other)) / (one.length + other.length);
      matrix[row]![column] = f1;
      matrix[column]![row] = f1;
    }
  return matrix;
}

/** What `rougeL` would take, in word operations. */
export function rougeWork(texts: readonly string[]): number {
  const lengths = texts.map((text) => words(text).length);
  const sum = lengths.reduce((total, length) => total + length, 0);
  const squares = lengths.reduce((total, length) => total + length * length, 0);
  return (sum * sum - squares) / 2 / 32 + texts.length * sum;
}

/**
 * Length of the longest common subsequence, 32 cells of the table at a time (Hyyrö 2004): a cell's bit is 0 where the length
 * grows.
 */
export function longestCommon(a: readonly string[], b: readonly string[]): number {
  const places = Map.groupBy(a.keys(), (place) => a[place]!);
  const row = new Uint32Array(Math.ceil(a.length / 32)).fill(0xffffffff);
  const match = new Uint32Array(row.length);
  for (const token of b) {
    const found = places.get(token);
    if (!found) continue; // a token that is nowhere changes nothing
    for (const place of found) match[place >>> 5]! |= 1 << (place & 31);
    let carry = 0;
    for (let word = 0; word < row.length; word++) {
      const matched = (row[word]! & match[word]!) >>> 0;
      const sum = row[word]! + matched + carry;
      carry = sum > 0xffffffff ? 1 : 0;
      row[word] = (sum >>> 0) | (row[word]! & ~match[word]!);
    }
    for (const place of found) match[place >>> 5] = 0;
  }
  let length = 0;
  for (let place = 0; place < a.length; place++) if (((row[place >>> 5]! >>> (place & 31)) & 1) === 0) length++;
  return length;
}
