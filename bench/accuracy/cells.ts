/** How figures stand in a page of markdown. */
import type { Interval } from './intervals.ts';

/** A table of markdown: the first column is text, the others are numbers. */
export const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  [heads, heads.map((_, place) => (place === 0 ? '---' : '---:')), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

export const percent = ({ value, low, high }: Interval): string => `${in100(value)} (${in100(low)}-${in100(high)})`;
export const points = ({ value, low, high }: Interval): string => `**${signed(value)}** (${signed(low)} to ${signed(high)})`;
const in100 = (share: number): string => (100 * share).toFixed(1);
const signed = (share: number): string => `${share < 0 ? '' : '+'}${in100(share)}`;
export const tokens = (count: number): string => count.toFixed(count < 100 ? 1 : 0);
