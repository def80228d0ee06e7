import type { StopReason } from '../../schemas/budget.ts';
import type { TokenLogprob } from '../../schemas/candidate.ts';
import type { CandidateAnswer, Plan, RunAnswer, RunReport, SelectionReport } from '../../schemas/run.ts';
import type { Tree } from '../../schemas/tree.ts';
import type { Ledger } from '../budget/ledger.ts';
import type { Scored } from '../operation.ts';
import { finishReason } from '../operation.ts';
import type { Choice } from '../selection/define.ts';
import type { Outcome } from '../strategies/solve.ts';
import { extraction, toldAnswer } from './pick.ts';
import { accountOf, usage } from './spending.ts';
import type { Task } from './task.ts';

/** A run that has ended: what it found and what it learnt on the way. */
export interface Finished {
  readonly id: string;
  /** Unix seconds. */
  readonly created: number;
  readonly task: Task;
  readonly outcome: Outcome<Choice>;
  readonly ledger: Ledger;
  /** All that was sampled, once it is known which node was chosen; undefined where it was not asked for. */
  readonly tree?: { readonly nodes: (chosen: string) => Tree } | undefined;
  /** The first thing that kept a sample from being whole. */
  readonly stop: StopReason | undefined;
  readonly indexes: ReadonlyMap<string, number>;
  readonly fingerprints: readonly string[];
  readonly execution: RunReport['execution'];
  readonly timing: RunReport['timing'];
  readonly warnings: readonly string[];
}

/** The whole native answer. */
export function runAnswer(finished: Finished): RunAnswer {
  const { id, created, task, fingerprints } = finished;
  const chosen = chosenOf(finished);
  return {
    id,
    object: 'winnow.run',
    created,
    model: task.model,
    choice: {
      id: chosen.id,
      index: indexOf(chosen, finished),
      message: { role: 'assistant', content: chosen.text },
      finish_reason: finishReason(chosen),
      ...answerOf(chosen, task),
    },
    usage: usage(finished.ledger),
    system_fingerprint: fingerprints.length > 0 ? `fp_${[...fingerprints].sort().join('_')}` : null,
    ...runReport(finished),
  };
}

/** Everything of a run but the choice itself and OpenAI's own members. */
export function runReport(finished: Finished): RunReport {
  const { task, outcome, ledger, timing } = finished;
  const { candidates: shown } = task.returns;
  const spent = ledger.account();
  const chosen = chosenOf(finished);
  return {
    strategy: task.strategy.name,
    selection: {
      ...selectionReport(task.selection.name, outcome.choice),
      ...(outcome.prunedShare === undefined ? {} : { pruned_share: outcome.prunedShare }),
    },
    complete: chosen.finish === 'stop',
    stop_reason: outcome.stop ?? finished.stop ?? 'finished',
    ...(shown === 'none' ? {} : { candidates: inOrder(finished).map((candidate) => candidateAnswer(candidate, finished)) }),
    ...(finished.tree ? { tree: finished.tree.nodes(chosen.id) } : {}),
    account: accountOf(ledger, {
      chosen: chosen.tokenCount,
      wasted: ledger.wasted(outcome.pool.filter(({ finish }) => finish !== 'error').map(({ id }) => id)),
    }),
    budget: {
      limits: ledger.limits,
      spent: { candidates: spent.candidates, tokens: spent.spentTokens, time_ms: timing.total_ms },
    },
    seed: task.seed,
    warnings: [...task.warnings, ...(outcome.warnings ?? []), ...finished.warnings, ...lostWarning(spent.lostTokens)],
    execution: finished.execution,
    timing,
  };
}

/** What `dry_run` answers: nothing is spent. */
export function planAnswer({ model, strategy, options, selection, limits, bound, warnings }: Task): Plan {
  return {
    object: 'winnow.plan',
    model,
    strategy: strategy.name,
    options: { ...options },
    selection: { rule: selection.name, ...selection.options },
    limits,
    bound: { candidates: bound.candidates, tokens: bound.tokens, score_calls: bound.scoreCalls, cost_usd: null },
    warnings: [...warnings],
  };
}

