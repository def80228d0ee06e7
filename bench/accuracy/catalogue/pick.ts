/** What each rule picks from a set, asked of /v1/select. */
import { selectAnswer } from '../../../schemas/select.ts';
import { isRight, type Problem, type Task } from '../problems.ts';
import { SEED } from '../samples.ts';
import type { Winnow } from '../winnow.ts';
import { rewardsOf } from './config.ts';
import { CONFIDENCE, type SetLine } from './sets.ts';

/** A rule with a reward, or one that needs none. */
export interface Way {
  readonly rule: string;
  readonly reward: string | null;
  readonly selection: object;
}

const ofScores: readonly (readonly [string, object])[] = [
  ['argmax', { rule: 'argmax' }],
  ['softmax', { rule: 'softmax', temperature: 1 }],
];
const ofAnswers: readonly (readonly [string, object])[] = [
  ['weighted_vote', { rule: 'weighted_vote' }],
  ['weighted_vote, rank', { rule: 'weighted_vote', weight_map: 'rank' }],
  ['borda', { rule: 'borda', by: 'score' }],
];
const consensus: readonly (readonly [string, object])[] = [
  ['minimum_bayes_risk', { rule: 'minimum_bayes_risk' }],
  ['minimum_bayes_risk, chrF', { rule: 'minimum_bayes_risk', utility: 'chrf' }],
];

/** Every rule with every reward that it can use, on this task. Votes need an answer, which puzzles have none of. */
export function waysOf(task: Task, outputs: Winnow['outputs']): Way[] {
  const scored = task === 'chains' ? [...ofScores, ...ofAnswers] : ofScores;
  const byReward = rewardsOf(task).flatMap((reward) =>
    scored.map(
      ([rule, selection]): Way => ({ rule, reward, selection: { ...selection, ...mapOf(rule, outputs[reward]), reward } }),
    ),
  );
  const alone = task === 'chains' ? [['majority_vote', { rule: 'majority_vote' }] as const, ...consensus] : consensus;
  return [...byReward, ...alone.map(([rule, selection]): Way => ({ rule, reward: null, selection }))];
}

/** /v1/select cannot know the scale of scores that it is given; a run would take probabilities as weights. */
const mapOf = (rule: string, output: string | undefined): object =>
  rule === 'weighted_vote' && output === 'probability' ? { weight_map: 'prob' } : {};

/** Those that may win, as in a run: the finished ones, where there are any. */
const mayWin = ({ candidates }: SetLine): SetLine['candidates'] => {
  const finished = candidates.filter(({ finish }) => finish === 'stop');
  return finished.length > 0 ? finished : candidates;
};

/** Whether what this way picks is right, 1 or 0. */
export async function pick(winnow: Winnow, problem: Problem, line: SetLine, way: Way, signal: AbortSignal): Promise<number> {
  const eligible = mayWin(line);
  const candidates = eligible.map(({ text, tokens, scores }) => ({
    text,
    tokens,
    ...(way.reward === null ? {} : { scores: { [way.reward]: scores[way.reward] ?? null } }),
  }));
  const body = { model: problem.task, candidates, selection: way.selection, seed: SEED };
  const { choice } = await winnow.post('/v1/select', body, selectAnswer, signal);
  return Number(isRight(problem, eligible[choice.index]!));
}

/** Whether the confident candidate is right, by measure; a run picked it. */
export const confidentlyRight = (problem: Problem, line: SetLine) =>
  CONFIDENCE.flatMap((measure) => {
    const index = line.confident[measure];
    return index === undefined ? [] : [{ measure, right: Number(isRight(problem, line.candidates[index]!)) }];
  });
