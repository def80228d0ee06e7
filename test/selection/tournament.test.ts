import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mulberry32 } from '../../src/random.ts';
import { startRule } from '../../src/selection/registry.ts';
import { bradleyTerry, winsOf } from '../../src/selection/tournament/bradley-terry.ts';
import { cyclesOf } from '../../src/selection/tournament/cycles.ts';
import { knockout } from '../../src/selection/tournament/knockout.ts';
import type { Match, Pair, Play } from '../../src/selection/tournament/match.ts';
import { roundRobin } from '../../src/selection/tournament/round-robin.ts';
import { pairing, swiss } from '../../src/selection/tournament/swiss.ts';
import { context, lookup, pairJudge, prompt, select } from './asked.ts';
import { contenders } from './contenders.ts';

const near = (values: readonly number[], expected: readonly number[]) => {
  for (const [place, value] of expected.entries()) expect(Math.abs(values[place]! - value), String(values)).toBeLessThan(1e-9);
};

describe('Bradley-Terry (methods A.8)', () => {
  const two = [
    [0, 3],
    [1, 0],
  ];
  const three = [
    [0, 2, 3],
    [1, 0, 2],
    [0, 1, 0],
  ];
  const undefeated = [
    [0, 2, 2],
    [0, 0, 1],
    [0, 1, 0],
  ];
  test.each([
    { name: 'example 1', wins: two, prior: 0, expected: [0.75, 0.25] },
    { name: 'example 2', wins: three, prior: 0, expected: [0.70449645359, 0.224171770906, 0.071331775504] },
    { name: 'example 2', wins: three, prior: 0.1, expected: [0.674441247528, 0.240090384491, 0.085468367981] },
    { name: 'example 2', wins: three, prior: 0.5, expected: [0.59181072629, 0.277793838943, 0.130395434767] },
    { name: 'example 3', wins: undefeated, prior: 0.1, expected: [0.913043478261, 0.04347826087, 0.04347826087] },
  ])('$name with a prior of $prior', ({ wins, prior, expected }) => near(bradleyTerry(wins, prior), expected));

  test('example 3 without a prior: the undefeated one drifts to 1, and it ends', () => {
    const abilities = bradleyTerry(undefeated, 0);
    expect(abilities[0]).toBeGreaterThan(0.99);
    expect(abilities.every(Number.isFinite)).toBe(true);
  });

  test('a tie is half a win each way; a match without a verdict is none (methods A.11)', () => {
    const match = (pair: Pair, points: number, valid: boolean): Match => ({ pair, points, valid, disagreed: null });
    const matches = [match([0, 1], 1, true), match([1, 2], 0.5, true), match([0, 2], 0.5, false)];
    expect(winsOf(3, matches)).toEqual([
      [0, 1, 0],
      [0, 0, 0.5],
      [0, 0.5, 0],
    ]);
  });

  const connected = fc
    .integer({ min: 2, max: 6 })
    .chain((n) =>
      fc.array(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: n, maxLength: n }), { minLength: n, maxLength: n }),
    );

  test('scaling all wins changes nothing; swapping players swaps their abilities (methods M.18)', () => {
    fc.assert(
      fc.property(connected, fc.integer({ min: 2, max: 5 }), (wins, factor) => {
        const abilities = bradleyTerry(wins, 0);
        near(
          bradleyTerry(
            wins.map((row) => row.map((count) => count * factor)),
            0,
          ),
          abilities,
        );
        const swap = (place: number) => (place === 0 ? 1 : place === 1 ? 0 : place);
        const swapped = wins.map((_, row) => wins.map((__, column) => wins[swap(row)]![swap(column)]!));
        near(
          bradleyTerry(swapped, 0),
          abilities.map((_, place) => abilities[swap(place)]!),
        );
      }),
    );
  });
});

/** A judge for whom the lower number wins; ties and nothing where it says so. */
const play = (points: (first: number, second: number) => number | null, log: Pair[][] = []): Play =>
  function* (pairs) {
    log.push([...pairs]);
    return pairs.map(([first, second]): Match => {
      const value = points(first, second);
      return { pair: [first, second], points: value ?? 0.5, valid: value !== null, disagreed: null };
    });
  };
