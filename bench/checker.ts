/**
 * Whether a text solves a held-out problem: a rule, so the accuracies of bench/ and test/ rest on no model. A text may say
 * anything; none is slow to read, and none throws.
 */

export interface Puzzle {
  readonly numbers: readonly number[];
  readonly target: number;
}

export interface Chain {
  readonly answer: number;
}

/** `reason` is of the first line that is wrong, for people and tests. */
export type Verdict = { readonly ok: true } | { readonly ok: false; readonly reason: string };

const NUMBER = '(?:0|[1-9]\\d{0,14})'; // 15 digits: every such integer is exact in a float64
const STEP = new RegExp(`^(${NUMBER}) ([-+*/]) (${NUMBER}) = (${NUMBER}) \\| (${NUMBER}(?: ${NUMBER})*)$`);

/**
 * A solution has one operation a line, `a op b = c | what is left`, and takes one line less than there are numbers. Each
 * number is used once, results are exact and never negative, and the last line leaves the target alone. What is left may
 * stand in any order.
 */
export function checkPuzzle(text: string, { numbers, target }: Puzzle): Verdict {
  const lines = text.split('\n', numbers.length + 1);
  if (lines.length !== numbers.length - 1) return wrong(`${numbers.length - 1} lines are needed`);
  let left: readonly number[] = numbers;
  for (const [place, line] of lines.entries()) {
    const after = step(left, line);
    if (typeof after === 'string') return wrong(`line ${place + 1}: ${after}`);
    left = after;
  }
  return left[0] === target ? { ok: true } : wrong(`the last line leaves ${left[0]}, not ${target}`);
}

/** A chain is right when its last line is `Answer: ` and the answer, whatever stands above. */
export function checkChain(text: string, { answer }: Chain): Verdict {
  const last = text.slice(text.lastIndexOf('\n') + 1);
  return last === `Answer: ${answer}` ? { ok: true } : wrong(`the last line is not "Answer: ${answer}"`);
}

const wrong = (reason: string): Verdict => ({ ok: false, reason });

/** What is left after a line, or what is wrong with it. */
function step(left: readonly number[], line: string): number[] | string {
  const parts = STEP.exec(line);
  if (!parts) return 'not of the form "a op b = c | what is left"';
  const [a, b, c] = [Number(parts[1]), Number(parts[3]), Number(parts[4])];
  const rest = without(without(left, a), b);
  if (!rest) return `${a} and ${b} are not both left`;
  if (OPERATIONS[parts[2] as keyof typeof OPERATIONS](a, b) !== c) return `${a} ${parts[2]} ${b} is not ${c}`; // STEP has these four only
  const after = [...rest, c];
  return same(after, parts[5]!.split(' ').map(Number)) ? after : `what is left is ${after.join(' ')}`;
}

const OPERATIONS = {
  '+': (a: number, b: number) => a + b,
  '-': (a: number, b: number) => a - b, // a negative result equals no number that STEP reads
  '*': (a: number, b: number) => a * b,
  '/': (a: number, b: number) => (b !== 0 && a % b === 0 ? a / b : Number.NaN),
};

/** The numbers but one `used`; undefined where it is not among them. */
function without(numbers: readonly number[] | undefined, used: number): number[] | undefined {
  const place = numbers?.indexOf(used) ?? -1;
  return place === -1 ? undefined : numbers?.toSpliced(place, 1);
}

/** Equal numbers, in whatever order. */
function same(one: readonly number[], other: readonly number[]): boolean {
  if (one.length !== other.length) return false;
  const sorted = other.toSorted((x, y) => x - y);
  return one.toSorted((x, y) => x - y).every((number, place) => number === sorted[place]);
}
