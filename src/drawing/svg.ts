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
