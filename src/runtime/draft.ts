import type { CandidateLine, GeneratePrefix } from '../../schemas/backend.ts';
import type { Finish, TokenLogprob } from '../../schemas/candidate.ts';
import type { StepRule } from '../../schemas/step.ts';
import type { Candidate, Prefix } from '../operation.ts';
import { type DraftSteps, draftSteps } from './draft-steps.ts';
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
  readonly #steps: DraftSteps;
  /** Length of prefix and text together after each new token, as far as calls told it without a gap. */
  readonly #textEnds: number[] = [];
  readonly #logprobs: TokenLogprob[] = [];

  constructor(prefix: Prefix, child: number, most: number, { stop, step }: { stop: readonly string[]; step: StepRule }) {
    this.#steps = draftSteps(step, prefix);
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
  add(line: CandidateLine, granted: number, stop: readonly string[]): void {
    this.#steps.add({ line, text: this.#text, tokens: this.tokens });
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
  resumed(): { text: string; tokens: number[] | undefined; steps: GeneratePrefix['steps'] } {
    const { text: before, tokens: ids, tokenCount } = this.prefix;
    const text = before + this.#text;
    const tokens = ids && this.#ids ? [...ids, ...this.#ids] : undefined;
    return { text, tokens, steps: this.#steps.told(text, tokenCount + this.tokens, this.started) };
  }

  candidate(): Candidate {
    const { text: whole, tokens } = this.resumed();
    const text = whole.slice(0, this.#end);
    return {
      id: this.id,
      parent: this.prefix.id,
      text,
      written: text.slice(this.prefix.text.length),
      ...this.#steps.divide(text, this.finish === 'stop', this.#end !== undefined),
      tokenCount: this.prefix.tokenCount + this.tokens,
      tokens,
      textEnds: this.#allTextEnds(text.length),
      finish: this.finish ?? 'budget',
      logprobs: this.#logprobs.length > 0 ? [...(this.prefix.logprobs ?? []), ...this.#logprobs] : this.prefix.logprobs,
      reason: this.reason,
    };
  }

  /** Those of the prefix included. A stop string that was left out of the text adds nothing to it. */
  #allTextEnds(length: number): number[] | undefined {
    const { textEnds: before = [], tokenCount } = this.prefix;
    const ends = before.length === tokenCount ? [...before, ...this.#textEnds] : before;
    return ends.length > 0 ? ends.map((end) => Math.min(end, length)) : undefined;
  }
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
