/**
 * Byte-pair encoding of one long piece: again and again the pair that was learned first is merged, of equal ones the leftmost.
 *
 * @param symbols  the characters of the piece
 * @param rankOf  when a pair was learned; undefined where it never was
 * @returns the tokens; joined they are the symbols
 */
export function mergePairs(symbols: readonly string[], rankOf: (left: string, right: string) => number | undefined): string[] {
  const size = symbols.length;
  const names: string[] = [];
  const numbers = new Map<string, number>();
  const numberOf = (name: string): number => {
    const known = numbers.get(name);
    if (known !== undefined) return known;
    numbers.set(name, names.length);
    return names.push(name) - 1;
  };
  // a long piece has few different pairs: what is known of one is asked once
  const ranks = new Map<number, number>();
  const rank = (left: number, right: number): number => {
    const pair = left * (size + size) + right; // no more names than symbols and merges of them
    const known = ranks.get(pair);
    if (known !== undefined) return known;
    const learned = rankOf(names[left]!, names[right]!) ?? NEVER;
    ranks.set(pair, learned);
    return learned;
  };

  const token = Int32Array.from(symbols, numberOf);
  const next = Int32Array.from(symbols, (_, place) => (place + 1 < size ? place + 1 : GONE));
  const previous = Int32Array.from(symbols, (_, place) => place - 1); // of the first one GONE
  const queue = new SmallestFirst();
  const offer = (place: number): void => {
    const learned = next[place] === GONE ? NEVER : rank(token[place]!, token[next[place]!]!);
    if (learned !== NEVER) queue.push(learned * size + place);
  };
  for (let place = 0; place < size; place++) offer(place);
  for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
    const place = key % size;
    const right = next[place]!;
    // what was offered may have been merged since, with what stood on either side of it
    if (token[place] === GONE || right === GONE || rank(token[place]!, token[right]!) * size + place !== key) continue;
    token[place] = numberOf(names[token[place]!]! + names[token[right]!]!);
    token[right] = GONE;
    const after = next[right]!;
    next[place] = after;
    if (after !== GONE) previous[after] = place;
    offer(place);
    if (previous[place] !== GONE) offer(previous[place]!);
  }
  return Array.from(
    token.filter((number) => number !== GONE),
    (number) => names[number]!,
  );
}

const GONE = -1;
const NEVER = -1;

/** A binary heap of numbers. */
class SmallestFirst {
  readonly #heap: number[] = [];

  push(key: number): void {
    const heap = this.#heap;
    let place = heap.length;
    heap.push(key);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (heap[parent]! <= key) break;
      heap[place] = heap[parent]!;
      place = parent;
    }
    heap[place] = key;
  }

  pop(): number | undefined {
    const heap = this.#heap;
    const smallest = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return smallest;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child++;
      if (heap[child]! >= last) break;
      heap[place] = heap[child]!;
      place = child;
    }
    heap[place] = last;
    return smallest;
  }
}
