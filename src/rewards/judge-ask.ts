/** Verdicts of a judge: sampled, read, and asked for once more where they cannot be read (methods B.13). */
import type { Prompt } from '../../schemas/backend.ts';
import type { Asking, Candidate, Prefix } from '../operation.ts';
import { root, sample, together } from '../operation.ts';
import { formatTurn, judgePrompt, nextTurn, type ToJudge } from '../prompts/judge.ts';
import type { Instruction } from '../prompts/judge-instructions.ts';
import type { Named, RewardTask } from './define.ts';
import { begunWith, canContinue } from './judge-begun.ts';
import type { Verdict } from './parse-verdict.ts';

/** How a judge is sampled. */
export interface Judging {
  /** Name of the reward that it judges for. */
  readonly reward: string;
  /** Name of the policy that judges. */
  readonly policy: string;
  readonly samples: number;
  readonly temperature: number;
  readonly maxTokens: number;
  readonly retry: boolean;
  /** Its server can go on with an answer that was begun. */
  readonly continues: boolean;
}

/** What a judge's entry and a request say of how it is sampled, the request first. */
export interface JudgingEntry {
  readonly policy: string | null;
  readonly samples: number;
  readonly temperature?: number | undefined;
  readonly max_tokens: number;
  readonly retry: boolean;
}

const SEVERAL = 0.7; // of several verdicts (methods B.13: 0.6 to 1)

interface JudgingOptions {
  readonly samples?: number | undefined;
  readonly temperature?: number | undefined;
}

/** @param writer  the policy that judges where the entry names none */
export function judgingOf(
  { name, config, options, lookup }: Pick<Named<JudgingEntry, JudgingOptions>, 'name' | 'config' | 'options' | 'lookup'>,
  writer: string,
): Judging {
  const samples = options.samples ?? config.samples;
  const temperature = options.temperature ?? config.temperature ?? (samples === 1 ? 0 : SEVERAL);
  const policy = config.policy ?? writer;
  const { max_tokens: maxTokens, retry } = config;
  return { reward: name, policy, samples, temperature, maxTokens, retry, continues: canContinue(policy, lookup) };
}

/** Tokens that one question may cost at most: each verdict, and its second try. */
export const mostTokens = ({ samples, maxTokens, retry }: Judging): number => samples * maxTokens * (retry ? 2 : 1);

/** One verdict of a judge. `reason`: why there is none, of its own making or of its backend's. */
export interface Judged<Label> {
  readonly verdict: Verdict<Label> | { readonly ok: false; readonly reason: string };
  /** What it wrote, its second try last. */
  readonly text: string;
  /** It was asked twice. */
  readonly retried: boolean;
}

export interface Question<Label> {
  readonly prompt: Prompt;
  readonly read: (text: string) => Verdict<Label>;
  /** What is asked where the verdict cannot be read. */
  readonly again: string;
  /** How the answer to that begins and ends, where the judge's server can go on with what was begun for it. */
  readonly begun: string;
  readonly ended: string;
  /** Number of the first verdict: verdicts of equal numbers draw from one stream. 0 where absent. */
  readonly firstChild?: number;
}

/** What the entries of all judges say of what is shown, and what a request says in its place. */
interface Shown {
  readonly reference: boolean;
  readonly criteria: string;
}
type ShownInstead = { readonly criteria?: string | undefined };

/** What a judge of this task reads of one candidate, or of two that are compared. */
export const toJudge = (
  { config, options, subject, prompt }: Pick<RewardTask<Shown, ShownInstead>, 'config' | 'options' | 'subject' | 'prompt'>,
  candidates: readonly string[],
): ToJudge => ({
  prompt,
  candidates,
  references: config.reference ? subject.references : [],
  criteria: options.criteria ?? config.criteria,
  seed: subject.seed,
});

