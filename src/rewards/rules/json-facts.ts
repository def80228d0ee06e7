import type { Meter } from './meter.ts';

/** What a schema may ask of a whole document: its strings, and its arrays with an item that comes twice. Depth at most 64. */
export class JsonFacts {
  /** Strings and names of members, each once. */
  readonly strings = new Set<string>();
  /** Names of members, each once. */
  readonly names = new Set<string>();
  /** Arrays in which two items are equal. */
  readonly repeating: unknown[][] = [];
  /** The most that one look at one value may cost: members of an object, or characters of a string by sixteen. */
  widest = 0;
  readonly #meter: Meter;

  constructor(document: unknown, meter: Meter) {
    this.#meter = meter;
    this.#read(document);
  }

  /** @returns the value in one spelling: equal iff the values are */
  #read(value: unknown): string {
    this.#meter.spend(2);
    if (Array.isArray(value)) return this.#readArray(value);
    if (typeof value === 'object' && value !== null) return this.#readObject(value);
    if (typeof value === 'string') {
      this.strings.add(value);
      this.widest = Math.max(this.widest, value.length / 16);
    }
    return JSON.stringify(value);
  }

  #readArray(items: unknown[]): string {
    const spellings = items.map((item) => this.#read(item));
    if (new Set(spellings).size < items.length) this.repeating.push(items);
    return this.#joined('[', spellings);
  }

  #readObject(object: object): string {
    const members = Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1));
    this.widest = Math.max(this.widest, members.length);
    const spellings = members.map(([name, value]) => {
      this.names.add(name);
      this.strings.add(name);
      return `${JSON.stringify(name)}:${this.#read(value)}`;
    });
    return this.#joined('{', spellings);
  }

  /** What is nested is spelled once a level. */
  #joined(bracket: string, parts: readonly string[]): string {
    const spelling = `${bracket}${parts.join(',')}`;
    this.#meter.spend(spelling.length / 64);
    return spelling;
  }
}
