const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = 'January February March April May June July August September October November December'.split(' ');

/**
 * Now, as Python's `strftime` writes it in the C locale: chat templates print the date by it. Unknown directives stay.
 *
 * @param format  as in `%d %b %Y`
 */
export function strftimeNow(format: string): string {
  const now = new Date();
  const two = (value: number) => String(value).padStart(2, '0');
  const day = DAYS[now.getDay()]!;
  const month = MONTHS[now.getMonth()]!;
  const parts: Record<string, () => string> = {
    Y: () => String(now.getFullYear()),
    y: () => two(now.getFullYear() % 100),
    m: () => two(now.getMonth() + 1),
    d: () => two(now.getDate()),
    H: () => two(now.getHours()),
    I: () => two(now.getHours() % 12 || 12),
    M: () => two(now.getMinutes()),
    S: () => two(now.getSeconds()),
    p: () => (now.getHours() < 12 ? 'AM' : 'PM'),
    A: () => day,
    a: () => day.slice(0, 3),
    B: () => month,
    b: () => month.slice(0, 3),
    '%': () => '%',
  };
  return format.replace(/%(-?)([A-Za-z%])/g, (directive, bare: string, letter: string) => {
    const text = parts[letter]?.();
    if (text === undefined) return directive;
    return bare ? text.replace(/^0(?=\d)/, '') : text;
  });
}
