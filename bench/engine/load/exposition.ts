/** Reads Prometheus' text format strictly: a line that is not of its grammar is an error. */

export interface Family {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly samples: readonly Sample[];
}

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const HELP = new RegExp(`^# HELP (${NAME}) (.*)$`);
const TYPE = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram)$`);
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\[\\\\"n])*"';
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(${LABEL}(?:,${LABEL})*)?\\})? (-?(?:\\d+(?:\\.\\d+)?(?:e[+-]?\\d+)?)|[+-]Inf|NaN)$`);

/** @throws Error that names the line */
export function readExposition(text: string): ReadonlyMap<string, Family> {
  if (!text.endsWith('\n')) throw new Error('The last line has no end.');
  const families = new Map<string, { type: Family['type']; samples: Sample[] }>();
  let current: { name: string; type: Family['type']; samples: Sample[] } | null = null;
  for (const [place, line] of text.slice(0, -1).split('\n').entries()) {
    if (line === '' || HELP.test(line)) continue;
    const wrong = (why: string) => new Error(`Line ${place + 1}, ${JSON.stringify(line)}: ${why}`);
    const type = TYPE.exec(line);
    if (type) {
      if (families.has(type[1]!)) throw wrong('a second family of this name');
      current = { name: type[1]!, type: type[2] as Family['type'], samples: [] };
      families.set(current.name, current);
      continue;
    }
    const sample = SAMPLE.exec(line);
    if (!sample) throw wrong('not of the grammar');
    if (!current || !belongs(sample[1]!, current)) throw wrong('a sample of no family, or of another');
    current.samples.push({ name: sample[1]!, labels: labelsOf(sample[2] ?? ''), value: numberOf(sample[3]!) });
  }
  return families;
}

/** The value of one series; 0 where it is not there. */
export function sumOf(
  families: ReadonlyMap<string, Family>,
  family: string,
  labels: Readonly<Record<string, string>> = {},
  name = family,
): number {
  const fits = (sample: Sample) =>
    sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value);
  return (families.get(family)?.samples ?? []).filter(fits).reduce((sum, { value }) => sum + value, 0);
}

/** Upper bound of the bucket in which the quantile of what came between two scrapes lies. */
export function quantileBetween(
  before: ReadonlyMap<string, Family>,
  after: ReadonlyMap<string, Family>,
  family: string,
  { quantile, labels }: { readonly quantile: number; readonly labels: Readonly<Record<string, string>> },
): number {
  const bounds = [...new Set((after.get(family)?.samples ?? []).flatMap(({ labels: { le } }) => (le === undefined ? [] : [le])))];
  const upTo = (le: string) =>
    sumOf(after, family, { ...labels, le }, `${family}_bucket`) - sumOf(before, family, { ...labels, le }, `${family}_bucket`);
  const all = upTo('+Inf');
  return numberOf(bounds.find((le) => all > 0 && upTo(le) >= quantile * all) ?? 'NaN');
}

const belongs = (sample: string, { name, type }: { readonly name: string; readonly type: Family['type'] }): boolean =>
  sample === name || (type === 'histogram' && [`${name}_bucket`, `${name}_sum`, `${name}_count`].includes(sample));

const numberOf = (text: string): number => Number(text.replace('Inf', 'Infinity'));

function labelsOf(text: string): Record<string, string> {
  const pairs = text.matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g);
  const unescaped = (value: string) => value.replaceAll(/\\(.)/g, (_, character) => (character === 'n' ? '\n' : character));
  return Object.fromEntries([...pairs].map(([, name, value]) => [name!, unescaped(value!)]));
}
