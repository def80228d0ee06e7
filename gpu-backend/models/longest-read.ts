import type { KvBuffer, LanguageModel, LanguageRows } from './language-model.ts';

// The longest reading that the engine asks for.
const LONG = 256;
// What kernels for long inputs begin with is longer than this at none that was seen (32 in ONNX Runtime's WebGPU).
const SHORTS = [16, 4];
const TRIED = 40;
// Part of the range of the logits. Formats that quantise activations say slightly other things of longer inputs.
const LEAST = 0.01;

/**
 * Tokens that a device reads at once and right: some kernels for long inputs are wrong on some of them (ONNX Runtime's flash
 * attention on a driver whose subgroups have 8 lanes: from the ninth token on). One text is read token by token, in short
 * parts, and as a whole, and what is said of each token compared.
 *
 * @returns Infinity where all readings agree
 */
export async function longestRead(
  model: Pick<LanguageModel, 'caches' | 'memory' | 'vocabulary' | 'context'>,
  rowsOf: (buffer: KvBuffer) => LanguageRows,
): Promise<number> {
  const length = Math.min(LONG, model.context);
  const storage = model.memory?.allocate({ rows: length, kept: 0 }, length);
  const arrays = storage?.arrays ?? model.caches.map(({ heads, bytes }) => new Uint8Array(heads * bytes * length));
  const rows = rowsOf({ arrays, capacity: length, maxRows: 1, ...(storage ? { storage } : {}) });
  const text = Array.from({ length }, (_, index) => (7 * index + 3 + (index >> 3)) % model.vocabulary);
  const read = (tokens: number[], part: number) => readInParts(rows, tokens, part);
  try {
    const beginning = text.slice(0, TRIED);
    const singly = await read(beginning, 1);
    let short = 1;
    for (const part of SHORTS) if (short === 1 && alike(await read(beginning, part), singly)) short = part;
    return alike(await read(text, length), await read(text, short)) ? Number.POSITIVE_INFINITY : short;
  } finally {
    rows.release();
    storage?.release();
  }
}

/** Logits after each token, in order. */
async function readInParts(rows: LanguageRows, tokens: readonly number[], part: number): Promise<Float32Array> {
  const parts: Float32Array[] = [];
  for (let past = 0; past < tokens.length; past += part) {
    const step = { row: 0, tokens: tokens.slice(past, past + part), past, temperature: 0, wanted: 'each' } as const;
    parts.push((await rows.read(step)).logits.slice());
  }
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const each of parts) {
    all.set(each, at);
    at += each.length;
  }
  return all;
}

function alike(given: Float32Array, wanted: Float32Array): boolean {
  let [largest, low, high] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const [index, value] of wanted.entries()) {
    const difference = Math.abs(value - given[index]!);
    if (!Number.isFinite(difference)) return false;
    largest = Math.max(largest, difference);
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return largest <= LEAST * (high - low);
}
