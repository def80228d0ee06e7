/** Neighbouring positions of a store. */
export interface Segment {
  readonly start: number;
  readonly length: number;
}

/** Which positions of a store are free. What is taken may lie in several pieces, so free positions are never out of use. */
export class Segments {
  readonly size: number;
  /** In order of their starts; no two touch. */
  #free: Segment[];
  #used = 0;

  constructor(size: number) {
    this.size = size;
    this.#free = [{ start: 0, length: size }];
  }

  get used(): number {
    return this.#used;
  }

  /** Takes `count` positions, in one piece where there is one; there must be as many. */
  take(count: number): Segment[] {
    if (count > this.size - this.#used)
      throw new Error(`${count} positions were to be taken; ${this.size - this.#used} are free.`);
    this.#used += count;
    const whole = this.#free.findIndex(({ length }) => length >= count);
    const taken: Segment[] = [];
    for (let left = count; left > 0; ) {
      const place = taken.length === 0 && whole >= 0 ? whole : 0;
      const { start, length } = this.#free[place]!;
      const cut = Math.min(left, length);
      taken.push({ start, length: cut });
      if (cut === length) this.#free.splice(place, 1);
      else this.#free[place] = { start: start + cut, length: length - cut };
      left -= cut;
    }
    return taken;
  }

  give(segments: readonly Segment[]): void {
    this.#used -= segments.reduce((sum, { length }) => sum + length, 0);
    const merged: Segment[] = [];
    for (const segment of [...this.#free, ...segments].sort((a, b) => a.start - b.start)) {
      const last = merged.at(-1);
      if (last && last.start + last.length === segment.start) {
        merged[merged.length - 1] = { start: last.start, length: last.length + segment.length };
      } else merged.push(segment);
    }
    this.#free = merged;
  }
}

/** The two parts of a list of segments, cut after `count` positions. */
export function cutSegments(segments: readonly Segment[], count: number): [Segment[], Segment[]] {
  const before: Segment[] = [];
  const behind: Segment[] = [];
  let left = count;
  for (const { start, length } of segments) {
    const cut = Math.min(left, length);
    if (cut > 0) before.push({ start, length: cut });
    if (cut < length) behind.push({ start: start + cut, length: length - cut });
    left -= cut;
  }
  return [before, behind];
}
