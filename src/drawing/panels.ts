/** Pictures of curves: panels two in a row under a line of text, readable on a light and on a dark page. */
import { type Page, picture, text } from './svg.ts';

const COLUMNS = 2;

/** Colours of what is no line. */
export interface Ground {
  readonly page: string;
  readonly ink: string;
  readonly quiet: string;
  readonly grid: string;
}
const LIGHT: Ground = { page: '#ffffff', ink: '#1f2328', quiet: '#59636e', grid: '#d1d9e0' };
const DARK: Ground = { page: '#0d1117', ink: '#f0f6fc', quiet: '#9198a1', grid: '#2a3038' };

export interface Style {
  /** Rules that hold on both pages. */
  readonly both: string;
  /** Colours of each line by its class, on a light and on a dark page. */
  readonly lines: Readonly<Record<string, readonly [light: string, dark: string]>>;
  /** Rules of a line with its colour. */
  readonly ofLine: (name: string, colour: string) => string;
  /** More rules of the ground. */
  readonly ofGround: (ground: Ground) => string;
}

/** A style sheet for both pages. No variables: not every renderer of SVG knows them. */
export function styleSheet({ both, lines, ofLine, ofGround }: Style): string {
  const coloured = (ground: Ground, page: 0 | 1): string => {
    const { page: fill, ink, quiet, grid } = ground;
    const each = Object.entries(lines).map(([name, colours]) => ofLine(name, colours[page]));
    return `.page{fill:${fill}}.title{fill:${ink}}.tick{fill:${quiet}}.grid{stroke:${grid}}${ofGround(ground)}${each.join('')}`;
  };
  return `${both}${coloured(LIGHT, 0)}\n@media (prefers-color-scheme:dark){${coloured(DARK, 1)}}\n`;
}

export interface Panels<Panel> extends Omit<Page, 'width' | 'height'> {
  /** The line of text, and where it begins. */
  readonly caption: string;
  readonly left: number;
  /** Height of the line of text. */
  readonly head: number;
  readonly panels: readonly Panel[];
  /** Of each panel. */
  readonly size: { readonly width: number; readonly height: number };
  readonly draw: (panel: Panel, x: number, y: number) => string;
}

/** The whole picture. */
export function panelPicture<Panel>({ caption, left, head, panels, size, draw, ...page }: Panels<Panel>): string {
  const width = size.width * Math.min(COLUMNS, panels.length);
  const height = head + size.height * Math.ceil(panels.length / COLUMNS);
  return picture(
    { ...page, width, height },
    text({ x: left, y: 26, class: 'tick' }, caption),
    ...panels.map((panel, place) =>
      draw(panel, size.width * (place % COLUMNS), head + size.height * Math.floor(place / COLUMNS)),
    ),
  );
}
