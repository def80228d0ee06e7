/** Intervals whose ends are numbers, and their unions. */
import type { CheckOptions } from '../../schemas/check.ts';
import { closeTo } from './closeness.ts';
import type { Fraction } from './rational.ts';
import { readValue } from './value.ts';

/** A number, or the infinity of that sign. */
type End = Fraction | 'least' | 'most';

export interface Interval {
  readonly from: End;
  readonly to: End;
  readonly closed: readonly [from: boolean, to: boolean];
}

/** `[1,2)`, `(-\infty,3]` or the point `\{3\}`; null where an end is no number. */
export function intervalOf(text: string): Interval | null {
  const value = readValue(text);
  if (value.kind === 'set' && value.members.length === 1) {
    const point = endOf(value.members[0]!);
    return point === null || typeof point === 'string' ? null : { from: point, to: point, closed: [true, true] };
  }
  if (value.kind !== 'bracket' || value.members.length !== 2) return null;
  const [from, to] = value.members.map(endOf);
  if (from == null || to == null) return null;
  const closed = (bracket: string, end: End): boolean => '[]'.includes(bracket) && typeof end !== 'string';
  return { from, to, closed: [closed(value.open, from), closed(value.close, to)] };
}

function endOf(text: string): End | null {
  const value = readValue(text);
  if (value.kind === 'number') return value.value;
  if (value.kind === 'infinity') return value.negative ? 'least' : 'most';
  return null;
}

/** Whether two unions are the same set of numbers: `[1,2]`, `[2,3]` and `[1,3]` are. */
export function sameUnion(given: readonly Interval[], reference: readonly Interval[], options: CheckOptions): boolean {
  const [a, b] = [joined(given), joined(reference)];
  return a.length === b.length && a.every((interval, place) => sameInterval(interval, b[place]!, options));
}

function sameInterval(a: Interval, b: Interval, options: CheckOptions): boolean {
  const same = (x: End, y: End): boolean => x === y || (typeof x !== 'string' && typeof y !== 'string' && closeTo(x, y, options));
  return same(a.from, b.from) && same(a.to, b.to) && a.closed[0] === b.closed[0] && a.closed[1] === b.closed[1];
}

function joined(intervals: readonly Interval[]): Interval[] {
  const whole: Interval[] = [];
  for (const next of intervals
    .filter(isFull)
    .sort((a, b) => order(a.from, b.from) || Number(b.closed[0]) - Number(a.closed[0]))) {
    const last = whole.at(-1);
    const gap = last ? order(next.from, last.to) : 1;
    if (!last || gap > 0 || (gap === 0 && !(last.closed[1] || next.closed[0]))) whole.push(next);
    else whole[whole.length - 1] = { from: last.from, ...farther(last, next) };
  }
  return whole;
}

function farther(last: Interval, next: Interval): Pick<Interval, 'to' | 'closed'> {
  const ahead = order(next.to, last.to);
  const closed = ahead > 0 ? next.closed[1] : ahead < 0 ? last.closed[1] : last.closed[1] || next.closed[1];
  return { to: ahead > 0 ? next.to : last.to, closed: [last.closed[0], closed] };
}

const isFull = ({ from, to, closed }: Interval): boolean => {
  const width = order(to, from);
  return width > 0 || (width === 0 && closed[0] && closed[1]);
};

function order(a: End, b: End): number {
  if (a === b) return 0;
  if (a === 'least' || b === 'most') return -1;
  if (a === 'most' || b === 'least') return 1;
  const difference = a[0] * b[1] - b[0] * a[1];
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}