const stronger = (first: number, second: number) => Number(first < second);
const ended = <T>(asking: Generator<unknown, T, never>): T => {
  const turn = asking.next();
  if (!turn.done) throw new Error('It asked.');
  return turn.value;
};

describe('knockout (methods A.8)', () => {
  test('five players: seeds 1 to 3 have byes; 4 meets 5; 1 the winner of it, 2 meets 3; then the final', () => {
    const rounds: Pair[][] = [];
    const { ranking, matches } = ended(knockout(5, play(stronger, rounds)));
    expect(rounds).toEqual([
      [[3, 4]],
      [
        [0, 3],
        [1, 2],
      ],
      [[0, 1]],
    ]);
    expect(matches).toHaveLength(4);
    expect(ranking).toEqual([0, 1, 2, 3, 4]);
  });

  test('n - 1 matches, and who beats all others wins, for every n and whoever that is', () => {
    for (let n = 2; n <= 33; n++)
      for (const champion of [0, n - 1, Math.floor(n / 2)]) {
        const beats = (a: number, b: number) => (a === champion ? 1 : b === champion ? 0 : stronger(b, a));
        const { ranking, matches } = ended(knockout(n, play(beats)));
        expect(matches).toHaveLength(n - 1);
        expect(ranking[0]).toBe(champion);
        expect([...ranking].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, player) => player));
      }
  });

  test('a tie, and a match without a verdict, goes to the lower seed', () => {
    expect(
      ended(
        knockout(
          6,
          play(() => 0.5),
        ),
      ).ranking[0],
    ).toBe(0);
    expect(
      ended(
        knockout(
          6,
          play(() => null),
        ),
      ).ranking[0],
    ).toBe(0);
  });
});

describe('swiss (methods A.8, A.11)', () => {
  const seeds = (n: number) => Array.from({ length: n }, (_, seed) => seed);

  test('four players, two rounds: 1v2 and 3v4, then 1v3 and 2v4; who ties in points and Buchholz goes by reward', () => {
    const rounds: Pair[][] = [];
    const { ranking, points, buchholz } = ended(swiss(4, 2, seeds(4), play(stronger, rounds)));
    expect(rounds).toEqual([
      [
        [0, 1],
        [2, 3],
      ],
      [
        [0, 2],
        [1, 3],
      ],
    ]);
    expect(points).toEqual([2, 1, 1, 0]);
    expect([buchholz[1], buchholz[2]]).toEqual([2, 2]);
    expect(ranking).toEqual([0, 1, 2, 3]);
    expect(ended(swiss(4, 2, [0, 2, 1, 3], play(stronger))).ranking).toEqual([0, 2, 1, 3]);
  });

  test('an odd number: the last without a bye has one, worth a point, and nothing of Buchholz', () => {
    const { points, buchholz, matches } = ended(swiss(3, 2, seeds(3), play(stronger)));
    expect(matches.map(({ pair }) => pair)).toEqual([
      [0, 1],
      [0, 2],
    ]);
    expect(points).toEqual([2, 1, 1]);
    expect(buchholz).toEqual([2, 2, 2]);
  });

  test('nobody meets twice while that can be; where it cannot, as few do as must', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 14 }), fc.integer(), (n, salt) => {
        const rounds = n % 2 === 0 ? n - 1 : n;
        const { matches } = ended(
          swiss(
            n,
            Math.min(rounds, Math.ceil(Math.log2(n))),
            seeds(n),
            play((a, b) => (a * 31 + b * 17 + salt) & 1),
          ),
        );
        const met = matches.map(({ pair }) => [...pair].sort((a, b) => a - b).join(' '));
        expect(new Set(met).size).toBe(met.length);
      }),
    );
    const rematch = ended(swiss(2, 3, seeds(2), play(stronger)));
    expect(rematch.matches).toHaveLength(3);
    const played = [
      [0, 1],
      [2, 3],
      [0, 2],
      [1, 3],
      [0, 3],
      [1, 2],
    ].map(([a, b]): Match => ({ pair: [a!, b!], points: 1, valid: true, disagreed: null }));
    expect(pairing([0, 1, 2, 3], played)).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(pairing([0, 1, 2, 3], played.slice(0, 4))).toEqual([
      [0, 3],
      [1, 2],
    ]); // back from 0v1 and 0v2
  });

  test('256 players for 16 rounds are paired in no time', () => {
    const began = performance.now();
    const { matches } = ended(swiss(256, 16, seeds(256), play(stronger)));
    expect(matches).toHaveLength(16 * 128);
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});

