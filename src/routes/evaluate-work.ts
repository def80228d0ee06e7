/** The rows of an evaluation, read before anything is spent. */
import { z } from 'zod';
import type { Config } from '../../schemas/config.ts';
import { WinnowError } from '../../schemas/errors.ts';
import { type EvaluateRow, type evaluateRequest, evaluateRow } from '../../schemas/evaluate.ts';
import { MOST_REWARDS } from '../evaluation/evaluation.ts';
import { type RowTask, rowTask, scoredBy } from '../requests/evaluate.ts';
import { readModel } from '../requests/model-string.ts';
import { httpFailure } from './failure.ts';

export type EvaluateBody = z.output<typeof evaluateRequest>;

const MOST_DRAWS = 50_000_000; // problems x bootstraps x rewards: some seconds of the Worker's one thread

/** A row as it will be taken in: labelled, still to be worked on, or wrong. */
export type Item =
  | { readonly kind: 'labelled'; readonly row: EvaluateRow }
  | { readonly kind: 'task'; readonly task: RowTask }
  | { readonly kind: 'bad'; readonly message: string };

/** Reads every row and refuses what cannot be served before anything is spent. */
export function readWork(body: EvaluateBody, config: Config): Item[] {
  const { max_documents, max_n } = config.caps;
  readModel(body.model, config); // an unknown one is refused although nothing may need it
  if (body.data.length > max_documents)
    throw tooMany(`data has ${body.data.length} rows; the cap caps.max_documents is ${max_documents}.`);
  const items = body.data.map((data, index) => readItem(data, index, body, config));
  const sampled = items.filter((item) => item.kind === 'task' && !item.task.row.candidates).length * body.n;
  if (sampled > max_n) {
    const message = `data has problems for ${sampled} candidates at n = ${body.n}; the cap caps.max_n is ${max_n} a request. Send fewer problems at a time.`;
    throw tooMany(message);
  }
  if (items.some(({ kind }) => kind === 'task')) refuseDraws(usable(items), body.resamples); // at the end something would be spent
  return items;
}

/** Rows that may be used, and rewards that they may be scored by, at most. */
function usable(items: readonly Item[]): { rows: number; rewards: number } {
  const names = items.flatMap((item) => {
    const row = item.kind === 'bad' ? {} : item.kind === 'task' ? item.task.row : item.row;
    const given = (row.candidates ?? []).flatMap(({ scores = {} }) => Object.keys(scores));
    return item.kind === 'task' ? [...given, ...scoredBy(item.task)] : given;
  });
  return { rows: items.filter(({ kind }) => kind !== 'bad').length, rewards: Math.min(new Set(names).size, MOST_REWARDS) };
}

const tooMany = (message: string): WinnowError =>
  new WinnowError('invalid_value', `${message} \`npx winnow eval\` takes files of any length.`, { param: 'data' });

function readItem(data: unknown, index: number, body: EvaluateBody, config: Config): Item {
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

/** Refuses more bootstraps than the Worker has time for. */
export function refuseDraws({ rows, rewards }: { rows: number; rewards: number }, resamples: number): void {
  if (rows * rewards * resamples <= MOST_DRAWS) return;
  const most = Math.floor(MOST_DRAWS / (rows * rewards));
  const message = `${rows} rows x ${rewards} rewards x ${resamples} resamples are too many for one request; resamples may be up to ${most} here.`;
  throw new WinnowError('invalid_value', message, { param: 'resamples' });
}
