import type { CandidateLine } from '../../schemas/backend.ts';
import type { Finish, TokenLogprob } from '../../schemas/candidate.ts';
import { splitSteps } from '../answers/steps.ts';
import type { Candidate, Prefix } from '../operation.ts';
import { type News, Telling } from './telling.ts';

/**
 * One planned candidate of a `sample`, while waves write it. It owns its text; a line adds what one call wrote. A candidate
 * that was continued over several waves reads as if it had never been cut.
 */
export class Draft {
  readonly id: string;
  readonly prefix: Prefix;
  readonly child: number;
  /** New tokens that it may have in all. */
  readonly most: number;
  tokens = 0;
  started = false;
  finish: Finish | undefined;
  reason: string | undefined;
  /** What a listener is told of it. */
  readonly telling: Telling;
  #text = '';
  /** Length of prefix and text together, where a stop string ends them. */
  #end: number | undefined;
  #ids: number[] | undefined = [];
  /** New tokens up to the end of each step, the open last one included; undefined once a call told none. */
  #ends: number[] = [];
  /** Length of prefix and text together after each new token, as far as calls told it without a gap. */
  readonly #textEnds: number[] = [];
  readonly #logprobs: TokenLogprob[] = [];

  constructor(prefix: Prefix, child: number, most: number, stop: readonly string[]) {
    this.telling = new Telling(stop);
    this.id = `${prefix.id}.${child}`;
    this.prefix = prefix;
    this.child = child;
    this.most = most;
  }

  get closed(): boolean {
    return this.finish !== undefined;
  }

  /** Adds what a call wrote. `granted` tokens were allowed: a candidate cut there is still open. */
  add(line: CandidateLine, granted: number, delimiter: string, stop: readonly string[]): void {
    if (this.#ends.length > 0 && endsInStep(this.prefix.text + this.#text, delimiter)) this.#ends.pop(); // the open step goes on
    this.#ends.push(...line.step_ends.map((end) => this.tokens + end));
    if (this.#textEnds.length === this.tokens)
      this.#textEnds.push(...(line.text_ends ?? []).map((end) => this.prefix.text.length + this.#text.length + end));
    this.#text += line.text;
    this.#ids = line.tokens && this.#ids ? [...this.#ids, ...line.tokens] : undefined;
    this.#logprobs.push(...(line.logprobs ?? []));
    this.tokens += line.token_count;
    this.started = true;
    const cutByGrant = line.finish === 'length' && line.token_count >= granted && this.tokens < this.most;
    if (cutByGrant) return;
    this.finish = line.finish;
    if (line.finish === 'stop') this.#end = startOfStop(this.prefix.text, this.#text, stop);
  }

  fail(reason: string): void {
    this.finish = 'error';
    this.reason = reason;
  }

  /** What can be told when a call has ended; all that it has where it is `over`. Undefined where it is not what was told. */
  news(over: boolean): News | undefined {
    const end = this.#end === undefined ? undefined : Math.max(0, this.#end - this.prefix.text.length);
    return this.telling.settle(this.#text.slice(0, end), this.#logprobs, over);
  }

  /** It is not written any further: what it has is its text. */
  cut(): void {
    this.finish = 'budget';
  }

  /** Everything after the prompt so far: what a later wave continues. */
  resumed(): { text: string; tokens: number[] | undefined } {
    const before = this.prefix.tokens;
    return { text: this.prefix.text + this.#text, tokens: before && this.#ids ? [...before, ...this.#ids] : undefined };
  }

  candidate(delimiter: string): Candidate {
    const { text: whole, tokens } = this.resumed();
    const text = whole.slice(0, this.#end);
    const steps = splitSteps(text, delimiter);
    return {
      id: this.id,
      parent: this.prefix.id,
      text,
      written: text.slice(this.prefix.text.length),
      steps,
      tokenCount: this.prefix.tokenCount + this.tokens,
      tokens,
      stepEnds: this.#stepEnds(delimiter, steps.length),
      textEnds: this.#allTextEnds(text.length),
      finish: this.finish ?? 'budget',
      logprobs: this.#logprobs.length > 0 ? [...(this.prefix.logprobs ?? []), ...this.#logprobs] : this.prefix.logprobs,
      reason: this.reason,
    };
  }

  /** Ends of all steps, those of the prefix included; undefined where they do not match the text's steps one to one. */
  #stepEnds(delimiter: string, steps: number): number[] | undefined {
    if (!this.prefix.stepEnds) return undefined;
    const goesOn = this.#ends.length > 0 && endsInStep(this.prefix.text, delimiter);
    const before = goesOn ? this.prefix.stepEnds.slice(0, -1) : this.prefix.stepEnds;
    const ends = [...before, ...this.#ends.map((end) => this.prefix.tokenCount + end)];
    const kept = this.#end === undefined ? ends : ends.slice(0, steps); // a stop string may have been a step's beginning
    return kept.length === steps ? kept : undefined;
  }

  /** Those of the prefix included. A stop string that was left out of the text adds nothing to it. */
  #allTextEnds(length: number): number[] | undefined {
    const { textEnds: before = [], tokenCount } = this.prefix;
    const ends = before.length === tokenCount ? [...before, ...this.#textEnds] : before;
    return ends.length > 0 ? ends.map((end) => Math.min(end, length)) : undefined;
  }
}

/** Whether the text's last step is still open. What follows a delimiter may be the beginning of another one. */
function endsInStep(text: string, delimiter: string): boolean {
  const last = splitSteps(text, delimiter).at(-1);
  return last !== undefined && !last.endsWith(delimiter);
}

/**
 * A stop string that began before a border of waves, or in the prefix, is still in the text: where the earliest one begins,
 * of those that end in `text`.
 */
function startOfStop(before: string, text: string, stop: readonly string[]): number | undefined {
  const places = stop.map((string) => (before + text).indexOf(string, Math.max(0, before.length - string.length + 1)));
  const found = places.filter((place) => place >= 0);
  return found.length > 0 ? Math.min(...found) : undefined;
}