describe('round robin (methods A.8, A.11)', () => {
  test('each meets each once; points, then points among the tied, then the order given', () => {
    const { matches, ranking } = ended(
      roundRobin(
        4,
        play((a, b) => (a === 0 && b === 3 ? 0 : stronger(a, b))),
      ),
    );
    expect(matches).toHaveLength(6);
    // 0: 2 points, 1: 2, 2: 1, 3: 1; 0 beat 1, 2 beat 3
    expect(ranking).toEqual([0, 1, 2, 3]);
    // 0 and 1 have two points, 2 and 3 one: 1 beat 0, and 2 beat 3
    const upsets = play((a, b) => ((a === 0 && b === 1) || (a === 1 && b === 3) ? 0 : stronger(a, b)));
    expect(ended(roundRobin(4, upsets)).ranking).toEqual([1, 0, 2, 3]);
  });

  test('a match without a verdict is half a point each', () => {
    const { ranking } = ended(
      roundRobin(
        3,
        play((a, b) => (a === 0 ? null : stronger(a, b))),
      ),
    );
    expect(ranking).toEqual([1, 0, 2]);
  });
});

test('cycles: threes of which each beats the next, each once', () => {
  const match = (first: number, second: number, points = 1, valid = true): Match => ({
    pair: [first, second],
    points,
    valid,
    disagreed: null,
  });
  const circle = [match(0, 1), match(1, 2), match(2, 0)];
  expect(cyclesOf([0, 1, 2], circle)).toEqual([[0, 1, 2]]);
  expect(
    cyclesOf(
      [2, 1, 0],
      circle.map(({ pair: [a, b] }) => match(b, a)),
    ),
  ).toEqual([[0, 2, 1]]);
  expect(cyclesOf([0, 1, 2], [match(0, 1), match(1, 2), match(0, 2)])).toEqual([]);
  expect(cyclesOf([0, 1, 2], [match(0, 1), match(1, 2), match(2, 0, 0.5)])).toEqual([]);
  expect(cyclesOf([0, 1, 2], [match(0, 1), match(1, 2), match(2, 0, 1, false)])).toEqual([]);
});

const letters = (text: string): number => Number(text.split(' ')[1]);
/** For whom the higher number is the better text. */
const higher = pairJudge((first, second) =>
  letters(first) === letters(second) ? 0.5 : Number(letters(first) > letters(second)),
);

