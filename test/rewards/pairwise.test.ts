import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LogprobsRequest } from '../../schemas/logprobs.ts';
import type { ReadOperation, Score } from '../../src/operation.ts';
import {
  matchOf,
  type Order,
  pairScores,
  pairsOf,
  roundRobin,
  SAME_TEXT,
  swapProbability,
  type Winner,
} from '../../src/rewards/pairwise-match.ts';
import { plurality, strongest } from '../../src/rewards/pairwise-votes.ts';
import { kindOf, namedReward } from '../../src/rewards/registry.ts';
import { entryOf, judgedBy, lookup, numberOf, shown, textOf, told } from './judging.ts';

const pairwise = { kind: 'pairwise_judge' };
const answer = (verdict: string | number) => `<answer>[[${verdict}]]</answer>`;
/** A judge that prefers the longer text, wherever it stands. */
const longer = (prompt: string): string => {
  const [a, b] = [shown(prompt, 'candidate_a').length, shown(prompt, 'candidate_b').length];
  return answer(a > b ? 'A' : a < b ? 'B' : 'tie');
};

test('a judge that means it has the same winner in both orders: 1 and 0', async () => {
  const { scores, asked } = await judgedBy(pairwise, ['longer', 'short'], { says: longer });
  expect(scores.map(numberOf)).toEqual([1, 0]);
  expect(scores[0]!.detail).toMatchObject({ confidence: 1, swap_disagreement: false });
  const orders = asked.map(({ prompt }) => shown(textOf(prompt), 'candidate_a'));
  expect(orders).toEqual(['longer', 'short']);
  expect(asked.map(({ reward }) => reward)).toEqual(['judge', 'judge']); // by its name: whoever answers is its model
});

test('a judge that always says A has a bias and no winner: a tie with no confidence (methods B.13)', async () => {
  const { scores } = await judgedBy(pairwise, ['one', 'two'], { says: () => answer('A') });
  expect(scores.map(numberOf)).toEqual([0.5, 0.5]);
  expect(scores[0]!.detail).toMatchObject({ confidence: 0, swap_disagreement: true });
});

test('judged in one order alone it wins, where the config asks for no swap', async () => {
  const { scores, asked } = await judgedBy({ ...pairwise, swap: false }, ['one', 'two'], { says: () => answer('A') });
  expect(scores.map(numberOf)).toEqual([1, 0]);
  expect(asked).toHaveLength(1);
});

const order = (winner: Winner | null, probability?: number): Order => ({ winner, probability, detail: {} });

test.each([
  { name: 'both say the same', orders: [order('first'), order('second')], winner: 'first', confidence: 1, disagreed: false },
  { name: 'both call a tie', orders: [order('tie'), order('tie')], winner: 'tie', confidence: 1, disagreed: false },
  { name: 'they disagree', orders: [order('first'), order('first')], winner: 'tie', confidence: 0, disagreed: true },
  { name: 'one calls a tie', orders: [order('first'), order('tie')], winner: 'tie', confidence: 0, disagreed: true },
  { name: 'one has no verdict', orders: [order('first'), order(null)], winner: 'tie', confidence: 0, disagreed: null },
  { name: 'neither has one', orders: [order(null), order(null)], winner: null, confidence: 0, disagreed: null },
])('swap: $name (methods B.13)', ({ orders, winner, confidence, disagreed }) => {
  expect(matchOf(orders[0]!, orders[1])).toMatchObject({ winner, confidence, disagreed });
});

test('with probabilities both orders are averaged: 0.8 and 0.7 the other way is 0.55 (methods B.13)', () => {
  expect(swapProbability(0.8, 0.7)).toBeCloseTo(0.55, 9);
  const match = matchOf(order('first', 0.8), order('first', 0.7));
  expect(match).toMatchObject({ winner: 'first', disagreed: true }); // to A where p > 0.5 (methods B.15)
  expect(pairScores(match).map(numberOf)).toEqual([1, 0]);
});

test('a match without any verdict has no score for either, with why', async () => {
  const { scores, asked } = await judgedBy(pairwise, ['one', 'two'], { says: () => 'Both are nice.' });
  expect(asked).toHaveLength(4); // two orders, each tried twice
  for (const score of scores) expect(score).toMatchObject({ ok: false, reason: 'invalid_match', detail: { invalid: true } });
  expect(scores[0]!.detail!.orders).toMatchObject([{ winner: null, invalid: { no_verdict: 1 } }, { winner: null }]);
});

