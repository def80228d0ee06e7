/** Seeded randomness (methods 0.5): mulberry32, and sub-seeds by a hash, so that nothing depends on the order of arrival. */

/** 32-bit FNV-1a of the UTF-8 bytes of `${seed}|${stage}|${index}` (methods 0.8). */
export function subSeed(seed: number, stage: string, index: number | string): number {
  return hashOf(utf8(`${seed}|${stage}|${index}`));
}

/** 32-bit FNV-1a of the UTF-16 code units of a text, which may be long: it stands for it where texts are told apart. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let place = 0; place < text.length; place++) hash = Math.imul(hash ^ text.charCodeAt(place), 0x01000193);
  return hash >>> 0;
}

/** The reference generator mulberry32: a function that returns the next number in [0, 1). */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/**
 * The UTF-8 bytes of a well-formed string, each a code unit of the result: ASCII is what it was. TextEncoder is a platform's; a
 * pure folder has the language alone.
 */
const utf8 = (text: string): string =>
  text.replace(/[\u0080-\u{10ffff}]+/gu, (wide) =>
    encodeURIComponent(wide).replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
  );
