/** Regular expressions of others, on RE2: time linear in the text, and every character that is read is paid for. */
import { type Matcher, RE2JS, RE2JSException } from 're2js';
import type { Span } from './extraction.ts';
import { PaidText, type Payer, paidAutomaton } from './paid-text.ts';
import { patternSize } from './pattern-size.ts';

/** Instructions of a compiled pattern: `(a{1,1000})` has 2,003. */
const MAX_PROGRAM = 1000;
/** Product of text and program up to which re2js remembers where it has been, and reads a character once for each instruction. */
const REMEMBERED = 262_144;

/** Pays for so many units, and no more. */
export class StepCap implements Payer {
  #left: number;

  constructor(units: number) {
    this.#left = units;
  }

  /** @throws TooManySteps */
  spend(units: number): void {
    this.#left -= units;
    if (this.#left < 0) throw new TooManySteps();
  }
}

export class TooManySteps extends Error {
  override readonly name = 'TooManySteps';
}

/** No pattern of RE2, or one that is too large. The message is a sentence for who wrote it. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}

export interface PatternFlags {
  readonly caseInsensitive?: boolean;
  readonly multiline?: boolean;
  readonly dotAll?: boolean;
}

/** A place in a text where a pattern matches, in code units. */
export interface Match {
  readonly start: number;
  readonly end: number;
  /** Where a group stands, by its number; null where it has no part in the match. To be asked before the search goes on. */
  readonly group: (number: number) => Span | null;
}

/** Matches are leftmost, and of those the first by the order of alternatives, as in Perl. */
export class Pattern {
  readonly #program: RE2JS;
  #automaton: ReturnType<typeof paidAutomaton> | null = null;
  /** Instructions that it compiles to. */
  readonly size: number;

  /** @throws PatternError */
  constructor(source: string, flags: PatternFlags = {}) {
    if (patternSize(source) > 4 * MAX_PROGRAM) throw tooLarge();
    this.#program = compiled(source, flags);
    this.size = this.#program.programSize();
    if (this.size > MAX_PROGRAM) throw tooLarge();
  }

  get groupCount(): number {
    return this.#program.groupCount();
  }

  /** Numbers of the groups that have a name. */
  get groupNames(): Readonly<Record<string, number>> {
    return this.#program.namedGroups();
  }

  /** Whether it stands somewhere in the text. */
  test(text: string, payer: Payer): boolean {
    return this.#tested(text, payer, (read) => this.#program.test(read));
  }

  /** Whether it is the whole text. */
  testWhole(text: string, payer: Payer): boolean {
    return this.#tested(text, payer, (read) => this.#program.testExact(read));
  }

  /** The first match that begins at `from` or later; what stands before it decides on `^` and `\b` as ever. */
  find(text: string, payer: Payer, from = 0): Match | null {
    for (const match of this.matches(text, payer, from)) return match;
    return null;
  }

  /** Matches that do not overlap, from left to right. An empty one is a match, too. */
  *matches(text: string, payer: Payer, from = 0): Generator<Match> {
    const matcher = this.#program.matcher(asString(new PaidText(text, payer, this.#reading(text))));
    const restart = this.#remembers(text) ? 8 + (text.length * this.size) / 4096 : 8;
    for (let found = matcher.find(from); found; found = matcher.find()) {
      payer.spend(restart);
      yield matchOf(matcher);
    }
  }

  #tested(text: string, payer: Payer, search: (read: string) => boolean): boolean {
    payer.spend(1);
    this.#automaton ??= paidAutomaton(this.#program);
    const paid = new PaidText(text, payer, this.#reading(text));
    return this.#automaton(paid, () => search(asString(paid)));
  }

  #remembers(text: string): boolean {
    return this.size <= 500 && text.length * this.size <= REMEMBERED;
  }

  /** Of a character where the automaton does not read it: one that does not remember has every thread of the program read it. */
  #reading(text: string): number {
    return this.#remembers(text) ? 1.5 : 1.5 + this.size / 8;
  }
}

/**
 * What is wrong with a pattern, as a sentence; null where it may be used.
 *
 * @param further  what else is asked of one that compiles
 */
export function patternProblem(source: string, further: (pattern: Pattern) => string | null = () => null): string | null {
  try {
    return further(new Pattern(source));
  } catch (error) {
    if (error instanceof PatternError) return error.message;
    throw error;
  }
}

const tooLarge = (): PatternError => new PatternError(`It compiles to more than ${MAX_PROGRAM} instructions. Repeat less.`);

function compiled(source: string, { caseInsensitive, multiline, dotAll }: PatternFlags): RE2JS {
  const flags = (caseInsensitive ? RE2JS.CASE_INSENSITIVE : 0) | (multiline ? RE2JS.MULTILINE : 0) | (dotAll ? RE2JS.DOTALL : 0);
  try {
    return RE2JS.compile(source, flags);
  } catch (error) {
    if (error instanceof RE2JSException)
      throw new PatternError(`${error.message.slice(0, 200)}. Patterns are RE2: no look-around, no back-reference.`);
    throw error;
  }
}

const matchOf = (matcher: Matcher): Match => ({
  start: matcher.start(),
  end: matcher.end(),
  group(number) {
    const start = matcher.start(number);
    return start < 0 ? null : [start, matcher.end(number)];
  },
});

/** re2js takes String objects as strings. */
const asString = (text: PaidText): string => text as unknown as string;
