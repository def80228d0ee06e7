/** One panel: lines over N on a logarithmic axis, gold measured on the left and the score on the right. */
import { element, type Place, path, text } from '../drawing/svg.ts';

export interface Point {
  readonly n: number;
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

export interface Line {
  readonly label: string;
  /** Class of its colours and dashes in the style sheet. */
  readonly style: string;
  readonly axis: 'gold' | 'proxy';
  readonly points: readonly Point[];
}

export interface Panel {
  readonly title: string;
  readonly lines: readonly Line[];
  /** N that is marked. */
  readonly optimum: number | null;
}

export const PANEL = { width: 480, height: 340 };
const FRAME = { left: 56, right: 420, top: 34, bottom: 250 };
const TICKS = 5;

type Scale = (value: number) => number;

export function panel({ title, lines, optimum }: Panel, x: number, y: number): string {
  const drawn = lines.filter(({ points }) => points.length > 0);
  const ns = [...new Set(drawn.flatMap(({ points }) => points.map(({ n }) => n)))].sort((a, b) => a - b);
  const across = logarithmic(ns);
  const axes = { gold: axis(drawn, 'gold'), proxy: axis(drawn, 'proxy') };
  const up = (line: Line): Scale => axes[line.axis].scale;
  return element(
    'g',
    { transform: `translate(${x} ${y})` },
    text({ x: FRAME.left, y: 20, class: 'title' }, title.length > 48 ? `${title.slice(0, 48)}...` : title),
    ...ruled(axes.gold, axes.proxy),
    ...ns.map((n) => text({ x: across(n), y: FRAME.bottom + 16, class: 'tick', 'text-anchor': 'middle' }, String(n))),
    text({ x: (FRAME.left + FRAME.right) / 2, y: FRAME.bottom + 32, class: 'tick', 'text-anchor': 'middle' }, 'samples N'),
    ...drawn.map((line) => band(line, across, up(line))),
    ...drawn.map((line) => path({ class: `line ${line.style}` }, joined(line.points, across, up(line)))),
    ...(optimum === null || !ns.includes(optimum) ? [] : [marked(optimum, across)]),
    ...drawn.map((line, place) => key(line, place)),
  );
}

function logarithmic(ns: readonly number[]): Scale {
  const [low, high] = [Math.log(ns[0] ?? 1), Math.log(ns.at(-1) ?? 1)];
  return (n) => (high === low ? FRAME.left : FRAME.left + ((Math.log(n) - low) / (high - low)) * (FRAME.right - FRAME.left));
}

interface Axis {
  readonly scale: Scale;
  readonly ticks: readonly number[];
}

/** From the least to the most that is shown, with a little room. */
function axis(lines: readonly Line[], which: Line['axis']): Axis {
  const values = lines
    .filter((line) => line.axis === which)
    .flatMap(({ points }) => points.flatMap(({ value, low, high }) => [value, low ?? value, high ?? value]));
  if (values.length === 0) return { scale: () => FRAME.bottom, ticks: [] };
  const least = values.reduce((low, value) => Math.min(low, value));
  const most = values.reduce((high, value) => Math.max(high, value));
  const room = most > least ? 0.06 * (most - least) : Math.max(1e-6, Math.abs(most) * 0.1);
  const [from, to] = [least - room, most + room];
  const ticks = Array.from({ length: TICKS }, (_, place) => from + ((to - from) * place) / (TICKS - 1));
  return { scale: (value) => FRAME.bottom - ((value - from) / (to - from)) * (FRAME.bottom - FRAME.top), ticks };
}

function ruled(gold: Axis, proxy: Axis): string[] {
  const { left, right } = FRAME;
  return [
    ...gold.ticks.flatMap((tick) => [
      path({ class: 'grid' }, [
        [left, gold.scale(tick)],
        [right, gold.scale(tick)],
      ]),
      text({ x: left - 6, y: gold.scale(tick) + 4, class: 'tick', 'text-anchor': 'end' }, tick.toPrecision(3)),
    ]),
    ...proxy.ticks.map((tick) => text({ x: right + 6, y: proxy.scale(tick) + 4, class: 'tick' }, tick.toPrecision(3))),
  ];
}

function band({ style, points }: Line, across: Scale, up: Scale): string {
  const known = points.filter((point) => point.low !== null && point.high !== null);
  if (known.length < 2) return '';
  const upper = known.map(({ n, high }): Place => [across(n), up(high!)]);
  const lower = known.map(({ n, low }): Place => [across(n), up(low!)]);
  return path({ class: `band ${style}` }, [...upper, ...lower.reverse()]);
}

/** A lone point is drawn as a short level. */
function joined(points: readonly Point[], across: Scale, up: Scale): Place[] {
  const places = points.map(({ n, value }): Place => [across(n), up(value)]);
  const [first] = places;
  return places.length === 1 && first ? [first, [first[0] + 12, first[1]]] : places;
}

function marked(n: number, across: Scale): string {
  const x = across(n);
  const line = path({ class: 'optimum' }, [
    [x, FRAME.top],
    [x, FRAME.bottom],
  ]);
  const left = x > (FRAME.left + FRAME.right) / 2; // so that the words stay inside of the frame
  const at = { x: left ? x - 4 : x + 4, y: FRAME.top + 10, 'text-anchor': left ? 'end' : 'start' };
  return line + text({ ...at, class: 'tick' }, `optimal N ${n}`);
}

/** What a line is, below the panel, two a row. */
function key({ label, style }: Line, place: number): string {
  const [x, y] = [FRAME.left + 190 * (place % 2), FRAME.bottom + 54 + 18 * Math.floor(place / 2)];
  const sample = path({ class: `line ${style}` }, [
    [x, y - 4],
    [x + 28, y - 4],
  ]);
  return sample + text({ x: x + 34, y, class: `label ${style}` }, label);
}
