/** Texts of others for a terminal. */

/** Without control and formatting characters (they could move the cursor or reorder what is read), cut at `length`. */
export function plain(text: string, length = 300): string {
  const clean = text.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  return clean.length > length ? `${clean.slice(0, length)}...` : clean;
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** Bytes in powers of 1000, three digits: `139 MB`. */
export function bytes(count: number): string {
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toPrecision(3)} ${UNITS[unit]}`;
}
