/** From figures to places in a picture. */

export interface Scale {
  (value: number): number;
  readonly ticks: readonly number[];
}

/** Shares on an axis from one round number to another, upwards. `top` and `bottom` are its ends in the picture. */
export function shareScale(values: readonly number[], { top, bottom }: { top: number; bottom: number }): Scale {
  const step = Math.max(...values) - Math.min(...values) > 0.5 ? 0.2 : 0.1;
  const low = Math.floor(Math.min(...values) / step + EXACT);
  const high = Math.max(low + 1, Math.ceil(Math.max(...values) / step - EXACT));
  const ticks = Array.from({ length: high - low + 1 }, (_, place) => (low + place) * step);
  const place = (value: number) => bottom - ((value / step - low) / (high - low)) * (bottom - top);
  return Object.assign(place, { ticks });
}

const EXACT = 1e-9; // 0.3 / 0.1 is a little less than 3

/** Token counts on a logarithmic axis. */
export function tokenScale(values: readonly number[], { left, right }: { left: number; right: number }): Scale {
  const [low, high] = [Math.min(...values) / MARGIN, Math.max(...values) * MARGIN];
  const ticks = [1, 10, 100, 1000, 10_000, 100_000].flatMap((power) => [power, 2 * power, 5 * power]);
  const place = (value: number) => left + (Math.log(value / low) / Math.log(high / low)) * (right - left);
  return Object.assign(place, { ticks: ticks.filter((tick) => tick >= low && tick <= high) });
}

const MARGIN = 1.12; // so that no mark lies on the frame

interface Block {
  /** Places in the order from top to bottom. */
  readonly places: readonly number[];
  /** Mean of the heights that its members would like. */
  readonly wanted: number;
}

/**
 * Moves heights apart until neighbours are `gap` from each other, within `top` and `bottom`, each as near to where it was as
 * that lets it. Given and returned in the same order.
 */
export function spread(heights: readonly number[], { gap, top, bottom }: { gap: number; top: number; bottom: number }): number[] {
  const half = ({ places }: Block) => (gap * (places.length - 1)) / 2;
  const middle = (block: Block) => Math.max(top + half(block), Math.min(bottom - half(block), block.wanted));
  const overlap = (upper: Block, lower: Block) => middle(lower) - half(lower) < middle(upper) + half(upper) + gap;
  const blocks: Block[] = [];
  for (const place of Array.from(heights.keys()).sort((a, b) => heights[a]! - heights[b]!)) {
    let last: Block = { places: [place], wanted: heights[place]! };
    for (let upper = blocks.at(-1); upper && overlap(upper, last); upper = blocks.at(-1)) {
      last = merged(upper, last); // labels that touch move as one
      blocks.pop();
    }
    blocks.push(last);
  }
  const moved = new Array<number>(heights.length);
  for (const block of blocks)
    for (const [row, place] of block.places.entries()) moved[place] = middle(block) - half(block) + row * gap;
  return moved;
}

function merged(upper: Block, lower: Block): Block {
  const places = [...upper.places, ...lower.places];
  return { places, wanted: (upper.wanted * upper.places.length + lower.wanted * lower.places.length) / places.length };
}
