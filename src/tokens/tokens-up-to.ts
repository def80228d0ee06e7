/** How many tokens it takes until the text has `length` characters. */
export function tokensUpTo(length: number, ends: readonly number[]): number {
  if (length <= 0) return 0;
  const place = ends.findIndex((end) => end >= length);
  return place < 0 ? ends.length : place + 1;
}
