/** What people type, as LaTeX: `sqrt(2)`, `2^10`, `3*x`, `sin(x)`. LaTeX stays as it is. */

const BARE = /(?<![\\A-Za-z])(sin|cos|tan|cot|sec|csc|sinh|cosh|tanh|arcsin|arccos|arctan|ln|log|exp|pi)(?![A-Za-z])/g;

export const readable = (text: string): string =>
  roots(text)
    .replace(/\*\*/g, '^')
    .replace(/\*/g, ' \\cdot ')
    .replace(/\^\s*\(([^()]*)\)/g, '^{$1}')
    // LaTeX takes one character for an exponent; nobody who writes x^10 means it
    .replace(/\^(-?\d+(?:\.\d+)?)/g, '^{$1}')
    .replace(BARE, '\\$1 ')
    .replace(/\^\{?\\circ\s*\}?|\\degree(?![A-Za-z])|\u00B0/g, '^{\\circ}');

/** `sqrt(...)` without a backslash, innermost first. */
function roots(text: string): string {
  const written = text.replace(/(?<![\\A-Za-z])sqrt\s*\(([^()]*)\)/g, '\\sqrt{$1}').replaceAll('\u221A', '\\sqrt ');
  return written === text ? text : roots(written);
}