test.each([
  { votes: ['first', 'first', 'second'], winner: 'first' },
  { votes: ['first', 'second'], winner: 'tie' },
  { votes: ['tie', 'first', 'second'], winner: 'tie' },
  { votes: ['tie', 'tie', 'first'], winner: 'tie' },
  { votes: [], winner: null },
] as const)('the plurality of $votes is $winner (methods B.13)', ({ votes, winner }) => {
  expect(plurality(votes)).toBe(winner);
});

test.each([
  { strengths: [3, -1, 1], winner: 'first' },
  { strengths: [1, -1, 1], winner: 'tie' }, // a mean of 1/3
  { strengths: [1, 0.5 - 1], winner: 'tie' },
  { strengths: [-2, -1, 1], winner: 'second' },
  { strengths: [0.5], winner: 'first' },
  { strengths: [], winner: null },
])('strengths $strengths: $winner, a mean below one half being a tie (methods B.13)', ({ strengths, winner }) => {
  expect(strongest(strengths)).toBe(winner);
});

test('K verdicts are counted inside each order first, then the orders meet (methods B.15)', async () => {
  // in the first order A wins by 2 of 3, in the second B by 2 of 3: the same candidate
  const says = (prompt: string, number: number) =>
    answer(shown(prompt, 'candidate_a') === 'one' ? ['A', 'B', 'A'][number]! : ['B', 'A', 'B'][number]!);
  const { scores } = await judgedBy({ ...pairwise, samples: 3 }, ['one', 'two'], { says });
  expect(scores.map(numberOf)).toEqual([1, 0]);
  expect(scores[0]!.detail!.orders).toMatchObject([
    { winner: 'first', votes: { first: 2, second: 1, tie: 0 } },
    { winner: 'second', votes: { first: 1, second: 2, tie: 0 } },
  ]);
});

test('signed strengths: negative favours the first that is shown (methods B.15)', async () => {
  const says = (prompt: string) => answer(shown(prompt, 'candidate_a') === 'good' ? -3 : 2);
  const { scores } = await judgedBy({ ...pairwise, mode: 'strength' }, ['good', 'bad'], { says });
  expect(scores.map(numberOf)).toEqual([1, 0]);
});

test('JSON verdicts', async () => {
  const says = (prompt: string) => `{"verdict": "${shown(prompt, 'candidate_a') === 'good' ? 'A' : 'b'}"}`;
  const { scores, asked } = await judgedBy({ ...pairwise, format: 'json' }, ['good', 'bad'], { says });
  expect(scores.map(numberOf)).toEqual([1, 0]);
  expect(textOf(asked[0]!.prompt)).toContain('{"verdict": "tie"}');
});

test('equal texts tie without a question', async () => {
  const { scores, asked } = await judgedBy(pairwise, ['same', 'same']);
  expect(asked).toHaveLength(0);
  expect(scores.map(numberOf)).toEqual([0.5, 0.5]);
});

test('one candidate meets nobody', async () => {
  const { scores, asked } = await judgedBy(pairwise, ['alone']);
  expect(asked).toHaveLength(0);
  expect(scores).toEqual([{ ok: true, value: 0.5, detail: { matches: 0 } }]);
});

test('several meet each other: mean points', async () => {
  const { scores, asked } = await judgedBy(pairwise, ['aaa', 'a', 'aa'], { says: longer });
  expect(asked).toHaveLength(6);
  expect(scores.map(numberOf)).toEqual([1, 0, 0.5]);
  expect(scores[0]!.detail).toMatchObject({ matches: 2, invalid: 0, swap_disagreements: 0, swap_disagreement_rate: 0 });
});

test('a match without a verdict is half a point for both; who has no other has no score (methods A.11)', () => {
  const none = matchOf(order(null), order(null));
  const won = matchOf(order('first'), order('second'));
  const scores = roundRobin(3, [
    { first: 0, second: 1, match: won },
    { first: 0, second: 2, match: none },
    { first: 1, second: 2, match: none },
  ]);
  expect(scores.map((score) => (score.ok ? score.value : score.reason))).toEqual([0.75, 0.25, 'invalid_match']);
  expect(scores[0]!.detail).toMatchObject({ swap_disagreement_rate: 0, invalid: 1 });
});

