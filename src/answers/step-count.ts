/** How a text that is written token by token, after another one, divides into steps. */
import type { GeneratePrefix } from '../../schemas/backend.ts';
import type { StepRule } from '../../schemas/step.ts';
import { stepEnd, stepEndsOf } from './steps.ts';

/** The text that another one goes on with, and how it stands with its steps. */
export interface Standing {
  readonly text: string;
  /** Steps of it that have ended. */
  readonly ended: number;
  /** Where its open step begins: its length where none is open. */
  readonly openFrom: number;
  /** Tokens of that step. */
  readonly openTokens: number;
}

/** How a text stands, as who has written it tells it. */
export type KnownSteps = NonNullable<GeneratePrefix['steps']>;

/** What is known of a text beside what it says. */
interface Clues {
  /** Where nobody knows it, it is found in the text, or by the number of tokens. */
  readonly known?: KnownSteps | undefined;
  readonly tokens?: number | undefined;
  /** It is in the middle of being written: a match that reaches to its end may still grow. */
  readonly resumed?: boolean | undefined;
}

/** How a text stands with its steps. */
export function standing(rule: StepRule, text: string, { known, tokens = 0, resumed = false }: Clues = {}): Standing {
  if (known) return { text, ended: known.ended, openFrom: text.length - known.open, openTokens: known.open_tokens };
  if (rule.tokens !== undefined) {
    const openTokens = tokens % rule.tokens;
    return { text, ended: Math.floor(tokens / rule.tokens), openFrom: openTokens === 0 ? text.length : 0, openTokens };
  }
  const ends = stepEndsOf(text, rule);
  if (resumed && rule.pattern !== undefined && ends.at(-1) === text.length) ends.pop();
  return { text, ended: ends.length, openFrom: ends.at(-1) ?? 0, openTokens: 0 };
}

/** What was written after it. */
export interface WrittenText {
  readonly before: Standing;
  readonly text: string;
  /** Length of the text after each of its tokens. */
  readonly ends: readonly number[];
  /** Whether a token of that place is a mark that reads as nothing. */
  readonly isMark?: ((place: number) => boolean) | undefined;
  /** It goes on with the open step of what is before it even where it is empty. */
  readonly resumed: boolean;
}

export interface StepCount {
  /** Steps of both texts together. */
  readonly step: number;
  /** For each step that ends in the new text, the open last one included: tokens of the new text up to its end. */
  readonly stepEnds: readonly number[];
  /** For each of them: characters up to there. */
  readonly textEnds: readonly number[];
  /** Whether the last step of both texts is open. */
  readonly open: boolean;
}

interface Place {
  readonly tokens: number;
  readonly length: number;
}

/** Counts the steps of a text and of what was written before it. No step is without text: such an end ends nothing. */
export function countSteps(rule: StepRule, written: WrittenText): StepCount {
  const { before, text, ends, resumed } = written;
  const open = before.text.length - before.openFrom;
  const places: Place[] = [];
  for (const place of endsOf(rule, written)) if (place.length > (places.at(-1)?.length ?? -open)) places.push(place);
  const rest = text.length - (places.at(-1)?.length ?? -open);
  const step = before.ended + places.length + (rest > 0 ? 1 : 0);
  const startedHere = rest > 0 && (places.length > 0 || text !== '' || resumed);
  if (startedHere) places.push({ tokens: tokensUpTo(text.length, ends), length: text.length });
  return { step, stepEnds: places.map(({ tokens }) => tokens), textEnds: places.map(({ length }) => length), open: rest > 0 };
}

/** Where steps end in the new text, in order. */
function endsOf(rule: StepRule, { before, text, ends, isMark }: WrittenText): Place[] {
  const atToken = (place: number): Place => ({ tokens: place + 1, length: Math.min(text.length, ends[place]!) });
  const size = rule.tokens;
  if (size !== undefined) return [...ends.keys()].filter((place) => (before.openTokens + place + 1) % size === 0).map(atToken);
  const marks = isMark ? [...ends.keys()].filter(isMark).map(atToken) : [];
  return [...textual(rule, before, text, ends), ...marks].sort((a, b) => a.length - b.length || a.tokens - b.tokens);
}

function textual(rule: StepRule, { text: before, openFrom }: Standing, text: string, ends: readonly number[]): Place[] {
  const find = stepEnd(rule);
  const whole = before + text;
  const places: Place[] = [];
  for (let end = find(whole, openFrom, true); end !== null; end = find(whole, end, true)) {
    const length = Math.max(0, end - before.length);
    places.push({ tokens: tokensUpTo(length, ends), length });
  }
  return places;
}

/** How many tokens it takes until a text has `length` characters. */
export function tokensUpTo(length: number, ends: readonly number[]): number {
  if (length <= 0) return 0;
  const place = ends.findIndex((end) => end >= length);
  return place < 0 ? ends.length : place + 1;
}
