/** What an expression may call. */
import { Pattern, PatternError } from '../../answers/re2.ts';
import type { Meter } from './meter.ts';
import { Undecided } from './verdict.ts';

/** A method that is ours, on its receiver and arguments. Null: the library's own, which is linear in what it is given. */
type Method = ((values: readonly unknown[], meter: Meter) => unknown) | null;

const MAX_PARTS = 65_536;
const MAX_JOINED = 1_048_576;

/** Functions of the library that are offered. Times, durations and bytes are not. */
export const functions: Readonly<Record<string, null>> = {
  size: null,
  has: null,
  string: null,
  int: null,
  uint: null,
  double: null,
  dyn: null,
  type: null,
};

/** Methods. Those of ours take the place of the library's, whose patterns run on the engine's own backtracking. */
export const methods: Readonly<Record<string, Method>> = {
  size: null,
  startsWith: null,
  endsWith: null,
  lowerAscii: null,
  upperAscii: null,
  trim: null,
  substring: null,
  all: null,
  exists: null,
  exists_one: null,
  map: null,
  filter: null,
  bind: null,
  matches([text, pattern], meter) {
    const source = string(pattern);
    if (source.length > 1000) throw new Undecided('a pattern of more than 1000 characters');
    meter.spend(1000); // of reading the pattern: it is made anew at each call
    try {
      return new Pattern(source).test(string(text), meter);
    } catch (error) {
      if (error instanceof PatternError) throw new Undecided(error.message);
      throw error;
    }
  },
  contains: ([text, wanted], meter) => searched(text, wanted, meter).includes(string(wanted)),
  indexOf: ([text, wanted, from], meter) => BigInt(searched(text, wanted, meter).indexOf(string(wanted), place(from, 0))),
  lastIndexOf: ([text, wanted, from], meter) =>
    BigInt(searched(text, wanted, meter).lastIndexOf(string(wanted), place(from, Number.POSITIVE_INFINITY))),
  split([text, separator], meter) {
    const parts = searched(text, separator, meter).split(string(separator), MAX_PARTS + 1);
    if (parts.length > MAX_PARTS) throw new Undecided(`more than ${MAX_PARTS} parts`);
    return parts;
  },
  join([list, separator = ''], meter) {
    if (!Array.isArray(list)) throw new Undecided('join() is of a list of strings');
    const parts = list.map(string);
    const length = parts.reduce((sum, part) => sum + part.length + string(separator).length, 0);
    if (length > MAX_JOINED) throw new Undecided(`a string of more than ${MAX_JOINED} characters`);
    meter.spend(parts.length);
    return parts.join(string(separator));
  },
};

function string(value: unknown): string {
  if (typeof value !== 'string') throw new Undecided('a string was expected');
  return value;
}

function place(value: unknown, absent: number): number {
  if (value === undefined) return absent;
  if (typeof value !== 'bigint' || value < 0n) throw new Undecided('a place in a string is a number from 0');
  return Number(value);
}

/** Searching for a long string in one that nearly repeats it takes more than one reading. */
function searched(text: unknown, wanted: unknown, meter: Meter): string {
  const whole = string(text);
  meter.spend((whole.length * (1 + string(wanted).length / 256)) / 64);
  return whole;
}
