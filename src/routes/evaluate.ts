/** POST /v1/evaluate: how well rewards choose, from labelled candidates, or from problems that are sampled for. */
import { type EvaluateRow, evaluateRequest } from '../../schemas/evaluate.ts';
import type { EvaluateAnswer } from '../../schemas/evaluation.ts';
import type { ProgressEvent } from '../../schemas/events.ts';
import { plus } from '../../schemas/usage.ts';
import { Evaluation, type Spent } from '../evaluation/evaluation.ts';
import { plot } from '../evaluation/plot.ts';
import { report } from '../evaluation/report.ts';
import { type LabelledRow, labelRow, type RowTask, scoredBy } from '../requests/evaluate.ts';
import { readModel } from '../requests/model-string.ts';
import { tokensRead, usage } from '../requests/spending.ts';
import { withMembers } from '../rewards/registry.ts';
import { readBody } from './body.ts';
import type { AppContext, Services } from './environment.ts';
import { departure } from './environment.ts';
import { type EvaluateBody, type Item, readWork, refuseDraws } from './evaluate-work.ts';
import { RunFailure } from './failure.ts';
import { driveAlone } from './run-task.ts';
import { nativeVoice } from './runs.ts';
import { streamRun } from './stream.ts';

export const evaluate = (services: Services) => async (context: AppContext) => {
  const { config } = services;
  const body = await readBody(context, evaluateRequest, config.caps.max_body_bytes);
  const work = readWork(body, config);
  const { signal, abort } = departure(context);
  const run = (listen: (event: ProgressEvent) => void) => answer(context, services, { body, work, signal, listen });
  if (body.stream) return streamRun(context, run, nativeVoice(), abort);
  return context.json(await run(() => {}));
};

interface Work {
  readonly body: EvaluateBody;
  readonly work: readonly Item[];
  readonly signal: AbortSignal;
  readonly listen: (event: ProgressEvent) => void;
}

async function answer(context: AppContext, services: Services, { body, work, signal, listen }: Work): Promise<EvaluateAnswer> {
  const { config } = services;
  const { policy } = readModel(body.model, config);
  const evaluation = new Evaluation(body, config.policies[policy]!.answer);
  const purse = { tokens: config.caps.max_tokens };
  const rows: EvaluateRow[] = [];
  const take = (row: EvaluateRow, index: number, spent?: Spent) => {
    evaluation.add(row, index + 1, spent);
    if (body.return.rows) rows.push(row);
  };
  for (const [index, item] of work.entries()) {
    if (item.kind === 'bad') evaluation.addBad(index + 1, item.message);
    else if (item.kind === 'labelled') take(item.row, index);
    else {
      const done = await labelled(context, services, item.task, { signal, purse });
      for (const fingerprint of done.fingerprints) evaluation.fingerprints.add(fingerprint);
      for (const [reward, fingerprints] of done.rewardFingerprints) evaluation.addRewardFingerprints(reward, fingerprints);
      if (!item.task.row.candidates) evaluation.counts.sampled++;
      if ((done.row.candidates ?? []).length === 0) noCandidate(evaluation, index, body, done);
      else take(done.row, index, done.spent);
      for (const [reward, rises] of Object.entries(done.rises)) evaluation.addProbe(reward, rises);
    }
    if (item.kind === 'task' || (index + 1) % TOLD_EVERY === 0 || index + 1 === work.length)
      tell(evaluation, work.length, listen);
  }
  refuseDraws({ rows: evaluation.counts.used, rewards: evaluation.tallies.size }, body.resamples);
  const found = report(evaluation);
  return {
    ...found,
    ...(body.return.plot ? { plot: plot(found) } : {}),
    ...(body.return.rows ? { labelled: rows } : {}),
  };
}

const TOLD_EVERY = 500; // labelled rows

function tell({ counts }: Evaluation, of: number, listen: Work['listen']): void {
  const { read, used, bad, sampled } = counts;
  listen({ name: 'progress', data: { done: read, of, used, bad, sampled } });
}

interface Done extends LabelledRow {
  readonly spent: Spent;
  readonly fingerprints: ReadonlySet<string>;
  /** By reward that scored it, those of the models that it is made of. */
  readonly rewardFingerprints: readonly (readonly [reward: string, fingerprints: readonly string[]])[];
  readonly failure: Error | undefined;
}

/** Drives one row within what is left of the request's tokens and time. */
async function labelled(
  context: AppContext,
  services: Services,
  rowTask: RowTask,
  { signal, purse }: { signal: AbortSignal; purse: { tokens: number } },
): Promise<Done> {
  const { lookup, rewardOptions, subject, limits } = rowTask.task;
  const { value, state, ledger } = await driveAlone(context, services, labelRow(rowTask), {
    name: 'eval',
    limits: { ...limits, max_tokens: Math.min(limits.max_tokens, purse.tokens) },
    signal,
    lookup,
    rewardOptions,
    subject,
  });
  const { spentTokens, completionTokens, judgeTokens, referenceTokens, rewards } = ledger.account();
  const forRewards = judgeTokens + referenceTokens;
  purse.tokens -= spentTokens;
  const read = plus(forRewards, tokensRead(rewards));
  const sampled = completionTokens === null ? null : completionTokens - forRewards;
  const kept = tokensOf(value.row);
  const wasted = rowTask.row.candidates ? 0 : sampled === null || kept === null ? null : sampled - kept;
  const failure = state.failure && new RunFailure(state.failure, usage(ledger), spentTokens > 0);
  return {
    ...value,
    spent: { policy: rowTask.row.candidates ? kept : sampled, reward: read, wasted },
    fingerprints: state.fingerprints,
    rewardFingerprints: scoredBy(rowTask).map((name) => [
      name,
      withMembers([name], lookup).flatMap((member) => [...(state.rewardFingerprints.get(member) ?? [])]),
    ]),
    failure,
  };
}

const tokensOf = ({ candidates = [] }: EvaluateRow): number | null =>
  candidates.reduce<number | null>((sum, { tokens = null }) => plus(sum, tokens), 0);

/** A problem that got no candidate: the backend failed, or tokens or time were spent on those before it. */
function noCandidate(evaluation: Evaluation, index: number, body: EvaluateBody, { failure }: Done): void {
  if (failure && body.on_bad_row === 'stop') throw failure;
  evaluation.addBad(index + 1, failure?.message ?? 'No candidate was sampled: the tokens or the time of the request were spent.');
}
