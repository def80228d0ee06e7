import { z } from 'zod';
import { verdictOptions } from '../../schemas/rewards/judging.ts';
import type { Asking, Score } from '../operation.ts';
import { together } from '../operation.ts';
import { nextTurn, reflectionTurn } from '../prompts/judge.ts';
import type { Instruction } from '../prompts/judge-instructions.ts';
import { rubricInstruction, scoreInstruction, yesNoInstruction } from '../prompts/judge-instructions.ts';
import type { ConfigOf, RewardTask, Scale } from './define.ts';
import { defineReward, PROBABILITY } from './define.ts';
import type { Judged, Judging, Question } from './judge-ask.ts';
import { askJudge, judgingOf, mostTokens, questionOf, toJudge } from './judge-ask.ts';
import { refuseUnfitJudge } from './judge-needs.ts';
import { labelsOf, meanScore, reportOf, tooFew } from './judge-statistics.ts';
import { jsonVerdict, oneOf, tagVerdict, type Verdict, wholeNumber } from './parse-verdict.ts';
import { readRubric, rubricScores } from './rubric.ts';

const options = z.strictObject(verdictOptions);
type Task = RewardTask<ConfigOf<'judge'>, z.output<typeof options>>;

/** A policy that reads a candidate and writes a score with its reasons (methods B.13). */
export const judge = defineReward({
  kind: 'judge',
  readings: () => 0,
  title: 'A policy reads each candidate and writes a score with its reasons.',
  options,
  // an item left out for one candidate is left out for all of them
  dependsOn: ({ config }) => (config.mode === 'rubric' && config.not_applicable === 'for_all' ? 'set' : 'text'),
  scale: ({ config }) => scaleOf(config),
  cost: 'n x samples x max_tokens tokens of the judge, twice that with second tries, and again twice in mode reflection',
  sampledTokens: (named, candidates) =>
    candidates * mostTokens(judgingOf(named, '')) * (named.config.mode === 'reflection' ? 2 : 1),
  refuse: refuseUnfitJudge,
  *score(task) {
    const texts = [...new Set(task.candidates.map(({ text }) => text))];
    const scores = yield* scoresOf(task, texts);
    const byText = new Map(texts.map((text, place) => [text, scores[place]!]));
    return task.candidates.map(({ text }) => byText.get(text)!);
  },
});

function scaleOf({ mode, output, least, most }: ConfigOf<'judge'>): Scale {
  const raw = output === 'raw' && mode !== 'yes_no' && mode !== 'reflection';
  return raw ? { output: 'unknown', range: [least, most] } : PROBABILITY;
}

/** One score for each text; no judge waits for another. */
function* scoresOf(task: Task, texts: readonly string[]): Asking<Score[]> {
  const { config } = task;
  const placed = config.output === 'raw' ? (value: number) => value : normalised(config);
  switch (config.mode) {
    case 'score':
    case 'chain_of_rubrics': {
      const instruction = scoreInstruction(config.format, config.least, config.most, config.mode === 'chain_of_rubrics');
      const judged = yield* together(texts.map((text) => ask(task, text, instruction, readNumber(config))));
      return judged.map((verdicts) => scored(task, verdicts, placed));
    }
    case 'rubric': {
      const items = config.rubric!; // its schema has one in this mode
      const shown = { items, least: config.least, most: config.most, notApplicable: config.not_applicable !== 'refused' };
      const read = readRubric(config.format, shown);
      const judged = yield* together(texts.map((text) => ask(task, text, rubricInstruction(config.format, shown), read)));
      const explain = task.options.explain ?? false;
      return rubricScores(judged, { items, placed, explain, forAll: config.not_applicable === 'for_all' });
    }
    case 'yes_no': {
      const judged = yield* together(texts.map((text) => ask(task, text, yesNoInstruction(config.format), readYesNo(config))));
      return judged.map((verdicts) => scored(task, verdicts, (value) => value));
    }
    case 'reflection': {
      const reflected = yield* together(texts.map((text) => reflect(task, text)));
      return reflected.map(({ verdicts, changed }) => scored(task, verdicts, (value) => value, { changed }));
    }
  }
}

const normalised =
  ({ least, most }: ConfigOf<'judge'>) =>
  (value: number): number =>
    (value - least) / (most - least);

function scored(task: Task, verdicts: readonly Judged<number>[], placed: (value: number) => number, more: object = {}): Score {
  const labels = labelsOf(verdicts);
  const detail = { ...reportOf(verdicts, task.options.explain ?? false), scores: labels, ...more };
  return tooFew(verdicts, detail) ?? meanScore(labels.map(placed), detail);
}

const judgingFor = (task: Task): Judging => judgingOf(task, task.subject.policy);

function ask<Label>(task: Task, text: string, instruction: Instruction, read: Question<Label>['read']): Asking<Judged<Label>[]> {
  return askJudge(judgingFor(task), questionOf(toJudge(task, [text]), instruction, read));
}

interface Reflected {
  readonly verdicts: readonly Judged<number>[];
  /** Verdicts that the check turned round. */
  readonly changed: number;
}

/** SPARK: each verdict is shown to the judge again, to be checked; what it says then counts. */
function* reflect(task: Task, text: string): Asking<Reflected> {
  const judging = judgingFor(task);
  const instruction = yesNoInstruction(task.config.format);
  const question = questionOf(toJudge(task, [text]), instruction, readYesNo(task.config));
  const first = yield* askJudge(judging, question);
  const verdicts = yield* together(first.map((verdict, place) => check(judging, question, instruction, verdict, place)));
  const turned = verdicts.filter(({ verdict }, place) => {
    const before = first[place]!.verdict;
    return verdict.ok && before.ok && verdict.label !== before.label;
  });
  return { verdicts, changed: turned.length };
}

function* check(
  judging: Judging,
  question: Question<number>,
  instruction: Instruction,
  first: Judged<number>,
  place: number,
): Asking<Judged<number>> {
  if (!first.verdict.ok) return first;
  const looked = nextTurn(question.prompt, first.text, reflectionTurn(instruction));
  const [second] = yield* askJudge({ ...judging, samples: 1 }, { ...question, prompt: looked, firstChild: place });
  return { ...second!, text: `${first.text}\n\n${second!.text}`, retried: first.retried || second!.retried };
}

const yes = oneOf(['yes', 'no']);

const readYesNo =
  ({ format }: ConfigOf<'judge'>) =>
  (text: string): Verdict<number> => {
    const read = format === 'json' ? jsonVerdict(text, yesNoObject) : tagVerdict(text, 'answer', yes);
    return read.ok ? { ok: true, label: read.label === 'yes' ? 1 : 0 } : read;
  };

const yesNoObject = z.looseObject({ verdict: z.string() }).transform(({ verdict }, context) => {
  const label = yes(verdict);
  if (label) return label;
  context.addIssue('Neither yes nor no.');
  return z.NEVER;
});

const readNumber =
  ({ format, least, most }: ConfigOf<'judge'>) =>
  (text: string): Verdict<number> =>
    format === 'json'
      ? jsonVerdict(
          text,
          z.looseObject({ score: z.int().min(least).max(most) }).transform(({ score }) => score),
        )
      : tagVerdict(text, 'answer', wholeNumber(least, most));
