/** Regular expressions of others, on RE2: time linear in the text, and every character that is read is paid for. */
import { RE2JS, RE2JSException } from 're2js';
import type { Meter } from './meter.ts';
import { patternSize } from './pattern-size.ts';
import { CheckError, Undecided } from './verdict.ts';

/** Instructions of a compiled pattern: `(a{1,1000})` has 2,003. */
const MAX_PROGRAM = 1000;
/** Matches that are counted: more is undecided. */
const MAX_MATCHES = 100_000;
/** Product of text and program up to which re2js remembers where it has been, and reads on in steps of one. */
const REMEMBERED = 262_144;

export interface PatternFlags {
  readonly caseInsensitive?: boolean;
  readonly multiline?: boolean;
  readonly dotAll?: boolean;
}

export class Pattern {
  readonly #program: RE2JS;
  /** Instructions that it compiles to. */
  readonly size: number;

  /** @throws CheckError where it is no RE2 pattern, or too large a one; `member` is where it stands */
  constructor(source: string, flags: PatternFlags = {}, member = 'pattern') {
    if (patternSize(source) > 4 * MAX_PROGRAM) throw tooLarge(member);
    this.#program = compiled(source, flags, member);
    this.size = this.#program.programSize();
    if (this.size > MAX_PROGRAM) throw tooLarge(member);
  }

  /** Whether it stands somewhere in the text. */
  test(text: string, meter: Meter): boolean {
    return this.#program.test(this.#read(text, meter));
  }

  /** Whether it is the whole text. */
  testWhole(text: string, meter: Meter): boolean {
    return this.#program.testExact(this.#read(text, meter));
  }

  /** Matches that do not overlap, from left to right; up to `most` of them are looked for. */
  count(text: string, meter: Meter, most = MAX_MATCHES): number {
    const remembers = this.size <= 500 && text.length * this.size <= REMEMBERED;
    const matcher = this.#program.matcher(new PaidText(text, meter, remembers ? 1 : this.size, 0) as unknown as string);
    // to forget where the last search has been takes a write for each 32 bits
    const restart = remembers ? (text.length * this.size) / 512 : 1;
    let matches = 0;
    while (matches <= most && matcher.find()) {
      meter.spend(restart);
      if (++matches > MAX_MATCHES) throw new Undecided(`more than ${MAX_MATCHES} matches`);
    }
    return matches;
  }

  #read(text: string, meter: Meter): string {
    meter.spend(1);
    // the automaton reads each character once; where it has to give up, every thread of the program reads them again
    return new PaidText(text, meter, this.size, text.length) as unknown as string; // re2js takes String objects as strings
  }
}

const tooLarge = (member: string): CheckError =>
  new CheckError(member, `It compiles to more than ${MAX_PROGRAM} instructions. Repeat less.`);

function compiled(source: string, { caseInsensitive, multiline, dotAll }: PatternFlags, member: string): RE2JS {
  const flags = (caseInsensitive ? RE2JS.CASE_INSENSITIVE : 0) | (multiline ? RE2JS.MULTILINE : 0) | (dotAll ? RE2JS.DOTALL : 0);
  try {
    return RE2JS.compile(source, flags);
  } catch (error) {
    if (error instanceof RE2JSException) throw new CheckError(member, `${error.message.slice(0, 200)}. Patterns are RE2.`);
    throw error;
  }
}

/**
 * A text that is paid for as it is read. Searches that begin again after each match may read to the end every time
 * (`a.*b|a` on 20,000 `a` took 84 s), and only the reader can tell.
 */
class PaidText extends String {
  readonly #text: string;
  readonly #meter: Meter;
  readonly #price: number;
  /** Characters that are read by the automaton, a step of a table each, before each costs `price`. */
  #cheap: number;

  constructor(text: string, meter: Meter, price: number, cheap: number) {
    super(text);
    this.#text = text;
    this.#meter = meter;
    this.#price = price;
    this.#cheap = cheap;
  }

  override charCodeAt(index: number): number {
    this.#meter.spend(this.#cheap-- > 0 ? 0.25 : this.#price);
    return this.#text.charCodeAt(index);
  }

  override indexOf(needle: string, from = 0): number {
    const found = this.#text.indexOf(needle, from);
    this.#meter.spend(1 + ((found < 0 ? this.#text.length : found) - from) / 16);
    return found;
  }

  override substring(start: number, end?: number): string {
    return this.#text.substring(start, end);
  }
}
