/** What is true of every selection rule that is served. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Contender } from '../../src/selection/order.ts';
import { rules } from '../../src/selection/registry.ts';
import { choose, contenders, logits, probabilities } from './contenders.ts';

const row = fc.record({
  score: fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 0, max: 64 }).map((k) => k / 64) },
    { weight: 1, arbitrary: fc.constantFrom('failed', Number.NaN) },
  ),
  answer: fc.constantFrom('A', 'B', 'C', null),
  tokens: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constant(null)),
});
const table = fc.array(row, { minLength: 1, maxLength: 24 });
const entered = (rows: readonly { score: number | string; answer: string | null; tokens: number | null }[]): Contender[] =>
  contenders({
    scores: rows.map(({ score }) => score),
    answers: rows.map(({ answer }) => answer),
    tokens: rows.map(({ tokens }) => tokens),
  });

describe.each(rules)('$name', ({ name, needs }) => {
  test('chooses the first of a ranking that holds everyone once; a reason goes with degraded, and only then', () => {
    fc.assert(
      fc.property(table, (rows) => {
        const choice = choose(name, entered(rows), {}, probabilities);
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
        const choice = choose(name, given, {}, context);
        const permuted = choose(
          name,
          order.map((position) => given[position]!),
          {},
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

  test('failed candidates put in anywhere change no winner (methods M.3)', () => {
    const holes = fc.array(fc.nat({ max: 24 }), { maxLength: 6 });
    const usable = table.filter((rows) => rows.some(({ score, answer }) => Number.isFinite(score) && answer !== null));
    fc.assert(
      fc.property(usable, holes, fc.constantFrom(probabilities, logits), (rows, places, context) => {
        const before = choose(name, entered(rows), {}, context);
        const marked: ((typeof rows)[number] & { origin: number })[] = rows.map((one, origin) => ({ ...one, origin }));
        for (const place of places) marked.splice(place, 0, { score: Number.NaN, answer: null, tokens: 1, origin: -1 });
        const after = choose(name, entered(marked), {}, context);
        expect(marked[after.index]!.origin).toBe(before.index);
        expect(after.share).toBe(before.share);
      }),
    );
  });

  test('a lone candidate is chosen, whatever it lacks; degraded only for a score that is needed (methods 0.4, M.4)', () => {
    for (const answer of ['A', null]) {
      for (const score of [0, 0.7, 'failed', null]) {
        const choice = choose(name, contenders({ scores: [score], answers: [answer], tokens: [3] }), {}, probabilities);
        expect(choice).toMatchObject({ index: 0, ranking: [0], degraded: needs.scores && typeof score !== 'number' });
        if (needs.answers) expect(choice).toMatchObject({ answer, share: answer === null ? 0 : 1 });
      }
    }
  });

  test('everyone twice: the same cluster, or the same text, wins (methods M.5)', () => {
    fc.assert(
      fc.property(table, fc.constantFrom(probabilities, logits), (rows, context) => {
        const once = choose(name, entered(rows), {}, context);
        const twice = choose(name, entered([...rows, ...rows]), {}, context);
        if (needs.answers) expect(twice.answer).toBe(once.answer);
        else expect(twice.index % rows.length).toBe(once.index);
      }),
    );
  });
});
