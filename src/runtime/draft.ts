import type { CandidateLine } from '../../schemas/backend.ts';
import type { Finish, TokenLogprob } from '../../schemas/candidate.ts';
import { splitSteps } from '../answers/steps.ts';
import type { Candidate, Prefix } from '../operation.ts';

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
  #text = '';
  #ids: number[] | undefined = [];
  /** New tokens up to the end of each step, the open last one included; undefined once a call told none. */
  #ends: number[] = [];
  #logprob: number | undefined = 0;
  readonly #logprobs: TokenLogprob[] = [];

  constructor(prefix: Prefix, child: number, most: number) {
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
    if (this.#ends.length > 0 && !this.#text.endsWith(delimiter)) this.#ends.pop(); // the open step goes on
    this.#ends.push(...line.step_ends.map((end) => this.tokens + end));
    this.#text += line.text;
    this.#ids = line.tokens && this.#ids ? [...this.#ids, ...line.tokens] : undefined;
    this.#logprob = line.logprob === undefined || this.#logprob === undefined ? undefined : this.#logprob + line.logprob;
    this.#logprobs.push(...(line.logprobs ?? []));
    this.tokens += line.token_count;
    this.started = true;
    const cutByGrant = line.finish === 'length' && line.token_count >= granted && this.tokens < this.most;
    if (cutByGrant) return;
    this.finish = line.finish;
    if (line.finish === 'stop') this.#text = beforeStop(this.#text, stop);
  }

  fail(reason: string): void {
    this.finish = 'error';
    this.reason = reason;
  }

  /** Everything after the prompt so far: what a later wave continues. */
  resumed(): { text: string; tokens: number[] | undefined } {
    const before = this.prefix.tokens;
    return { text: this.prefix.text + this.#text, tokens: before && this.#ids ? [...before, ...this.#ids] : undefined };
  }

  candidate(delimiter: string): Candidate {
    const { text, tokens } = this.resumed();
    const steps = splitSteps(text, delimiter);
    return {
      id: this.id,
      parent: this.prefix.id,
      text,
      written: this.#text,
      steps,
      tokenCount: this.prefix.tokenCount + this.tokens,
      tokens,
      stepEnds: this.#stepEnds(delimiter, steps.length),
      finish: this.finish ?? 'budget',
      logprob: this.#logprob,
      logprobs: this.#logprobs.length > 0 ? this.#logprobs : undefined,
      reason: this.reason,
    };
  }

  /** Ends of all steps, those of the prefix included; undefined where they do not match the text's steps one to one. */
  #stepEnds(delimiter: string, steps: number): number[] | undefined {
    if (!this.prefix.stepEnds) return undefined;
    const goesOn = this.#text !== '' && this.prefix.text !== '' && !this.prefix.text.endsWith(delimiter);
    const before = goesOn ? this.prefix.stepEnds.slice(0, -1) : this.prefix.stepEnds;
    const ends = [...before, ...this.#ends.map((end) => this.prefix.tokenCount + end)];
    return ends.length === steps ? ends : undefined;
  }
}

/** A stop string that began before a wave's border is still in the text: the earliest one ends it. */
function beforeStop(text: string, stop: readonly string[]): string {
  const places = stop.map((string) => text.indexOf(string)).filter((place) => place >= 0);
  return places.length > 0 ? text.slice(0, Math.min(...places)) : text;
}
