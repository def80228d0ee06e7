/** What is true of every selection rule that is served. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Choice, SelectionContext } from '../../src/selection/define.ts';
import type { Contender } from '../../src/selection/order.ts';
import { rules, startRule } from '../../src/selection/registry.ts';
import { candidate, sampled } from '../drive.ts';
import { type Answer, answered, context as asking, pairJudge } from './asked.ts';
import { contenders, logits, probabilities, sure } from './contenders.ts';

const OPTIONS: Readonly<Record<string, readonly object[]>> = {
  weighted_vote: [{}, { weight_map: 'softmax' }, { weight_map: 'rank' }, { weight_map: 'unit' }],
  minimum_bayes_risk: [
    {},
    { utility: 'answer' },
    { utility: 'chrf' },
    { utility: 'rouge_l', weight_map: 'softmax' },
    { utility: 'answer', beta: 1 },
  ],
  tournament: [{}, { format: 'knockout' }, { format: 'swiss', report_cycles: true }],
  borda: [{}, { by: 'score', power: 0.5 }],
  confidence: [{}, { measure: 'mean', keep_percent: 50 }],
};

const row = fc.record({
  score: fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 0, max: 64 }).map((k) => k / 64) },
    { weight: 1, arbitrary: fc.constantFrom('failed', Number.NaN) },
  ),
  answer: fc.constantFrom('A', 'B', 'C', null),
  tokens: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constant(null)),
  confidence: fc.oneof(fc.integer({ min: 0, max: 8 }), fc.constant(null)),
  text: fc.constantFrom('a cat', 'a cat sat', 'the dog', 'dog', ''),
});
type Row = typeof row extends fc.Arbitrary<infer Made> ? Made : never;
/** A judge that is a function of what it is shown: the longer text, or else the later one, and the first of several. */
const better = pairJudge((first, second) =>
  Number(first.length === second.length ? first > second : first.length > second.length),
);
const judge: Answer = (operation, number) =>
  operation.kind === 'score' ? better(operation, number) : sampled(candidate(`0.${operation.firstChild}`, 'Choice: 1'));

/** Every rule by every way that it has to go, under one judge. */
const ways = rules.flatMap(({ name }) =>
  (OPTIONS[name] ?? [{}]).map((options) => ({ name, options, needs: startRule(name, options).needs })),
);
const choose = (name: string, given: readonly Contender[], options: object, { output }: SelectionContext): Choice =>
  answered(startRule(name, options).select(given, { ...asking, output }), judge).value;

const table = fc.array(row, { minLength: 1, maxLength: 24 });
const entered = (rows: readonly Row[]): Contender[] =>
  contenders({
    scores: rows.map(({ score }) => score),
    answers: rows.map(({ answer }) => answer),
    tokens: rows.map(({ tokens }) => tokens),
    texts: rows.map(({ text }) => text),
    top: rows.map(({ confidence }) => (confidence === null ? null : sure(confidence))),
  });
/** Failed in every way that a candidate can fail: no score, no answer, no log-probabilities. */
const failed: Row = { score: Number.NaN, answer: null, tokens: 1, confidence: null, text: '' };

/** A text of its own, or a match of its own, has a part in the choice, whatever failed beside it. */
const readsTexts = (name: string, options: object): boolean =>
  ['universal_consistency', 'tournament'].includes(name) ||
  (name === 'minimum_bayes_risk' && !('utility' in options && options.utility === 'answer'));

describe.each(ways)('$name $options', ({ name, options, needs }) => {
  test('chooses the first of a ranking that holds everyone once; a reason goes with degraded, and only then', () => {
    fc.assert(
      fc.property(table, (rows) => {
        const choice = choose(name, entered(rows), options, probabilities);
        expect(choice.ranking[0]).toBe(choice.index);
        expect([...choice.ranking].sort((a, b) => a - b)).toEqual(rows.map((_, position) => position));
        expect(choice.degraded).toBe(choice.reason !== undefined);
        if (choice.share !== undefined) expect(choice.share >= 0 && choice.share <= 1 + 1e-12).toBe(true);
        expect(choice.clusters?.flatMap(({ members }) => members).every((member) => rows[member]!.answer !== null) ?? true).toBe(
          true,
        );
      }),
    );
  });

  test('the order in which contenders are handed over changes nothing (methods M.1)', () => {
    const shuffled = table.chain((rows) =>
      fc.tuple(fc.constant(entered(rows)), fc.shuffledSubarray([...rows.keys()], { minLength: rows.length })),
    );
    fc.assert(
      fc.property(shuffled, fc.constantFrom(probabilities, logits), ([given, order], context) => {
        const choice = choose(name, given, options, context);
        const permuted = choose(
          name,
          order.map((position) => given[position]!),
          options,
          context,
        );
        expect({
          ...permuted,
          index: order[permuted.index],
          ranking: permuted.ranking.map((place) => order[place]),
          ...(permuted.clusters && {
            clusters: permuted.clusters.map((one) => ({ ...one, members: one.members.map((place) => order[place]) })),
          }),
        }).toEqual(choice);
      }),
    );
  });

  test.skipIf(readsTexts(name, options))('failed candidates put in anywhere change no winner (methods M.3)', () => {
    const holes = fc.array(fc.nat({ max: 24 }), { maxLength: 6 });
    const usable = table.filter((rows) => rows.some(({ score, answer }) => Number.isFinite(score) && answer !== null));
    fc.assert(
      fc.property(usable, holes, fc.constantFrom(probabilities, logits), (rows, places, context) => {
        const before = choose(name, entered(rows), options, context);
        const marked: ((typeof rows)[number] & { origin: number })[] = rows.map((one, origin) => ({ ...one, origin }));
        for (const place of places) marked.splice(place, 0, { ...failed, origin: -1 });
        const after = choose(name, entered(marked), options, context);
        expect(marked[after.index]!.origin).toBe(before.index);
        if (needs.answers && !name.startsWith('minimum')) expect(after.share).toBe(before.share);
      }),
    );
  });

  test('a lone candidate is chosen, whatever it lacks; degraded only for a score that is needed (methods 0.4, M.4)', () => {
    for (const answer of ['A', null]) {
      for (const score of [0, 0.7, 'failed', null]) {
        const given = contenders({ scores: [score], answers: [answer], tokens: [3] });
        const { value: choice, asked } = answered(startRule(name, options).select(given, { ...asking, ...probabilities }), judge);
        expect(asked).toEqual([]);
        expect(choice).toMatchObject({ index: 0, ranking: [0], degraded: needs.scores && typeof score !== 'number' });
        if (needs.answers) expect(choice).toMatchObject({ answer, share: answer === null ? 0 : 1 });
      }
    }
  });

  test.runIf(
    ['argmax', 'majority_vote'].includes(name) ||
      (name === 'weighted_vote' && !('weight_map' in options && options.weight_map === 'rank')),
  )('everyone twice: the same cluster, or the same text, wins (methods M.5)', () => {
    fc.assert(
      fc.property(table, fc.constantFrom(probabilities, logits), (rows, context) => {
        const once = choose(name, entered(rows), options, context);
        const twice = choose(name, entered([...rows, ...rows]), options, context);
        if (needs.answers) expect(twice.answer).toBe(once.answer);
        else expect(twice.index % rows.length).toBe(once.index);
      }),
    );
  });
});