test('a judge that changes its mind with the order in more than 0.3 of 20 matches is called unusable (methods B.13)', () => {
  const biased = matchOf(order('first'), order('first'));
  const sound = matchOf(order('first'), order('second'));
  const tournament = (count: number, disagreeing: number): readonly Score[] =>
    roundRobin(
      count,
      pairsOf(count).map(([first, second], place) => ({ first, second, match: place < disagreeing ? biased : sound })),
    );
  expect(tournament(7, 7)[0]!.detail).toMatchObject({ swap_disagreement_rate: 7 / 21, unusable: true });
  expect(tournament(7, 6)[0]!.detail).not.toHaveProperty('unusable');
  expect(tournament(6, 15)[0]!.detail).not.toHaveProperty('unusable'); // 15 matches say too little
});

test('two scores sum to 1, whatever the orders say; all points of a round robin are half of its matches', () => {
  const any = fc.constantFrom<Winner | null>('first', 'second', 'tie', null);
  const match = fc.oneof(
    fc.tuple(any, any).map(([one, other]) => matchOf(order(one), order(other))),
    fc
      .tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }))
      .map(([p, q]) => matchOf(order('first', p), order('first', q))),
    fc.constant(SAME_TEXT),
  );
  fc.assert(
    fc.property(match, (played) => {
      const scores = pairScores(played);
      if (played.winner === null) expect(scores.every(({ ok }) => !ok)).toBe(true);
      else expect(scores.reduce((sum, score) => sum + numberOf(score), 0)).toBe(1);
    }),
  );
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 7 }), fc.infiniteStream(match), (count, matches) => {
      const pairs = pairsOf(count);
      const played = pairs.map(([first, second]) => ({ first, second, match: matches.next().value! }));
      const scores = roundRobin(count, played);
      fc.pre(scores.every(({ ok }) => ok));
      const points = scores.reduce((sum, score) => sum + numberOf(score) * (count - 1), 0);
      expect(points).toBeCloseTo(pairs.length, 9);
    }),
  );
});

test('more than 16 are not compared, and nobody is asked', async () => {
  const texts = Array.from({ length: 17 }, (_, place) => `text ${place}`);
  const { scores, asked } = await judgedBy(pairwise, texts);
  expect(asked).toHaveLength(0);
  expect(scores[0]).toEqual({ ok: false, reason: 'too_many_candidates' });
});

test.each([
  { entry: {}, candidates: 2, tokens: 2 * 2 * 512 },
  { entry: { samples: 3, retry: false, max_tokens: 10 }, candidates: 4, tokens: 6 * 2 * 3 * 10 },
  { entry: { swap: false, retry: false, max_tokens: 10 }, candidates: 16, tokens: 120 * 10 },
  { entry: { mode: 'token' }, candidates: 2, tokens: 2 },
])('$candidates candidates may cost $tokens tokens: $entry', ({ entry, candidates, tokens }) => {
  const config = entryOf({ ...pairwise, ...entry });
  const named = namedReward('judge', {}, { ...lookup, rewards: { judge: config } });
  expect(kindOf(config).sampledTokens(named, candidates)).toBe(tokens);
  expect(kindOf(config).mostCandidates).toBe(16);
});

test('by the probabilities of A and B as the next token, both orders averaged', async () => {
  const tells = ({ request }: ReadOperation) => {
    const first = shown(textOf((request as LogprobsRequest).prompt), 'candidate_a') === 'good';
    return told((first ? [0.8, 0.1] : [0.6, 0.3]).map(Math.log));
  };
  const { scores, reads, asked } = await judgedBy({ ...pairwise, mode: 'token' }, ['good', 'bad'], { tells });
  expect(asked).toHaveLength(0);
  expect(reads).toMatchObject([
    {
      reading: 'logprobs',
      backend: 'local',
      reward: 'judge',
      request: {
        model: 'model of writer',
        answers: [['A', ' A'], ['B', ' B'], [' ']],
      },
    },
    {},
  ]);
  expect(scores.map(numberOf)).toEqual([1, 0]);
  expect(scores[0]!.detail!.probability).toBeCloseTo((8 / 9 + 1 - 2 / 3) / 2, 9);
  expect(scores[1]!.detail!.probability).toBeCloseTo(1 - (8 / 9 + 1 - 2 / 3) / 2, 9);
});

