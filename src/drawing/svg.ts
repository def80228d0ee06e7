/** Elements of an SVG as text. Attributes and texts are escaped here, so whatever they say the file stays well formed. */

export type Attributes = Readonly<Record<string, string | number>>;
export type Place = readonly [x: number, y: number];

export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(shown(value))}"`);
  const open = `<${name}${written.join('')}`;
  return children.length === 0 ? `${open}/>` : `${open}>${children.join('')}</${name}>`;
}

export const text = (attributes: Attributes, content: string): string => element('text', attributes, escaped(content));

/** An element that holds only text: a title, a description, a style sheet. */
export const said = (name: string, content: string, attributes: Attributes = {}): string =>
  element(name, attributes, escaped(content));

/** A line through points. */
export const path = (attributes: Attributes, points: readonly Place[]): string =>
  element('path', { ...attributes, d: `M${points.map(([x, y]) => `${rounded(x)} ${rounded(y)}`).join('L')}` });

const FONT = "system-ui, 'Segoe UI', Helvetica, Arial, sans-serif";

export interface Page {
  readonly width: number;
  readonly height: number;
  /** For those who do not see it. */
  readonly title: string;
  /** All that it shows, in words. */
  readonly description?: string;
  /** A style sheet; the class `page` is the ground. */
  readonly style: string;
}

/** A whole picture on its ground, as the text of a file. */
export function picture({ width, height, title, description, style }: Page, ...children: readonly string[]): string {
  const named = description === undefined ? {} : { 'aria-labelledby': 'winnow-title winnow-description' };
  const svg = element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: 'img',
      ...named,
      'font-family': FONT,
    },
    said('title', title, description === undefined ? {} : { id: 'winnow-title' }),
    ...(description === undefined ? [] : [said('desc', description, { id: 'winnow-description' })]),
    said('style', style),
    element('rect', { class: 'page', width, height, rx: 6 }),
    ...children,
  );
  return `${svg}\n`;
}

const shown = (value: string | number): string => (typeof value === 'number' ? rounded(value) : value);
const rounded = (value: number): string => String(Math.round(value * 10) / 10);

/** Control characters have no place in XML, not even escaped. */
const escaped = (plain: string): string =>
  plain
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
