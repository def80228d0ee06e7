/** From what was answered to the page: accuracies with 95 % intervals over prompts. */
import { passAtK } from '../../src/evaluation/estimators.ts';
import { mean } from '../../src/selection/statistics.ts';
import { type Interval, meanOf } from '../accuracy/intervals.ts';
import { type Answered, type Judged, N, SAMPLING } from './measure.ts';
import type { Instructed } from './prompts.ts';

const SEED = 1;
const WIDTHS = [1, 2, 4, 8, 16];

/** Whether every check passed; an undecided one was not followed. */
const followed = ({ passed }: Judged): number => (passed.every((each) => each === true) ? 1 : 0);
/** The share of checks that passed. */
const share = ({ passed }: Judged): number => passed.filter((each) => each === true).length / passed.length;

export interface Row {
  readonly name: string;
  readonly prompt: Interval;
  readonly instruction: Interval;
  readonly tokens: number;
}

export function rows(answers: readonly Answered[]): Row[] {
  const row = (name: string, of: (one: Answered) => readonly Judged[], tokens: (one: Answered) => number): Row => ({
    name,
    prompt: meanOf(
      answers.map((one) => mean(of(one).map(followed))),
      SEED,
    ),
    instruction: meanOf(
      answers.map((one) => mean(of(one).map(share))),
      SEED,
    ),
    tokens: mean(answers.map(tokens)),
  });
  const all = ({ samples }: Answered) => samples.reduce((sum, { tokens }) => sum + tokens, 0);
  return [
    row(
      'greedy',
      ({ greedy }) => [greedy],
      ({ greedy }) => greedy.tokens,
    ),
    row(
      `one sample (mean over ${N})`,
      ({ samples }) => samples,
      (one) => all(one) / one.samples.length,
    ),
    row(`best of ${N} by the rule`, ({ samples, chosen }) => [samples[chosen]!], all),
  ];
}

/** How much more the chosen one follows than the mean sample and than greedy, prompt by prompt. */
export function gains(answers: readonly Answered[]): { readonly overSample: Interval; readonly overGreedy: Interval } {
  const chosen = ({ samples, chosen }: Answered) => followed(samples[chosen]!);
  return {
    overSample: meanOf(
      answers.map((one) => chosen(one) - mean(one.samples.map(followed))),
      SEED,
    ),
    overGreedy: meanOf(
      answers.map((one) => chosen(one) - followed(one.greedy)),
      SEED,
    ),
  };
}

const percent = (value: number): string => (100 * value).toFixed(1);
const interval = ({ value, low, high }: Interval): string => `${percent(value)} (${percent(low)} to ${percent(high)})`;

export function page(prompts: readonly Instructed[], answers: readonly Answered[]): string {
  const checks = prompts.reduce((sum, one) => sum + one.checks.length, 0);
  const { overSample, overGreedy } = gains(answers);
  const every = answers.flatMap(({ samples }) => samples);
  const open = every.flatMap(({ passed }) => passed).filter((each) => each === null).length;
  const right = ({ samples }: Answered): number => samples.filter((sample) => followed(sample) === 1).length;
  const curve = WIDTHS.map((k) => percent(mean(answers.map((one) => passAtK(one.samples.length, right(one), k)))));
  const lost = answers.filter(
    ({ samples, chosen }) => followed(samples[chosen]!) === 0 && samples.some((sample) => followed(sample) === 1),
  );
  const never = answers.filter(({ samples }) => samples.every((sample) => followed(sample) === 0));
  return `# Instructions that a rule can check

Written by \`node bench/instructions/run.ts\`. ${prompts.length} prompts of our own (bench/instructions/prompts.json), each with two or
three constraints that a [rule](rules.md) checks: ${checks} checks of ${new Set(prompts.flatMap((one) => one.checks.map(({ check }) => check))).size} kinds. The policy is SmolLM2-135M-Instruct, int8, asked through Winnow's HTTP API
with temperature ${SAMPLING.temperature}, top_p ${SAMPLING.top_p}, at most ${SAMPLING.max_tokens} tokens. *Prompt level*: all constraints of a prompt are met. *Instruction level*: the share of its
constraints. Percent, with 95 % bootstrap intervals over prompts.

| answer | prompt level | instruction level | tokens a prompt |
|---|---|---|---|
${rows(answers)
  .map(
    ({ name, prompt, instruction, tokens }) =>
      `| ${name} | ${interval(prompt)} | ${interval(instruction)} | ${tokens.toFixed(0)} |`,
  )
  .join('\n')}

Best of ${N} over one sample: ${interval(overSample)} points more at prompt level; over greedy: ${interval(overGreedy)}.

The chance that one of N samples meets all constraints, by the unbiased estimator (methods A.3), in percent:

| N | ${WIDTHS.join(' | ')} |
|---|${WIDTHS.map(() => '---').join('|')}|
| at least one | ${curve.join(' | ')} |

What makes it wrong, or smaller than it looks:

- The reward is the measure. The rule that picks is the rule that counts, so best of N finds whatever is among the N samples, and the
  table says how often something is; it does not say that the answer is a good one. A wrong answer of ten words has "at most 60 words"
  as a right one has.
- For ${never.length} of ${prompts.length} prompts no sample of ${N} met all constraints, so there was nothing to pick: ${never
    .slice(0, 60)
    .map(({ id }) => id)
    .join(', ')}.
- ${percent(mean(every.map(({ finished }) => (finished ? 0 : 1))))} % of the samples were cut at ${SAMPLING.max_tokens} tokens, and a cut one does not win while a finished one exists: for ${lost.length} prompts
  that was the only one that met all.
- ${open} of ${every.flatMap(({ passed }) => passed).length} verdicts were undecided (a text too short to tell its language, for one); they count as not met.
- The policy is small: a larger one can be expected to meet more of them at once, and to gain less.
`;
}
