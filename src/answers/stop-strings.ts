/** How much of a text that is still written stays, whatever follows it: no stop string begins there. Never half a character. */
export function certainLength(text: string, stop: readonly string[]): number {
  const length = Math.min(text.length, ...stop.map((string) => startOf(text, string)));
  return wholeLength(text, length);
}

/** As many characters, less the first half of one that JavaScript writes as two. */
export const wholeLength = (text: string, length: number): number => (isHighSurrogate(text, length - 1) ? length - 1 : length);

/** Where a stop string begins in a text, whole or as far as the text goes; its length where it does not. */
function startOf(text: string, string: string): number {
  const whole = text.indexOf(string);
  if (whole >= 0) return whole;
  let start = Math.max(0, text.length - string.length + 1);
  while (!string.startsWith(text.slice(start))) start++;
  return start;
}

const isHighSurrogate = (text: string, at: number): boolean => (text.charCodeAt(at) & 0xfc00) === 0xd800;
