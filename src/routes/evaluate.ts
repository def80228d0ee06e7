/** POST /v1/evaluate: how well rewards choose, from labelled candidates, or from problems that are sampled for. */
import { z } from 'zod';
import { WinnowError } from '../../schemas/errors.ts';
import { type EvaluateRow, evaluateRequest, evaluateRow } from '../../schemas/evaluate.ts';
import type { EvaluateAnswer } from '../../schemas/evaluation.ts';
import type { ProgressEvent } from '../../schemas/events.ts';
import { plus } from '../../schemas/usage.ts';
import { Evaluation, type Spent } from '../evaluation/evaluation.ts';
import { plot } from '../evaluation/plot.ts';
import { report } from '../evaluation/report.ts';
import { type LabelledRow, labelRow, type RowTask, rowTask, scoredBy } from '../requests/evaluate.ts';
import { readModel } from '../requests/model-string.ts';
import { tokensRead, usage } from '../requests/spending.ts';
import { withMembers } from '../rewards/registry.ts';
import { readBody } from './body.ts';
import type { AppContext, Services } from './environment.ts';
import { departure } from './environment.ts';
import { httpFailure, RunFailure } from './failure.ts';
import { driveAlone } from './run-task.ts';
import { nativeVoice } from './runs.ts';
import { streamRun } from './stream.ts';

type Body = z.output<typeof evaluateRequest>;

const MOST_DRAWS = 50_000_000; // problems x bootstraps x rewards: some seconds of the Worker's one thread

export const evaluate = (services: Services) => async (context: AppContext) => {
  const { config } = services;
  const body = await readBody(context, evaluateRequest, config.caps.max_body_bytes);
  const work = readWork(body, services);
  const { signal, abort } = departure(context);
  const run = (listen: (event: ProgressEvent) => void) => answer(context, services, { body, work, signal, listen });
  if (body.stream) return streamRun(context, run, nativeVoice(), abort);
  return context.json(await run(() => {}));
};

/** A row as it will be taken in: labelled, still to be worked on, or wrong. */
type Item =
  | { readonly kind: 'labelled'; readonly row: EvaluateRow }
  | { readonly kind: 'task'; readonly task: RowTask }
  | { readonly kind: 'bad'; readonly message: string };

/** Reads every row and refuses what cannot be served before anything is spent. */
function readWork(body: Body, { config }: Services): Item[] {
  const { max_documents, max_n } = config.caps;
  readModel(body.model, config); // an unknown one is refused although nothing may need it
  if (body.data.length > max_documents)
    throw tooMany(`data has ${body.data.length} rows; the cap caps.max_documents is ${max_documents}.`, 'data');
  const items = body.data.map((data, index) => readItem(data, index, body, config));
  const sampled = items.filter((item) => item.kind === 'task' && !item.task.row.candidates).length * body.n;
  if (sampled > max_n) {
    const message = `data has problems for ${sampled} candidates at n = ${body.n}; the cap caps.max_n is ${max_n} a request. Send fewer problems at a time.`;
    throw tooMany(message, 'data');
  }
  return items;
}

const tooMany = (message: string, param: string): WinnowError =>
  new WinnowError('invalid_value', `${message} \`npx winnow eval\` takes files of any length.`, { param });

function readItem(data: unknown, index: number, body: Body, config: Services['config']): Item {
  const param = `data[${index}]`;
  try {
    const parsed = evaluateRow.safeParse(data, { reportInput: true });
    if (!parsed.success) throw inRow(parsed.error, index);
    const task = rowTask(parsed.data, index, body, config, param);
    return task ? { kind: 'task', task } : { kind: 'labelled', row: parsed.data };
  } catch (thrown) {
    const failed = thrown instanceof WinnowError || thrown instanceof z.ZodError;
    if (body.on_bad_row === 'stop' || !failed) throw thrown;
    return { kind: 'bad', message: httpFailure(thrown).body.error.message };
  }
}

const inRow = (error: z.ZodError, index: number): z.ZodError =>
  new z.ZodRealError(error.issues.map((issue) => ({ ...issue, path: ['data', index, ...issue.path] })));

interface Work {
  readonly body: Body;
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
  refuseWork(evaluation);
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
function noCandidate(evaluation: Evaluation, index: number, body: Body, { failure }: Done): void {
  if (failure && body.on_bad_row === 'stop') throw failure;
  evaluation.addBad(index + 1, failure?.message ?? 'No candidate was sampled: the tokens or the time of the request were spent.');
}

function refuseWork({ counts, tallies, options }: Evaluation): void {
  const draws = counts.used * options.resamples * tallies.size;
  if (draws <= MOST_DRAWS) return;
  const most = Math.floor(MOST_DRAWS / (counts.used * tallies.size));
  const message = `${counts.used} rows x ${tallies.size} rewards x ${options.resamples} resamples are too many for one request; resamples may be up to ${most} here.`;
  throw new WinnowError('invalid_value', message, { param: 'resamples' });
}
