/** Elements of an SVG as text. Attributes and texts are escaped here, so whatever they say the file stays well formed. */

export type Attributes = Readonly<Record<string, string | number>>;

export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(shown(value))}"`);
  const open = `<${name}${written.join('')}`;
  return children.length === 0 ? `${open}/>` : `${open}>${children.join('')}</${name}>`;
}

export const text = (attributes: Attributes, content: string): string => element('text', attributes, escaped(content));

/** A line through points. */
export const path = (attributes: Attributes, points: readonly (readonly [x: number, y: number])[]): string =>
  element('path', { ...attributes, d: `M${points.map(([x, y]) => `${rounded(x)} ${rounded(y)}`).join('L')}` });

const shown = (value: string | number): string => (typeof value === 'number' ? rounded(value) : value);
const rounded = (value: number): string => String(Math.round(value * 10) / 10);
const escaped = (plain: string): string =>
  plain.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
