/** Texts as bags of units: sorted numbers, so that what two have in common is one walk over both. */
export type Bag = Int32Array;

/** The same unit is the same number in every bag. */
export function bagsOf(texts: readonly (readonly string[])[]): Bag[] {
  const numbers = new Map<string, number>();
  const numbered = (unit: string): number => {
    const known = numbers.get(unit);
    if (known !== undefined) return known;
    numbers.set(unit, numbers.size);
    return numbers.size - 1;
  };
  return texts.map((units) => Int32Array.from(units, numbered).sort());
}

/** Units that both hold, each as often as both hold it. */
export function overlap(a: Bag, b: Bag): number {
  let common = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const difference = a[i]! - b[j]!;
    if (difference === 0) common++;
    if (difference <= 0) i++;
    if (difference >= 0) j++;
  }
  return common;
}

/** Tokens between white space: what token F1 and ROUGE-L compare (methods A.6). */
export const words = (text: string): string[] => text.split(/\s+/u).filter((word) => word !== '');
