/** From a row of an evaluation to one whose candidates are known: what is sampled for it, scored, and read. */
import type { Prompt } from '../../schemas/backend.ts';
import type { AnswerConfig, Config } from '../../schemas/config.ts';
import { WinnowError } from '../../schemas/errors.ts';
import { type EvaluateCandidate, type EvaluateRow, type evaluateRequest, LONGEST_ANSWER } from '../../schemas/evaluate.ts';
import type { StepRule } from '../../schemas/step.ts';
import { extract } from '../answers/extract.ts';
import { splitSteps } from '../answers/steps.ts';
import { perturbed } from '../evaluation/perturbations.ts';
import { type Asking, finishReason, type Score, type Scored } from '../operation.ts';
import { subSeed } from '../random.ts';
import { makeTask } from './make-task.ts';
import { readPrompt, readReferences } from './prompt.ts';
import { brought, scoreAll } from './scoring.ts';
import type { Task } from './task.ts';

type Body = (typeof evaluateRequest)['_output'];

/** What is asked of the interpreter for one row; what comes of it is a labelled row. */
export interface RowTask {
  readonly task: Task;
  readonly row: EvaluateRow;
  /** Rewards whose scores some candidate lacks. */
  readonly missing: readonly string[];
  readonly answer: AnswerConfig | null;
  readonly probe: boolean;
}

/** A row with all its candidates, and what changes did to winners, by reward. */
export interface LabelledRow {
  readonly row: EvaluateRow;
  readonly rises: Readonly<Record<string, Readonly<Record<string, number | null>>>>;
}

/**
 * What a row still needs; null where it is labelled already. Refused before anything is spent where it cannot be served.
 *
 * @param index  of the row in the request: each has a seed of its own
 */
export function rowTask(row: EvaluateRow, index: number, body: Body, config: Config, param: string): RowTask | null {
  const named = body.rewards?.map((use) => (typeof use === 'string' ? use : use.name)) ?? [];
  const has = ({ scores }: EvaluateCandidate, name: string) => scores !== undefined && Object.hasOwn(scores, name);
  const missing = row.candidates ? named.filter((name) => !row.candidates!.every((one) => has(one, name))) : [];
  if (row.candidates && missing.length === 0 && !(body.probe && named.length > 0)) return null;
  if (row.candidates && row.prompt === undefined && row.messages === undefined)
    throw new WinnowError('missing_required_parameter', `${param} has no prompt, and rewards need one to score its candidates.`, {
      param,
    });
  if (row.candidates?.some(({ text }) => text === undefined))
    throw new WinnowError('missing_required_parameter', `${param} has candidates without a text, which rewards read.`, { param });
  const task = makeTask(
    {
      model: body.model,
      prompt: readPrompt(row),
      sampling: { ...body.sampling, seed: subSeed(body.sampling?.seed ?? body.seed ?? 0, 'evaluate', index) >>> 1 },
      family: 'best_of_n',
      strategy: undefined,
      options: row.candidates ? {} : { n: body.n },
      optionsPath: '',
      rewards: body.rewards,
      references: readReferences(row.reference),
      selection: 'argmax', // nothing is chosen here: the rule that needs least
      budget: undefined,
      execution: 'auto',
      step: undefined,
      returns: { candidates: 'none', tree: false },
      path: '',
      maxTokensParam: 'sampling.max_tokens',
    },
    config,
    () => 0,
  );
  return { task, row, missing, answer: body.answer ?? task.policy.answer, probe: body.probe };
}

/** Rewards that score the row here: all of the task where its candidates are sampled, else those whose scores are missing. */
export const scoredBy = ({ task, row, missing }: RowTask): readonly string[] =>
  row.candidates ? missing : task.forStrategy.rewards;

/** Samples where there are no candidates, scores what has no score, and looks at each winner again where that is asked for. */
export function* labelRow({ task, row, missing, answer, probe }: RowTask): Asking<LabelledRow> {
  const { prompt, rewards } = task.forStrategy;
  const { step } = task.policy;
  const candidates = row.candidates ? yield* scoredGiven(prompt, row.candidates, missing, step) : yield* sampledFor(task, answer);
  const whole = { ...row, candidates };
  const rises = probe ? yield* probed(prompt, candidates, rewards, { step, seed: task.seed }) : {};
  return { row: whole, rises };
}