/** Asks for the verdict that the instruction describes. */
export const questionOf = <Label>(given: ToJudge, instruction: Instruction, read: Question<Label>['read']): Question<Label> => ({
  prompt: judgePrompt(given, instruction),
  read,
  again: formatTurn(instruction),
  begun: instruction.begun,
  ended: instruction.ended,
});

/** As many verdicts as the judge is sampled for, in order; those that the budget or the time left out have failed. */
export function* askJudge<Label>(judging: Judging, question: Question<Label>): Asking<Judged<Label>[]> {
  const { prompt, read, firstChild = 0 } = question;
  const written = yield* judgements(judging, {
    prompt,
    prefix: root,
    count: judging.samples,
    temperature: judging.temperature,
    firstChild,
  });
  const first = written.map((candidate) => ({ verdict: verdictOf(candidate, read), text: candidate.text, retried: false }));
  const asked = yield* together(
    first.map((judged, place) => (mayTryAgain(judged, judging) ? onceMore(judging, question, judged, place) : as(judged))),
  );
  const missing = { verdict: { ok: false, reason: 'budget' }, text: '', retried: false } as const;
  return Array.from({ length: judging.samples }, (_, place) => asked[place] ?? missing);
}

// biome-ignore lint/correctness/useYield: a part that has nothing to ask, beside others that have
function* as<Value>(value: Value): Asking<Value> {
  return value;
}

interface Wanted {
  readonly prompt: Prompt;
  readonly prefix: Prefix;
  readonly count: number;
  readonly temperature: number;
  readonly firstChild: number;
  readonly stop?: readonly string[];
}

const judgements = (
  { reward, policy, maxTokens }: Judging,
  { prompt, prefix, count, temperature, firstChild, stop = [] }: Wanted,
) =>
  sample({
    role: 'judge',
    reward,
    policy,
    prompt,
    prefixes: [prefix],
    count,
    firstChild,
    until: 'end',
    sampling: { temperature, top_p: 1, top_k: 0, min_p: 0, max_tokens: maxTokens, stop: [...stop] },
  });

/** A judgement that its backend failed, or that the budget cut before its verdict, has that for a reason. */
function verdictOf<Label>(candidate: Candidate, read: (text: string) => Verdict<Label>): Judged<Label>['verdict'] {
  if (candidate.finish === 'error') return { ok: false, reason: candidate.reason ?? 'backend_error' };
  const verdict = read(candidate.text);
  return !verdict.ok && candidate.finish === 'budget' ? { ok: false, reason: 'budget' } : verdict;
}

/** What the judge said of the wrong form may be said again; what was never said, or cut by the budget, may not. */
const mayTryAgain = <Label>({ verdict }: Judged<Label>, { retry }: Judging): boolean =>
  retry && !verdict.ok && UNREADABLE.has(verdict.reason);

const UNREADABLE: ReadonlySet<string> = new Set(['unclosed_reasoning', 'no_verdict', 'conflicting_verdicts', 'unknown_verdict']);

/** Characters of an unreadable verdict that go into the next turn: its end is nearest to what was asked for. */
const LONGEST_TURN = 2000;

function* onceMore<Label>(
  judging: Judging,
  { prompt, read, again, begun, ended }: Question<Label>,
  first: Judged<Label>,
  place: number,
): Asking<Judged<Label>> {
  const begins = judging.continues && begun !== '';
  const [second] = yield* judgements(judging, {
    prompt: nextTurn(prompt, first.text.slice(-LONGEST_TURN), again),
    prefix: begins ? begunWith(begun) : root,
    count: 1,
    temperature: 0,
    firstChild: place,
    stop: begins ? [ended] : [], // a small judge goes on by repeating what it was asked
  });
  if (!second) return first;
  const whole = begins && second.finish === 'stop' ? { ...second, text: second.text + ended } : second;
  const verdict = verdictOf(whole, read);
  return { verdict: verdict.ok ? verdict : first.verdict, text: `${first.text}\n\n${whole.text}`, retried: true };
}