/** The candidates of the pool by their index. */
export const inOrder = (finished: Finished): Scored[] =>
  [...finished.outcome.pool].sort((a, b) => indexOf(a, finished) - indexOf(b, finished));

const chosenOf = ({ outcome }: Finished): Scored => outcome.eligible[outcome.choice.index]!;

/** The pool, best first: the rule's ranking of those that could win, then the others as they come. */
export function bestFirst(finished: Finished): Scored[] {
  const { outcome } = finished;
  const ranked = outcome.choice.ranking.map((place) => outcome.eligible[place]!);
  return [...ranked, ...inOrder(finished).filter((candidate) => !ranked.includes(candidate) && candidate.finish !== 'error')];
}

export function selectionReport(rule: string, { degraded, reason, answer, share, coverage, detail }: Choice): SelectionReport {
  return {
    rule,
    degraded,
    ...(reason === undefined ? {} : { reason }),
    ...(answer === undefined ? {} : { answer }),
    ...(share === undefined ? {} : { share }),
    ...(coverage === undefined ? {} : { coverage }),
    ...(detail === undefined ? {} : { detail: { ...detail } }),
  };
}

function candidateAnswer(candidate: Scored, finished: Finished): CandidateAnswer {
  const { task } = finished;
  return {
    id: candidate.id,
    index: indexOf(candidate, finished),
    finish_reason: finishReason(candidate),
    ...(candidate.reason === undefined ? {} : { reason: candidate.reason }),
    tokens: candidate.tokenCount,
    scores: scoresOf(candidate),
    ...(task.returns.candidates === 'all' ? wholeCandidate(candidate, task) : {}),
  };
}

export const scoresOf = ({ scores }: Pick<Scored, 'scores'>): CandidateAnswer['scores'] =>
  Object.fromEntries(
    Object.entries(scores).map(([name, score]) => {
      const detail = score.detail ? { detail: { ...score.detail } } : {};
      if (!score.ok) return [name, { ok: false, reason: score.reason, ...detail }];
      return [name, { ok: true, value: score.value, ...(score.steps ? { steps: [...score.steps] } : {}), ...detail }];
    }),
  );

function wholeCandidate(
  candidate: Scored,
  task: Task,
): Pick<CandidateAnswer, 'text' | 'answer' | 'answer_reason' | 'steps' | 'logprobs'> {
  return {
    text: candidate.text,
    ...answerOf(candidate, task),
    steps: candidate.steps.map((text, place) => ({ text, scores: stepScores(candidate, place) })),
    ...(candidate.logprobs && task.shownLogprobs !== undefined
      ? { logprobs: shown(candidate.logprobs, task.shownLogprobs) }
      : {}),
  };
}

/** As many alternatives as were asked for: rewards may have needed more. */
const shown = (logprobs: readonly TokenLogprob[], alternatives: number): TokenLogprob[] =>
  logprobs.map(({ top, ...token }) => (top ? { ...token, top: top.slice(0, alternatives) } : token));

/** Scores of one step by the rewards that score steps. */
const stepScores = ({ scores }: Scored, place: number): Record<string, number> =>
  Object.fromEntries(
    Object.entries(scores).flatMap(([name, score]) => {
      const value = score.ok ? score.steps?.[place] : undefined;
      return value === undefined || value === null ? [] : [[name, value]];
    }),
  );

const answerOf = (candidate: Scored, { policy }: Task) => toldAnswer(extraction(candidate, policy.answer));

/** Its number among the run's answers. An open prefix never became one: those follow, in the order of the pool. */
function indexOf(candidate: Scored, { indexes, outcome }: Finished): number {
  const known = indexes.get(candidate.id);
  if (known !== undefined) return known;
  const unnumbered = outcome.pool.filter(({ id }) => !indexes.has(id));
  return Math.max(-1, ...indexes.values()) + 1 + unnumbered.indexOf(candidate);
}

const lostWarning = (tokens: number): string[] =>
  tokens > 0
    ? [
        `A backend did not say what it sampled: up to ${tokens} tokens may have been sampled that it did not report; budget.spent counts them.`,
      ]
    : [];
