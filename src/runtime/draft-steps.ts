import type { CandidateLine, GeneratePrefix } from '../../schemas/backend.ts';
import type { StepRule } from '../../schemas/step.ts';
import { countSteps } from '../answers/step-count.ts';
import { cutAt, splitSteps } from '../answers/steps.ts';
import type { Prefix } from '../operation.ts';

/** How the text of a draft divides, its prefix included. */
export interface Divided {
  readonly steps: readonly string[];
  /** Tokens up to the end of each; undefined where they are unknown. */
  readonly stepEnds: readonly number[] | undefined;
  /** Absent where the text tells it. */
  readonly stepOpen?: boolean;
}

/** A call's part of a draft. */
export interface Written {
  readonly line: CandidateLine;
  /** New text and tokens of the draft before it. */
  readonly text: string;
  readonly tokens: number;
}

/** Where the steps of one draft end, over all its calls. */
export interface DraftSteps {
  add(written: Written): void;
  /** What a backend is told of the text that it goes on with; undefined where the text tells it. */
  told(text: string, tokens: number, resumed: boolean): GeneratePrefix['steps'];
  /**
   * @param over  the text has ended: no step of it is open
   * @param cut   a stop string was taken out of it at its end
   */
  divide(text: string, over: boolean, cut: boolean): Divided;
}

export const draftSteps = (rule: StepRule, prefix: Prefix): DraftSteps =>
  rule.delimiter === undefined ? new ToldSteps(rule, prefix) : new TextSteps(rule, rule.delimiter, prefix);

/** Steps that the text shows. */
class TextSteps implements DraftSteps {
  readonly #rule: StepRule;
  readonly #delimiter: string;
  readonly #prefix: Prefix;
  /** New tokens up to the end of each step, the open last one included. */
  readonly #ends: number[] = [];

  constructor(rule: StepRule, delimiter: string, prefix: Prefix) {
    this.#rule = rule;
    this.#delimiter = delimiter;
    this.#prefix = prefix;
  }

  add({ line, text, tokens }: Written): void {
    if (this.#ends.length > 0 && this.#endsInStep(this.#prefix.text + text)) this.#ends.pop(); // the open step goes on
    this.#ends.push(...line.step_ends.map((end) => tokens + end));
  }

  told(): undefined {}

  divide(text: string, _over: boolean, cut: boolean): Divided {
    const steps = splitSteps(text, this.#rule);
    return { steps, stepEnds: this.#stepEnds(steps.length, cut) };
  }

  /** Ends of all steps, those of the prefix included; undefined where they do not match the text's steps one to one. */
  #stepEnds(steps: number, cut: boolean): number[] | undefined {
    const { text, tokenCount, stepEnds } = this.#prefix;
    if (!stepEnds) return undefined;
    const before = this.#ends.length > 0 && this.#endsInStep(text) ? stepEnds.slice(0, -1) : stepEnds;
    const ends = [...before, ...this.#ends.map((end) => tokenCount + end)];
    const kept = cut ? ends.slice(0, steps) : ends; // a stop string may have been a step's beginning
    return kept.length === steps ? kept : undefined;
  }

  /** Whether the text's last step is still open. What follows a delimiter may be the beginning of another one. */
  #endsInStep(text: string): boolean {
    const last = splitSteps(text, this.#rule).at(-1);
    return last !== undefined && !last.endsWith(this.#delimiter);
  }
}

/** Steps that only who writes them can tell: they end with tokens, or where a match could grow no more. */
class ToldSteps implements DraftSteps {
  readonly #rule: StepRule;
  /** Characters of prefix and text up to the end of each step. */
  #lengths: number[];
  /** Tokens up to there; undefined once they are unknown. */
  #tokens: number[] | undefined;
  #open: boolean;
  readonly #prefix: Prefix;
  #resumed = false;

  constructor(rule: StepRule, prefix: Prefix) {
    this.#rule = rule;
    this.#prefix = prefix;
    const { lengths, open } = prefix.forced === undefined ? dividedAs(prefix) : dividedBefore(prefix.forced, prefix, rule);
    this.#lengths = [...lengths];
    this.#tokens = prefix.stepEnds && [...prefix.stepEnds];
    this.#open = open;
  }

  add({ line, text, tokens }: Written): void {
    const goesOn = this.#goesOn(text, this.#resumed);
    this.#resumed = true;
    const { step_ends: ends, step_text_ends: lengths } = line;
    if (ends.length === 0) return;
    if (goesOn) {
      this.#lengths.pop();
      this.#tokens?.pop();
    }
    const [before, count] = [this.#prefix.text.length + text.length, this.#prefix.tokenCount + tokens];
    if (lengths) this.#lengths.push(...lengths.map((length) => before + length));
    else this.#lengths.push(before + line.text.length);
    if (lengths?.length === ends.length) this.#tokens?.push(...ends.map((end) => count + end));
    else this.#tokens = undefined;
    this.#open = line.step_open ?? true;
  }

  told(text: string, tokens: number, resumed: boolean): GeneratePrefix['steps'] {
    if (text === '' && tokens === 0) return undefined;
    const goesOn = this.#goesOn(text.slice(this.#prefix.text.length), resumed);
    const ends = goesOn ? this.#lengths.slice(0, -1) : [...this.#lengths];
    const { tokens: size } = this.#rule;
    return {
      ended: ends.length,
      open: text.length - (ends.at(-1) ?? 0),
      open_tokens: size === undefined ? 0 : tokens % size,
      text_ends: ends,
    };
  }

  divide(text: string, over: boolean): Divided {
    const ended = this.#lengths.filter((length) => length < text.length);
    const steps = cutAt(text, [...ended, text.length]);
    const stepEnds = this.#tokens?.slice(0, steps.length);
    const whole = this.#lengths[steps.length - 1] === text.length;
    return {
      steps,
      stepEnds: stepEnds?.length === steps.length ? stepEnds : undefined,
      stepOpen: !over && steps.length > 0 && (!whole || this.#open),
    };
  }

  /** Whether what comes belongs to the last step: it is open, or, of a text in the making, ends in a match that may grow. */
  #goesOn(text: string, resumed: boolean): boolean {
    if (this.#open) return true;
    const last = this.#lengths.at(-1);
    return resumed && this.#rule.pattern !== undefined && text !== '' && last === this.#prefix.text.length + text.length;
  }
}

/** Where the steps of a text end, in characters, the last one included, and whether that one is open. */
interface Division {
  readonly lengths: readonly number[];
  readonly open: boolean;
}

function dividedAs({ steps, stepOpen = false }: Pick<Prefix, 'steps' | 'stepOpen'>): Division {
  let length = 0;
  const lengths = steps.map((step) => {
    length += step.length;
    return length;
  });
  return { lengths, open: stepOpen };
}

/** Of a prefix whose last token was put there: as if it had been written. A match that it ends may grow. */
function dividedBefore(forced: string, { text: whole, steps, stepOpen, tokenCount }: Prefix, rule: StepRule): Division {
  const { lengths, open } = dividedAs({ steps: steps.slice(0, -1), stepOpen });
  const text = whole.slice(0, whole.length - forced.length);
  const ended = open ? lengths.slice(0, -1) : lengths;
  const openTokens = rule.tokens === undefined ? 0 : (tokenCount - 1) % rule.tokens;
  const before = { text, ended: ended.length, openFrom: ended.at(-1) ?? 0, openTokens };
  const counted = countSteps(rule, { before, text: forced, ends: [forced.length], resumed: false });
  return {
    lengths: [...ended, ...counted.textEnds.map((end) => text.length + end)],
    open: counted.open || rule.pattern !== undefined,
  };
}
