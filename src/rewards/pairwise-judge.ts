import { z } from 'zod';
import { verdictOptions } from '../../schemas/rewards/judging.ts';
import type { Asking, Score } from '../operation.ts';
import { together } from '../operation.ts';
import { tokenPrompt } from '../prompts/judge.ts';
import { pairInstruction, strengthInstruction, tokenQuestion } from '../prompts/judge-instructions.ts';
import type { ConfigOf, RewardTask } from './define.ts';
import { defineReward } from './define.ts';
import { askJudge, judgingOf, mostTokens, questionOf, toJudge } from './judge-ask.ts';
import { refuseUnfitJudge } from './judge-needs.ts';
import { answerLogprobs } from './judge-next-token.ts';
import { ensembleFaults, preferencesOf } from './pairwise-ensemble.ts';
import type { Match, Order } from './pairwise-match.ts';
import { byEnsemble, matchOf, pairScores, pairsOf, roundRobin, SAME_TEXT, winnerBy } from './pairwise-match.ts';
import { readStrength, readWinner, strengthOrder, winnerOrder } from './pairwise-votes.ts';
import { isSure, type PreferenceStrength } from './preference-strength.ts';
import { expectation } from './score-token-expectation.ts';

/** More would be over 120 matches; a tournament needs fewer. */
const MOST_CANDIDATES = 16;

const options = z.strictObject(verdictOptions);
type Task = RewardTask<ConfigOf<'pairwise_judge'>, z.output<typeof options>>;

/** A policy that says which of two candidates is better, in both orders (methods B.13). */
export const pairwiseJudge = defineReward({
  kind: 'pairwise_judge',
  // by the next token it reads both orders of each pair; else it writes
  readings: ({ config }, _, candidates) => (config.mode === 'token' ? candidates * (candidates - 1) : 0),
  title: 'A policy compares candidates two by two: 1 for the better one, 0.5 for a tie; of several the mean of all matches.',
  options,
  dependsOn: 'set',
  scale: () => ({ output: 'unknown', range: [0, 1] }),
  cost: 'n x (n - 1) / 2 matches of 2 orders x samples x max_tokens tokens of the judge, twice that with second tries; n is 16 at most. With an ensemble: what that costs, and the matches that it leaves open',
  members: ({ ensemble }) => (ensemble === undefined ? [] : [ensemble]),
  mostCandidates: MOST_CANDIDATES,
  sampledTokens: (named, candidates) => {
    const { config } = named;
    if (candidates > MOST_CANDIDATES) return 0; // it is refused
    const order = config.mode === 'token' ? 1 : mostTokens(judgingOf(named, ''));
    const screening = config.ensemble === undefined ? 0 : named.about(config.ensemble).sampledTokens(candidates);
    return pairsOf(candidates).length * (config.swap ? 2 : 1) * order + screening;
  },
  refuse: refuseUnfitJudge,
  faults: ensembleFaults,
  *score(task) {
    const texts = task.candidates.map(({ text }) => text);
    const failed = (reason: string): Score[] => texts.map(() => ({ ok: false, reason }));
    if (texts.length > MOST_CANDIDATES) return failed('too_many_candidates');
    // nobody to lose to
    if (texts.length === 1) return [{ ok: true, value: 0.5, detail: { matches: 0 } }];
    const pairs = pairsOf(texts.length);
    const preferences = yield* preferencesOf(task, pairs);
    const matches = yield* together(
      pairs.map(([first, second], place) => play(task, [texts[first]!, texts[second]!], preferences[place])),
    );
    if (pairs.length === 1) return pairScores(matches[0]!);
    const played = pairs.map(([first, second], place) => ({ first, second, match: matches[place]! }));
    return roundRobin(texts.length, played);
  },
});

/** @param preference  of an ensemble; undefined where none is asked */
function* play(
  task: Task,
  [first, second]: readonly [string, string],
  preference: PreferenceStrength | null | undefined,
): Asking<Match> {
  if (first === second) return SAME_TEXT;
  if (preference && isSure(preference)) return byEnsemble(preference);
  const orders = task.config.swap
    ? [judged(task, [first, second]), judged(task, [second, first])]
    : [judged(task, [first, second])];
  const [order, turned] = yield* together(orders);
  return { ...matchOf(order!, turned), ...(preference === undefined ? {} : { preference }) };
}

/** One order of a pair, by as many verdicts as the judge is sampled for. */
function* judged(task: Task, candidates: readonly [string, string]): Asking<Order> {
  const { format, mode, tie } = task.config;
  const asked = toJudge(task, candidates);
  const judging = judgingOf(task, task.subject.policy);
  const explain = task.options.explain ?? false;
  switch (mode) {
    case 'verdict':
    case 'chain_of_rubrics': {
      const instruction = pairInstruction(format, tie, mode === 'chain_of_rubrics');
      const question = questionOf(asked, instruction, readWinner(format, tie));
      return winnerOrder(yield* askJudge(judging, question), explain);
    }
    case 'strength': {
      const instruction = strengthInstruction(format);
      const question = questionOf(asked, instruction, readStrength(format));
      return strengthOrder(yield* askJudge(judging, question), explain);
    }
    case 'token': {
      const question = tokenQuestion(LABELS, 'Which candidate is the better answer to the task?');
      return yield* byToken(task, judging.policy, tokenPrompt(asked, question));
    }
  }
}

const LABELS = ['A', 'B'];

function* byToken({ name, lookup, config }: Task, policy: string, prompt: ReturnType<typeof tokenPrompt>): Asking<Order> {
  const told = yield* answerLogprobs({ policy, lookup, reward: name, prompt, prefix: config.prefix, answers: LABELS });
  if (!told.ok) return { winner: null, detail: { winner: null, invalid: { [told.reason]: 1 } } };
  const said = expectation(told.logprobs, [1, 0], config.min_mass);
  if (!said.ok) return { winner: null, detail: { winner: null, invalid: { [said.reason]: 1 }, mass: said.mass } };
  const winner = winnerBy(said.value);
  return { winner, probability: said.value, detail: { winner, probability: said.value, mass: said.mass } };
}
