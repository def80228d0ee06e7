/** The value of each float16, by its bits. */
const values = Float32Array.from({ length: 1 << 16 }, (_, bits) => float32(bits));

/** Numbers of a tensor as float32: the same memory, or float16 widened, which loses nothing. */
export function float32Of(bytes: Uint8Array, type: 'float32' | 'float16'): Float32Array {
  if (type === 'float32') return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
  const wide = new Float32Array(halves.length);
  for (let index = 0; index < halves.length; index++) wide[index] = values[halves[index]!]!;
  return wide;
}

function float32(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
