/** Numbers for a table. */

/** The value below which this share lies; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export const count = (value: number): string => Math.round(value).toLocaleString('en');

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(ms < 10_000 ? 3 : 1)} s`;

export const megabytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MB`;

export const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

/** Two columns. */
export function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}