/** Two classifiers whose probabilities of a text are the digits behind its colon. */
const team = {
  rewards: {
    one: { kind: 'classifier', backend: 'local', model: 'one', output: 'probability' },
    two: { kind: 'classifier', backend: 'local', model: 'two', output: 'probability' },
    team: { kind: 'ensemble', members: ['one', 'two'] },
  },
  scores: {
    one: (text: string) => digit(text, 0),
    two: (text: string) => digit(text, 1),
  },
};
const digit = (text: string, place: number): number | null => {
  const said = text.split(':')[1]![place]!;
  return said === '-' ? null : Number(said) / 10;
};
const screened = { ...pairwise, ensemble: 'team' };

test('a pair on which an ensemble is of one mind is not shown to the judge (methods B.1)', async () => {
  const { scores, asked, scored } = await judgedBy(screened, ['x:98', 'y:34'], team);
  expect(asked).toHaveLength(0);
  expect(scored.map(({ reward, texts }) => [reward, texts])).toEqual([
    ['one', ['x:98', 'y:34']],
    ['two', ['x:98', 'y:34']],
  ]);
  const preference = { mean: expect.closeTo(0.5, 12), std: expect.closeTo(0.1, 12), models: 2 };
  const detail = { confidence: 1, swap_disagreement: null, orders: [], decided_by: 'ensemble' };
  expect(scores).toEqual([
    { ok: true, value: 1, detail: { ...detail, preference } },
    { ok: true, value: 0, detail: { ...detail, preference: { ...preference, mean: expect.closeTo(-0.5, 12) } } },
  ]);
});

test.each([
  { name: 'its members disagree more than they prefer', texts: ['xx:93', 'y:38'], preference: { models: 2 } },
  { name: 'all call the two equal', texts: ['xx:55', 'y:55'], preference: { mean: 0, std: 0 } },
  { name: 'too few of them know', texts: ['xx:--', 'y:99'], preference: null },
])('the judge is asked where $name (methods B.1)', async ({ texts, preference }) => {
  const { scores, asked } = await judgedBy(screened, texts, { ...team, says: longer });
  expect(asked).toHaveLength(2);
  expect(scores.map(numberOf)).toEqual([1, 0]);
  expect(scores[0]!.detail).toMatchObject({ decided_by: 'judge', preference });
});

test('of several the ensemble reads each once, and the judge sees the open pairs alone', async () => {
  const { scores, asked, scored } = await judgedBy(screened, ['a:99', 'bb:51', 'c:15'], { ...team, says: longer });
  expect(scored).toHaveLength(2);
  expect(asked.map(({ prompt }) => shown(textOf(prompt), 'candidate_a'))).toEqual(['bb:51', 'c:15']);
  expect(scores.map(numberOf)).toEqual([1, 0.5, 0]);
  expect(scores.map(({ detail }) => detail!.decided_by_ensemble)).toEqual([2, 1, 1]);
});

test('a match without a verdict has none by the ensemble’s guess', async () => {
  const { scores } = await judgedBy(screened, ['x:93', 'y:38'], { ...team, says: () => 'Both are nice.' });
  for (const score of scores)
    expect(score).toMatchObject({ ok: false, reason: 'invalid_match', detail: { decided_by: 'judge' } });
});

test('without an ensemble nothing is said of one', async () => {
  const { scores } = await judgedBy(pairwise, ['longer', 'short'], { says: longer });
  expect(scores[0]!.detail).not.toHaveProperty('decided_by');
});

test('what an ensemble may sample is counted with the judge’s', () => {
  const rewards = {
    ...Object.fromEntries(Object.entries(team.rewards).map(([name, entry]) => [name, entryOf(entry)])),
    two: entryOf({ kind: 'judge', retry: false, max_tokens: 7 }),
    judge: entryOf({ ...screened, retry: false, max_tokens: 10 }),
  };
  const named = namedReward('judge', {}, { ...lookup, rewards });
  expect(kindOf(rewards.judge).sampledTokens(named, 4)).toBe(6 * 2 * 10 + 4 * 7);
  expect(kindOf(rewards.judge).members(rewards.judge)).toEqual(['team']);
});
