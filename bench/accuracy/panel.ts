/** One set of problems as a picture: accuracy against tokens, a labelled line a method. */
import { element, type Place, path, text } from '../../src/drawing/svg.ts';
import type { Interval } from './intervals.ts';
import { type Scale, shareScale, spread, tokenScale } from './scale.ts';

export interface Mark {
  readonly tokens: number;
  readonly accuracy: Interval;
}

export interface Line {
  readonly label: string;
  /** Class of its colours in the style sheet. */
  readonly style: string;
  /** `curve`: expectations with a band; `runs`: points with bars; `level`: one point, drawn as a level across. */
  readonly kind: 'curve' | 'runs' | 'level';
  readonly marks: readonly Mark[];
}

export interface Panel {
  readonly title: string;
  readonly lines: readonly Line[];
}

export const PANEL = { width: 520, height: 352 };
const FRAME = { left: 46, right: 350, top: 40, bottom: 306 };
const LABEL_GAP = 16;
const CHARACTER = 6.3; // mean width at 12 px

export function panel({ title, lines }: Panel, x: number, y: number): string {
  const marks = lines.flatMap((line) => line.marks);
  const across = tokenScale(
    marks.map(({ tokens }) => tokens),
    FRAME,
  );
  const up = shareScale(
    marks.flatMap(({ accuracy: { low, high } }) => [low, high]),
    FRAME,
  );
  const drawn = lines.map((line) => ({ ...line, points: pointsOf(line, across, up) }));
  return element(
    'g',
    { transform: `translate(${x} ${y})` },
    text({ x: FRAME.left, y: 22, class: 'title' }, title),
    axes(across, up),
    ...lines.filter(({ kind }) => kind === 'curve').map((line) => band(line, across, up)),
    ...drawn.flatMap((line) => [
      path({ class: `line ${line.style}` }, line.points),
      ...(line.kind === 'runs' ? line.marks.map((mark) => bar(mark, line.style, across, up)) : []),
    ]),
    ...labels(drawn),
  );
}

type Drawn = Line & { readonly points: readonly Place[] };

function pointsOf({ kind, marks }: Line, across: Scale, up: Scale): Place[] {
  const points = marks.map(({ tokens, accuracy }): Place => [across(tokens), up(accuracy.value)]);
  const [first] = points;
  return kind === 'level' && first
    ? [
        [FRAME.left, first[1]],
        [FRAME.right, first[1]],
      ]
    : points;
}

function axes(across: Scale, up: Scale): string {
  const { left, right, top, bottom } = FRAME;
  return element(
    'g',
    {},
    ...up.ticks.flatMap((tick) => [
      path({ class: 'grid' }, [
        [left, up(tick)],
        [right, up(tick)],
      ]),
      text({ x: left - 6, y: up(tick) + 4, class: 'tick', 'text-anchor': 'end' }, `${Math.round(100 * tick)} %`),
    ]),
    ...across.ticks.flatMap((tick) => [
      path({ class: 'grid' }, [
        [across(tick), top],
        [across(tick), bottom],
      ]),
      text({ x: across(tick), y: bottom + 17, class: 'tick', 'text-anchor': 'middle' }, tick.toLocaleString('en')),
    ]),
    text({ x: (left + right) / 2, y: bottom + 35, class: 'tick', 'text-anchor': 'middle' }, 'policy tokens a problem, mean'),
  );
}

function band({ style, marks }: Line, across: Scale, up: Scale): string {
  const upper = marks.map(({ tokens, accuracy: { high } }): Place => [across(tokens), up(high)]);
  const lower = marks.map(({ tokens, accuracy: { low } }): Place => [across(tokens), up(low)]);
  return path({ class: `band ${style}` }, [...upper, ...lower.reverse()]);
}

function bar({ tokens, accuracy: { value, low, high } }: Mark, style: string, across: Scale, up: Scale): string {
  const x = across(tokens);
  return (
    path({ class: `bar ${style}` }, [
      [x, up(low)],
      [x, up(high)],
    ]) + element('circle', { class: `dot ${style}`, cx: x, cy: up(value), r: 3.2 })
  );
}

/** At the right of the frame where a line ends near it, else beside its last point. */
function labels(drawn: readonly Drawn[]): string[] {
  const near = drawn.filter(({ points }) => points.at(-1)![0] > FRAME.right - 90);
  const heights = spread(
    near.map(({ points }) => points.at(-1)![1]),
    { gap: LABEL_GAP, top: FRAME.top, bottom: FRAME.bottom },
  );
  const outside = near.flatMap(({ label, style, points }, place) => {
    const [end, height] = [points.at(-1)!, heights[place]!];
    const leader: Place[] = [
      [end[0] + 4, end[1]],
      [FRAME.right + 4, height],
      [FRAME.right + 12, height],
    ];
    return [
      path({ class: `leader ${style}` }, leader),
      text({ x: FRAME.right + 15, y: height + 4, class: `label ${style}` }, label),
    ];
  });
  const inside = drawn
    .filter((line) => !near.includes(line))
    .map((line) => {
      const [x, y] = freest(line, drawn);
      return text({ x, y: y + 4, class: `label inside ${line.style}` }, line.label);
    });
  return [...outside, ...inside];
}

/** Beside the last point, the place whose text is farthest from every line: where it begins and its middle height. */
function freest({ label, points }: Drawn, drawn: readonly Drawn[]): Place {
  const [x, y] = points.at(-1)!;
  const width = label.length * CHARACTER;
  const begin = Math.min(x + 8, FRAME.right - width);
  const places = [-44, -30, -16, 0, 16, 30, 44]
    .map((shift): Place => [begin, y + shift])
    .filter(([, height]) => height > FRAME.top + 8 && height < FRAME.bottom - 8);
  const distance = ([left, height]: Place) =>
    Math.min(
      ...drawn.flatMap((line) =>
        sampled(line.points).map(([at, to]) => Math.hypot(Math.max(left - at, at - left - width, 0), (to - height) * 1.5)),
      ),
    );
  // a nearer place wins where both are free
  const room = (place: Place) => Math.min(distance(place), 24) - Math.abs(place[1] - y) / 8;
  return places.toSorted((one, other) => room(other) - room(one))[0] ?? [begin, y];
}

/** Points along a line, close enough to measure distances by. */
function sampled(points: readonly Place[]): Place[] {
  return points.flatMap(([x, y], place) => {
    const [toX, toY] = points[place + 1] ?? [x, y];
    return Array.from({ length: 20 }, (_, step): Place => [x + ((toX - x) * step) / 20, y + ((toY - y) * step) / 20]);
  });
}
