import type { RE2JS } from 're2js';

/** Who pays for a search. A unit is at most about 100 ns of one core: two characters that the automaton reads. */
export interface Payer {
  /** @throws an error of its own where it can pay no more: the search ends with it */
  spend(units: number): void;
}

/** A character that the automaton reads, which it does with a step of a table. */
const STEP = 0.5;
/** A state that the automaton makes, and each thread in it and in the one before it. */
const STATE = 12;
const THREAD = 1.5;

/**
 * A text that is paid for as it is read. Searches that begin again after each match may read to the end every time
 * (`a.*b|a` on 20,000 `a` took 84 s), and only the reader can tell.
 */
export class PaidText extends String {
  readonly payer: Payer;
  /** Of a character that is read. */
  price: number;
  readonly #text: string;

  constructor(text: string, payer: Payer, price: number) {
    super(text);
    this.payer = payer;
    this.price = price;
    this.#text = text;
  }

  override charCodeAt(index: number): number {
    this.payer.spend(this.price);
    return this.#text.charCodeAt(index);
  }

  override indexOf(needle: string, from = 0): number {
    const found = this.#text.indexOf(needle, from);
    this.payer.spend(1 + ((found < 0 ? this.#text.length : found) - from) / 16);
    return found;
  }

  override substring(start: number, end?: number): string {
    return this.#text.substring(start, end);
  }
}

/**
 * Has the states of a pattern's automaton paid for as they are made. Most texts ask for a few, and then a character is a
 * step of a table; a hostile one asks for another at every character (`[ab]*a[ab]{400}c`), and each takes as long as to
 * read hundreds.
 *
 * @returns a search of one text by it
 */
export function paidAutomaton(program: RE2JS): <Found>(text: PaidText, search: () => Found) => Found {
  const { dfa } = program.re2();
  let read: PaidText | null = null;
  const [match, step] = [dfa.match.bind(dfa), dfa.step.bind(dfa)];
  dfa.match = (input: unknown, at: number, anchor: number): unknown => {
    const { price } = read!;
    read!.price = STEP;
    const found = match(input, at, anchor);
    read!.price = price; // what the automaton gives up on is read by threads
    return found;
  };
  dfa.step = (state: State, kind: number, rune: number, anchor: number): State | null => {
    const known = (anchor === 0 ? state.next : state.nextAnchored)?.[kind];
    if (known) return known;
    const made = step(state, kind, rune, anchor) as State | null;
    read!.payer.spend(STATE + THREAD * (state.nfaStates.length + (made?.nfaStates.length ?? 0)));
    return made;
  };
  return (text, search) => {
    read = text;
    return search();
  };
}

/** Of re2js's automaton: where it goes on by the kind of the next character, as far as that has been asked for. */
interface State {
  readonly next: readonly (State | null)[] | null;
  readonly nextAnchored: readonly (State | null)[] | null;
  readonly nfaStates: readonly number[];
}
