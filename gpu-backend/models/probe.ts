import type { KvBuffer, LanguageModel, LanguageRows, Outputs } from './language-model.ts';

const CAPACITY = 24;
const TEXT = 6;

/**
 * Reads one text as a whole, and again in parts: two rows of different lengths that decode together, and several tokens on
 * top of a past. What the graph is thought to do is so checked by what it does, at load, in a few tiny runs.
 *
 * @returns the largest difference of a logit, as a part of the range of all; infinite where one is not finite
 */
export async function probe(
  model: Pick<LanguageModel, 'caches' | 'memory' | 'vocabulary' | 'context'>,
  rowsOf: (buffer: KvBuffer) => LanguageRows,
): Promise<number> {
  const capacity = Math.min(CAPACITY, model.context);
  const storage = model.memory?.allocate({ rows: 2 * capacity, kept: 0 }, capacity);
  const arrays = storage?.arrays ?? model.caches.map(({ heads, bytes }) => new Uint8Array(2 * heads * bytes * capacity));
  const rows = rowsOf({ arrays, capacity, maxRows: 2, ...(storage ? { storage } : {}) });
  try {
    const text = Array.from({ length: Math.min(TEXT, capacity) }, (_, index) => (7 * index + 3) % model.vocabulary);
    const whole = await each(rows, { row: 0, tokens: text, past: 0 }, model.vocabulary);
    const [long, short] = [text.length - 2, 1];
    await each(rows, { row: 0, tokens: text.slice(0, long), past: 0 }, model.vocabulary);
    await each(rows, { row: 1, tokens: text.slice(0, short), past: 0 }, model.vocabulary);
    const together = split(
      await rows.decode({ tokens: [text[long]!, text[short]!], lengths: [long, short], temperatures: [0, 0] }),
      model.vocabulary,
    );
    const more = await each(rows, { row: 1, tokens: text.slice(short + 1), past: short + 1 }, model.vocabulary);
    return Math.max(
      difference(together[0]!, whole[long]!),
      difference(together[1]!, whole[short]!),
      ...more.map((logits, index) => difference(logits, whole[short + 1 + index]!)),
    );
  } finally {
    rows.release();
    storage?.release();
  }
}

type Reading = Parameters<LanguageRows['read']>[0];

async function each(
  rows: LanguageRows,
  reading: Omit<Reading, 'temperature' | 'wanted'>,
  vocabulary: number,
): Promise<Float32Array[]> {
  return split(await rows.read({ ...reading, temperature: 0, wanted: 'each' }), vocabulary);
}

function split({ logits }: Outputs, vocabulary: number): Float32Array[] {
  return Array.from({ length: logits.length / vocabulary }, (_, index) =>
    logits.slice(index * vocabulary, (index + 1) * vocabulary),
  );
}

/** Largest difference of two readings, as a part of the range of the first; infinite where one is not finite. */
function difference(given: Float32Array, wanted: Float32Array): number {
  let [largest, low, high] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let index = 0; index < wanted.length; index++) {
    largest = Math.max(largest, Math.abs(given[index]! - wanted[index]!));
    low = Math.min(low, wanted[index]!);
    high = Math.max(high, wanted[index]!);
  }
  const relative = largest / Math.max(high - low, 1e-9);
  return Number.isFinite(relative) ? relative : Number.POSITIVE_INFINITY;
}