describe('the rule', () => {
  test('auto: up to 8 different texts each meets each, above them they are knocked out', () => {
    const small = select('tournament', {}, contenders({ scores: Array(8).fill(0) }), higher);
    expect(small.asked).toHaveLength(28);
    expect(small.value).toMatchObject({
      index: 7,
      ranking: [7, 6, 5, 4, 3, 2, 1, 0],
      degraded: false,
      detail: { format: 'round_robin', judge: 'better', matches: 28 },
    });
    const large = select('tournament', {}, contenders({ scores: Array(9).fill(0) }), higher);
    expect(large.asked).toHaveLength(8);
    expect(large.value).toMatchObject({ index: 8, detail: { format: 'knockout' } });
    expect(select('tournament', { format: 'swiss' }, contenders({ scores: Array(8).fill(0) }), higher).asked).toHaveLength(12);
  });

  test('a judge is handed pairs with their ids, those of a round at once, 32 at most', () => {
    const given = contenders({ scores: [3, 2, 1, 0] }).map((one, place) => ({ ...one, id: `0.1.${place}` }));
    const { asked, waves } = select('tournament', { format: 'knockout', judge: 'better' }, given, higher);
    expect(asked[0]).toMatchObject({
      kind: 'score',
      reward: 'better',
      prompt,
      candidates: [
        { id: '0.1.0', text: 'text 0' },
        { id: '0.1.3', text: 'text 3' },
      ],
    });
    expect(waves).toEqual([2, 1]);
    expect(select('tournament', { format: 'round_robin' }, contenders({ scores: Array(16).fill(0) }), higher).waves).toEqual([
      32, 32, 32, 24,
    ]);
  });

  test('a judge is handed steps, as the policy ends them; a match tells the margin that an ensemble gives (methods B.1)', () => {
    const given = contenders({ scores: [0, 0] }).map((one, place) => ({ ...one, text: `a\nb ${place}` }));
    const preference = { mean: -0.25, std: 0.1, models: 2 };
    const { asked, value } = select(
      'tournament',
      {},
      given,
      pairJudge(() => 0, { preference }),
    );
    expect(asked[0]).toMatchObject({ candidates: [{ steps: ['a\n', 'b 0'] }, { steps: ['a\n', 'b 1'] }] });
    expect(value.detail).toMatchObject({ results: [{ first: '0.0', second: '0.1', points: 0, valid: true, margin: -0.25 }] });
    const written = given.map((one) => ({ ...one, steps: [one.text], stepOpen: true })); // by tokens, which no text tells
    const told = select(
      'tournament',
      {},
      written,
      pairJudge(() => 0, { preference }),
    );
    expect(told.asked[0]).toMatchObject({ candidates: [{ steps: ['a\nb 0'] }, { steps: ['a\nb 1'] }] });
    const unknown = select(
      'tournament',
      {},
      given,
      pairJudge(() => 0, { preference: null }),
    );
    expect(unknown.value.detail!.results).toEqual([{ first: '0.0', second: '0.1', points: 0, valid: true }]);
  });

  test('equal texts are one player: nobody is asked about them, and they rank together', () => {
    const texts = ['a 1', 'b 9', 'a 1', 'b 9', 'c 5'];
    const { value, asked } = select('tournament', {}, contenders({ texts, scores: [1, 2, 4, 3, 0] }), higher);
    expect(asked).toHaveLength(3);
    expect(value.ranking).toEqual([3, 1, 4, 2, 0]);
    expect(select('tournament', {}, contenders({ texts: ['same', 'same'], scores: [1, 2] }), higher)).toMatchObject({
      asked: [],
      value: { index: 1, degraded: false },
    });
  });

  test('no verdict at all: the order of the scores, and it says so; a failed match is no win', () => {
    const silent = pairJudge(() => null);
    for (const format of ['knockout', 'swiss', 'round_robin']) {
      const { value } = select('tournament', { format }, contenders({ scores: [1, 5, 3] }), silent);
      expect(value).toMatchObject({ index: 1, ranking: [1, 2, 0], degraded: true, reason: 'judge_failed' });
      expect(value.detail).toMatchObject({ swap_disagreement_rate: null });
      expect(value.detail!.invalid_matches).toBe(value.detail!.matches);
    }
    const half = pairJudge((first, second) => (first === 'text 1' || second === 'text 1' ? null : 1));
    expect(select('tournament', {}, contenders({ scores: [1, 5, 3] }), half).value).toMatchObject({
      degraded: false,
      detail: { invalid_matches: 2 },
    });
  });

  test('without scores the seeds are drawn: the same seed the same matches, another seed others', () => {
    const given = contenders({ texts: Array.from({ length: 12 }, (_, place) => `text ${place}`) });
    const pairs = (seed: number) => {
      const asked: string[] = [];
      const rule = startRule('tournament', { format: 'knockout' });
      const asking = rule.select(given, { ...context, seed });
      const turn = asking.next();
      if (!turn.done && turn.value.kind === 'together')
        for (const one of turn.value.operations)
          if (one.kind === 'score') asked.push(one.candidates.map(({ text }) => text).join());
      return asked;
    };
    expect(pairs(1)).toEqual(pairs(1));
    expect(pairs(1)).not.toEqual(pairs(2));
  });

  test('a judge that follows the place and not the text is reported: above 0.3 of 20 matches or more', () => {
    const fickle = pairJudge(() => 0.5, { swap_disagreement: true });
    const many = select('tournament', { format: 'round_robin' }, contenders({ scores: Array(7).fill(0) }), fickle).value.detail;
    expect(many).toMatchObject({ matches: 21, swap_disagreement_rate: 1, warning: expect.stringContaining('other order') });
    const few = select('tournament', {}, contenders({ scores: Array(6).fill(0) }), fickle).value.detail;
    expect(few).toMatchObject({ matches: 15, swap_disagreement_rate: 1 });
    expect(few).not.toHaveProperty('warning');
    const sound = pairJudge((first, second) => Number(first > second), { swap_disagreement: false });
    expect(select('tournament', {}, contenders({ scores: Array(7).fill(0) }), sound).value.detail).toMatchObject({
      swap_disagreement_rate: 0,
    });
  });

  test('cycles are reported: of all in a round robin, of the best four otherwise, whose missing matches are played', () => {
    const beats: Record<string, string> = { 'text 0': 'text 1', 'text 1': 'text 2', 'text 2': 'text 0' };
    const circular = pairJudge((first, second) => Number(beats[first] === second || (beats[second] !== first && first < second)));
    const given = contenders({ scores: [4, 3, 2, 1] });
    const all = select('tournament', { report_cycles: true }, given, circular).value.detail;
    expect(all!.cycles).toEqual([['0.0', '0.1', '0.2']]);
    const out = select('tournament', { report_cycles: true, format: 'knockout' }, given, circular);
    expect(out.asked).toHaveLength(6);
    expect(out.value.detail!.cycles).toHaveLength(1);
    expect(select('tournament', { format: 'knockout' }, given, circular).value.detail).not.toHaveProperty('cycles');
  });

  test('abilities of a round robin sum to 1, in the order of the points', () => {
    const { value } = select('tournament', {}, contenders({ scores: [0, 0, 0, 0] }), higher);
    const abilities = value.detail!.abilities as Record<string, number>;
    expect(Object.values(abilities).reduce((sum, ability) => sum + ability, 0)).toBeCloseTo(1, 9);
    expect(Object.keys(abilities).sort((a, b) => abilities[b]! - abilities[a]!)).toEqual(['0.3', '0.2', '0.1', '0.0']);
  });

  test('the judge is the one named, else the first of the config; 64 in a round robin, 256 otherwise', () => {
    expect(startRule('tournament', {}).asks(context)).toMatchObject({
      reward: { kind: 'pairwise_judge', name: 'better' },
      option: 'judge',
    });
    expect(startRule('tournament', { judge: 'x' }).asks(context)).toMatchObject({ reward: { name: 'x' } });
    expect(startRule('tournament', {}).asks({ ...context, lookup: { ...lookup, rewards: {} } })).toMatchObject({
      reward: { name: undefined },
    });
    expect(startRule('tournament', { format: 'round_robin' }).most).toBe(64);
    expect(startRule('tournament', {}).most).toBe(256);
  });

  test('a better judge, a better choice: the best of 8 wins more often than a judge of pairs is right, by every format', () => {
    // each match goes to the better text with probability 0.8, by a seeded coin
    const coin = mulberry32(1);
    const noisy = pairJudge((first, second) => Number(letters(first) > letters(second) === coin() < 0.8));
    const wins = (format: string) =>
      Array.from(
        { length: 200 },
        () => select('tournament', { format }, contenders({ scores: Array(8).fill(0) }), noisy).value.index,
      ).filter((index) => index >= 6).length;
    for (const format of ['knockout', 'swiss', 'round_robin']) expect(wins(format) / 200).toBeGreaterThan(0.55); // 0.25 by chance
    expect(wins('round_robin')).toBeGreaterThan(wins('knockout') - 20);
  });
});

test.each([
  { options: {}, counts: { 1: 0, 2: 1, 8: 28, 9: 28, 40: 39 } },
  { options: { format: 'knockout' }, counts: { 1: 0, 8: 7, 9: 8 } },
  { options: { format: 'knockout', report_cycles: true }, counts: { 3: 5, 8: 13 } },
  { options: { format: 'swiss' }, counts: { 8: 12, 9: 16 } },
  { options: { format: 'round_robin' }, counts: { 8: 28, 64: 2016 } },
])('matches at most, by which a budget is sized: $options', ({ options, counts }) => {
  const { reward } = startRule('tournament', options).asks(context)!;
  for (const [candidates, matches] of Object.entries(counts)) {
    expect(reward!.pairs!(Number(candidates)), candidates).toBe(matches);
    if (Number(candidates) > 16) continue;
    const played = select('tournament', options, contenders({ scores: Array(Number(candidates)).fill(0) }), higher).asked;
    expect(played.length).toBeLessThanOrEqual(matches);
  }
});
