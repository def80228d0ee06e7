/** Numbers of several runs, as the tables say them. */

/** The middle one; of an even number the upper of the two. @throws RangeError of none */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('The median of no value was asked for.');
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

/** `512 (498 to 530)`: the median with the lowest and the highest. */
export function spread(values: readonly number[], digits = 0): string {
  const say = (value: number) => value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  if (values.length === 0) return '-';
  return `${say(median(values))} (${say(Math.min(...values))} to ${say(Math.max(...values))})`;
}

/** Rows under a heading, as Markdown that is also readable in a terminal. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heading.map((name, column) => Math.max(name.length, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(' | ')} |`;
  return [line(heading), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.map(line)].join('\n');
}