function* scoredGiven(
  prompt: Prompt,
  given: readonly EvaluateCandidate[],
  rewards: readonly string[],
  step: StepRule,
): Asking<EvaluateCandidate[]> {
  if (rewards.length === 0) return [...given];
  const texts = given.map(({ text }) => text ?? '');
  const scores = yield* scoreAll(prompt, brought(texts, step), rewards);
  return given.map((one, place) => {
    const { disagreement, ...told } = toldOf(scores[place]!);
    return {
      ...one,
      scores: { ...told.scores, ...one.scores },
      ...(disagreement || one.disagreement ? { disagreement: { ...disagreement, ...one.disagreement } } : {}),
    };
  });
}

function* sampledFor(task: Task, answer: AnswerConfig | null): Asking<EvaluateCandidate[]> {
  const { pool } = yield* task.strategy.start(task.forStrategy, task.options);
  const written = pool.filter(({ finish, tokenCount }) => finish !== 'error' && tokenCount > 0);
  const scores = written.length === 0 ? [] : yield* scoreAll(task.forStrategy.prompt, written, task.forStrategy.rewards);
  return written.map((candidate, place) => ({
    text: candidate.text,
    tokens: candidate.tokenCount,
    finish_reason: finishReason(candidate),
    ...answerOf(candidate, answer),
    ...toldOf(scores[place]!),
  }));
}

/** Two programs are the same by their text alone, which is there anyway. */
function answerOf({ text, finish }: Scored, answer: AnswerConfig | null): Pick<EvaluateCandidate, 'answer'> {
  if (answer === null || answer.type === 'code') return {};
  const read = extract(text, finish, answer);
  return { answer: read.ok && read.raw.length <= LONGEST_ANSWER ? read.raw : null };
}

function toldOf(scores: Readonly<Record<string, Score>>): Pick<EvaluateCandidate, 'scores' | 'disagreement'> {
  const entries = Object.entries(scores);
  const disagreement = entries.flatMap(([name, { detail }]) =>
    typeof detail?.disagreement === 'number' && detail.disagreement >= 0 ? [[name, detail.disagreement] as const] : [],
  );
  return {
    scores: Object.fromEntries(
      entries.map(([name, score]) => [name, score.ok && Number.isFinite(score.value) ? score.value : null]),
    ),
    ...(disagreement.length === 0 ? {} : { disagreement: Object.fromEntries(disagreement) }),
  };
}

/** Each reward's winner with changes that make no answer better: their rises, in deviations of the prompt's scores. */
function* probed(
  prompt: Prompt,
  candidates: readonly EvaluateCandidate[],
  rewards: readonly string[],
  { step, seed }: { step: StepRule; seed: number },
): Asking<LabelledRow['rises']> {
  const rises: Record<string, Record<string, number | null>> = {};
  for (const reward of rewards) {
    const valid = candidates.flatMap(({ scores }, place) => {
      const score = scores?.[reward];
      return typeof score === 'number' ? [{ score, place }] : [];
    });
    const deviation = deviationOf(valid.map(({ score }) => score));
    if (!(deviation > 0)) continue; // without a difference there is no unit to measure a rise by
    const best = valid.reduce((top, one) => (one.score > top.score ? one : top));
    const changes = perturbed(splitSteps(candidates[best.place]!.text ?? '', step), seed);
    const scores = yield* scoreAll(
      prompt,
      brought(
        changes.map(({ text }) => text),
        step,
      ),
      [reward],
    );
    const rise = (score: Score | undefined) => (score?.ok ? (score.value - best.score) / deviation : null);
    rises[reward] = Object.fromEntries(changes.map(({ kind }, place) => [kind, rise(scores[place]![reward])]));
  }
  return rises;
}

function deviationOf(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}
