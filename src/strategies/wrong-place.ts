import type { Asking, Scored } from '../operation.ts';
import { root, sample } from '../operation.ts';
import { readQuotes, wrongQuotesPrompt } from '../prompts/wrong-quotes.ts';
import type { StrategyTask } from './define.ts';
import { finished } from './define.ts';
import type { Numbering } from './numbering.ts';
import { locate } from './wrong-spans.ts';
import { wrongStep } from './wrong-step.ts';

/** Where the first mistake of a version begins, in code units; `none`, or `unknown`, which is not right (methods C.12). */
export type Finding = number | 'none' | 'unknown';

/** The beginning of the first step that the step reward calls wrong. */
export function wrongStepStart(version: Scored, { stepReward, wrongBelow }: StrategyTask): Finding {
  const place = wrongStep(version, stepReward!, wrongBelow); // `needs.stepReward`: refused where there is none
  return typeof place === 'number' ? version.steps.slice(0, place).join('').length : place;
}

/**
 * A critic that quotes what is wrong: the first place that one of its quotes stands at. Asked once about each version. It
 * owns what it found, and how often it could not be followed.
 */
export class QuotingCritic {
  readonly #task: StrategyTask;
  readonly #policy: string;
  readonly #numbering: Numbering;
  readonly #found = new Map<string, Finding>();
  #unmatched = 0;
  #unread = 0;

  /** @param numbering  numbers the children of the prompt: critiques are such, so that no path comes twice */
  constructor(task: StrategyTask, policy: string, numbering: Numbering) {
    this.#task = task;
    this.#policy = policy;
    this.#numbering = numbering;
  }

  *find(version: Scored): Asking<Finding> {
    const known = this.#found.get(version.id);
    if (known !== undefined) return known;
    const finding = yield* this.#ask(version);
    this.#found.set(version.id, finding);
    return finding;
  }

  *#ask({ text }: Scored): Asking<Finding> {
    const [reply] = yield* sample({
      ...this.#task,
      role: 'critic',
      policy: this.#policy,
      topLogprobs: undefined,
      prompt: wrongQuotesPrompt(this.#task.prompt, text),
      prefixes: [root],
      count: 1,
      firstChild: this.#numbering.take([root], 1),
      until: 'end',
    });
    if (!reply) return 'unknown'; // the means have ended, which is told already
    const said = finished(reply) ? readQuotes(reply.text) : 'unknown';
    if (said === 'unknown') this.#unread += 1;
    if (typeof said === 'string') return said === 'right' ? 'none' : said;
    const { offsets, unmatched } = locate(text, said);
    this.#unmatched += unmatched;
    return offsets.length > 0 ? Math.min(...offsets) : 'unknown';
  }

  /** What the user should know of it. */
  get warnings(): readonly string[] {
    const { size } = this.#found;
    return [
      ...(this.#unread > 0 ? [`Replies of the critic that could not be read: ${this.#unread} of ${size}.`] : []),
      ...(this.#unmatched > 0 ? [`Quotes of the critic that do not stand in what it read: ${this.#unmatched}.`] : []),
    ];
  }
}
