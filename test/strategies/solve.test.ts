import { expect, test } from 'vitest';
import { WinnowError } from '../../schemas/errors.ts';
import type { Asking, Candidate, Scored } from '../../src/operation.ts';
import type { Gathered } from '../../src/strategies/define.ts';
import { unscored } from '../../src/strategies/define.ts';
import type { Pick } from '../../src/strategies/solve.ts';
import { mayWin, solve } from '../../src/strategies/solve.ts';
import { candidate, drive, scores, task } from '../drive.ts';

// biome-ignore lint/correctness/useYield: a strategy that has gathered already
function* gathered(pool: readonly Scored[]): Asking<Gathered> {
  return { pool };
}
// biome-ignore lint/correctness/useYield: a rule that asks nobody
const last: Pick<string> = function* (eligible) {
  return eligible.at(-1)!.id;
};
const pool = (...candidates: Candidate[]) => unscored(candidates);

test('the rewards score those that may win, once, and the rule picks among them', () => {
  const given = pool(candidate('0.0', 'a'), candidate('0.1', 'b', { finish: 'length' }), candidate('0.2', 'c'));
  const { asked, value } = drive(solve(gathered(given), task, last), [scores(0.5, 'failed')]);
  expect(asked).toMatchObject([{ kind: 'score', reward: 'outcome', candidates: [{ id: '0.0' }, { id: '0.2' }] }]);
  expect(value.choice).toBe('0.2');
  expect(value.pool.map(({ scores: given }) => given)).toEqual([
    { outcome: { ok: true, value: 0.5 } },
    {},
    { outcome: { ok: false, reason: 'failed' } },
  ]);
});

test('a score that the strategy has is not asked, nor paid, again', () => {
  const given = pool(candidate('0.0', 'a'), candidate('0.1', 'b')).map((one, place) =>
    place === 0 ? { ...one, scores: { outcome: { ok: true as const, value: 1 } } } : one,
  );
  const { asked } = drive(solve(gathered(given), task, last), [scores(2)]);
  expect(asked).toMatchObject([{ candidates: [{ id: '0.1' }] }]);
});

test('without rewards nothing is scored', () => {
  expect(drive(solve(gathered(pool(candidate('0.0', 'a'))), { ...task, rewards: [] }, last), []).value.choice).toBe('0.0');
});

test('a missing score is a failure, never a number', () => {
  const { value } = drive(solve(gathered(pool(candidate('0.0', 'a'), candidate('0.1', 'b'))), task, last), [scores(1)]);
  expect(value.pool[1]!.scores.outcome).toEqual({ ok: false, reason: 'missing' });
});

test.each([
  { name: 'finished ones alone, where there is one', finishes: ['length', 'stop', 'budget'] as const, eligible: ['0.1'] },
  { name: 'else the cut ones', finishes: ['length', 'error', 'budget'] as const, eligible: ['0.0', '0.2'] },
  { name: 'else the open ones of a search', finishes: ['step', 'error', 'step'] as const, eligible: ['0.0', '0.2'] },
])('may win: $name (api.md 2)', ({ finishes, eligible }) => {
  const given = pool(...finishes.map((finish, place) => candidate(`0.${place}`, 'text', { finish })));
  expect(mayWin(given).map(({ id }) => id)).toEqual(eligible);
});

test.each([
  { name: 'no candidate at all', given: pool() },
  { name: 'failed ones alone', given: pool(candidate('0.0', 'a', { finish: 'error' })) },
  { name: 'a cut one without a token', given: pool(candidate('0.0', '', { finish: 'budget' })) },
])('$name is `no_candidates`', ({ given }) => {
  expect(() => drive(solve(gathered(given), task, last), [])).toThrow(WinnowError);
});
