/** Every contestant at every budget, over HTTP, and the samples that best-of-N and votes are computed from. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runAnswer } from '../../schemas/run.ts';
import { subSeed } from '../../src/random.ts';
import { collect } from '../accuracy/cache.ts';
import { digest } from '../accuracy/digest.ts';
import type { Problem } from '../accuracy/problems.ts';
import { type RunLine, runLine, runLineOf } from '../accuracy/run-line.ts';
import { measureSamples, type SampleLine, SEED, sampleLine } from '../accuracy/samples.ts';
import type { Winnow } from '../accuracy/winnow.ts';
import type { Contestant } from './lineup.ts';

export interface Setting {
  readonly winnow: Winnow;
  /** Of the cache. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly progress: (what: string, done: number, total: number) => void;
}

/** What one run is asked beside its problem: what is cached depends on all of it. */
export interface Asked {
  readonly contestant: Contestant;
  /** Answers' worth of tokens. */
  readonly answers: number;
  /** Tokens of one plain sample, mean over the problem's group. */
  readonly worth: ReadonlyMap<string, number>;
  /** Rewards that pick among the completed ones; the policy's where absent. */
  readonly rewards?: readonly string[];
  readonly options?: Readonly<Record<string, unknown>>;
}

export const samplesOf = (problems: readonly Problem[], n: number, { winnow, folder, signal, progress }: Setting) =>
  collect<Problem, SampleLine>(problems, {
    path: join(folder, `${problems[0]!.task}-samples-${n}.jsonl`),
    schema: sampleLine,
    measure: (problem, stop) => measureSamples(winnow, problem, n, stop),
    signal,
    progress: (done, total) => progress('samples', done, total),
  });

const optionsOf = ({ contestant, answers, options }: Asked) => ({ ...contestant.options(answers), ...options });

function pathOf(problems: readonly Problem[], asked: Asked, { folder }: Setting): string {
  const { contestant, answers, worth, rewards } = asked;
  const limits = Object.fromEntries(worth);
  const said = [optionsOf(asked), limits, rewards ?? null, ...(contestant.more ? [contestant.more] : [])];
  const name = `${problems[0]!.task} ${contestant.name} ${answers} ${digest(said)}`;
  return join(folder, `${name.replaceAll(/[ ,()]+/g, '-')}.jsonl`);
}

/** Whether all problems have their line. */
export function isMeasured(problems: readonly Problem[], asked: Asked, setting: Setting): boolean {
  const path = pathOf(problems, asked, setting);
  return existsSync(path) && readFileSync(path, 'utf8').split('\n').length > problems.length;
}

export function runsOf(problems: readonly Problem[], asked: Asked, setting: Setting): Promise<RunLine[]> {
  const { contestant, answers } = asked;
  const options = optionsOf(asked);
  return collect(problems, {
    path: pathOf(problems, asked, setting),
    schema: runLine,
    measure: (problem, stop) => measureRun(problem, { ...asked, options }, setting.winnow, stop),
    signal: setting.signal,
    progress: (done, total) => setting.progress(`${problems[0]!.task}, ${contestant.name} ${answers}`, done, total),
  });
}

async function measureRun(problem: Problem, asked: Asked, winnow: Winnow, signal: AbortSignal): Promise<RunLine> {
  const { contestant, answers } = asked;
  const seed = subSeed(SEED, `${contestant.name} ${answers}`, problem.id);
  const body = { ...bodyOf(problem, asked), sampling: { ...(contestant.more?.sampling as object | undefined), seed } };
  const run = await winnow.post(contestant.path, body, runAnswer, signal);
  return runLineOf(problem.id, seed, run);
}

/** The body of one run, seed apart. */
export const bodyOf = (problem: Problem, { contestant, answers, worth, rewards, options }: Asked) => ({
  model: problem.task,
  prompt: problem.prompt,
  strategy: contestant.strategy,
  options,
  ...contestant.more,
  ...(rewards ? { rewards } : {}),
  budget: { max_tokens: Math.round(answers * worth.get(problem.group)!) },
  return: { candidates: 'all' },
});
