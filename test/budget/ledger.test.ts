import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CallUsage, Reservation } from '../../src/budget/ledger.ts';
import { Ledger } from '../../src/budget/ledger.ts';

const ledgerOf = (max_tokens: number, max_candidates = 256) => new Ledger({ max_candidates, max_tokens, max_time_ms: 1000 });
const usage = (promptTokens: number | null, processed: number | null = 0, cached: number | null = 0): CallUsage => ({
  promptTokens,
  processed,
  cached,
});

test('the worked example: 1000 tokens, two reservations of 400, what is left is 200; settled with 150 it is 450 (methods D.9)', () => {
  const ledger = ledgerOf(1000);
  const first = ledger.reserve('policy', 400);
  ledger.reserve('policy', 400);
  expect(ledger.available).toBe(200); // the fit rule shrinks a wish of 300 to it
  expect(() => ledger.reserve('policy', 300)).toThrow('200 are left');
  ledger.reserve('policy', 200);
  expect(ledger.available).toBe(0);
  ledger.settle(first, 150);
  expect(ledger.available).toBe(250);
  expect(ledger.account().spentTokens).toBe(150);
});

test('a second settlement is ignored, and one after a lost call too', () => {
  const ledger = ledgerOf(100);
  const reservation = ledger.reserve('policy', 50);
  ledger.settle(reservation, 20);
  ledger.settle(reservation, 30);
  ledger.settleUnknown(reservation, 10);
  expect(ledger.account()).toMatchObject({ spentTokens: 20, completionTokens: 20, lostTokens: 0 });
  expect(ledger.available).toBe(80);
});

test('a call that was lost counts as spent in full, and what it sampled is unknown, never 0', () => {
  const ledger = ledgerOf(100);
  const reservation = ledger.reserve('policy', 60);
  ledger.settleUnknown(reservation, 25);
  ledger.settle(reservation, 25);
  expect(ledger.account()).toMatchObject({ spentTokens: 60, completionTokens: null, lostTokens: 35, unique: null });
  expect(ledger.available).toBe(40);
});

test('a lost call of which every token is known lost nothing', () => {
  const ledger = ledgerOf(100);
  ledger.settleUnknown(ledger.reserve('policy', 60), 60);
  expect(ledger.account()).toMatchObject({ spentTokens: 60, completionTokens: 60, lostTokens: 0 });
});

test('a backend that overshoots is booked as it is; nothing is left then, not less', () => {
  const ledger = ledgerOf(100);
  ledger.settle(ledger.reserve('policy', 100), 103);
  expect(ledger.account().spentTokens).toBe(103);
  expect(ledger.available).toBe(0);
});

test('after any interleaving spent + reserved stays within the limit, and settling twice has no effect (methods M.11)', () => {
  type Step = { readonly kind: 'reserve' | 'settle' | 'lose'; readonly which: number; readonly part: number };
  const step: fc.Arbitrary<Step> = fc.record({
    kind: fc.constantFrom('reserve', 'settle', 'lose'),
    which: fc.nat(20),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 500 }), (steps, limit) => {
      const ledger = ledgerOf(limit);
      const made: Reservation[] = [];
      const open = new Set<Reservation>();
      let spent = 0;
      for (const { kind, which, part } of steps) {
        const reservation = made[which % Math.max(1, made.length)];
        if (kind === 'reserve') {
          const reserved = ledger.reserve('policy', Math.floor(part * ledger.available));
          made.push(reserved);
          open.add(reserved);
        } else if (reservation) {
          const sampled = Math.floor(part * reservation.tokens);
          if (open.delete(reservation)) spent += kind === 'settle' ? sampled : reservation.tokens;
          if (kind === 'settle') ledger.settle(reservation, sampled);
          else ledger.settleUnknown(reservation, sampled);
        }
        const reserved = [...open].reduce((sum, { tokens }) => sum + tokens, 0);
        expect(ledger.account().spentTokens).toBe(spent);
        expect(ledger.available).toBe(limit - spent - reserved);
        expect(ledger.available).toBeGreaterThanOrEqual(0);
      }
    }),
  );
});

test('candidates are counted one by one, and none are left below zero', () => {
  const ledger = ledgerOf(100, 2);
  for (const left of [2, 1, 0, 0]) {
    expect(ledger.candidatesLeft).toBe(left);
    ledger.countCandidate();
  }
  expect(ledger.account().candidates).toBe(4);
});

test('a prompt of 27 tokens, 16 candidates, 655 tokens: 666 distinct positions (api.md 2)', () => {
  const ledger = ledgerOf(2560);
  ledger.settle(ledger.reserve('policy', 2560), 655);
  ledger.countCall('policy', 'prompt', usage(27, 666, 0));
  for (let child = 0; child < 16; child++) ledger.leaveTip(`0.${child}`);
  expect(ledger.account()).toMatchObject({ promptTokens: 27, completionTokens: 655, processed: 666, cached: 0, unique: 666 });
});

test('a tip that is continued is run after all; of a chain only the last token is not', () => {
  const ledger = ledgerOf(100);
  ledger.countCall('policy', 'prompt', usage(10));
  ledger.settle(ledger.reserve('policy', 30), 30);
  for (const [before, id] of [
    ['0', '0.0'],
    ['0.0', '0.0.0'],
    ['0.0', '0.0.1'],
  ] as const) {
    ledger.runTip(before);
    ledger.leaveTip(id);
  }
  expect(ledger.account().unique).toBe(10 + 30 - 2);
});

test('each distinct prompt counts once a role', () => {
  const ledger = ledgerOf(100);
  ledger.countCall('policy', 'question', usage(10));
  ledger.countCall('policy', 'question', usage(10));
  ledger.countCall('critic', 'question', usage(12));
  ledger.countCall('policy', 'another', usage(5));
  expect(ledger.account().promptTokens).toBe(27);
});

test('what a backend did not get to say is unknown, until a later call over the same prompt says it', () => {
  const ledger = ledgerOf(100);
  ledger.countCall('policy', 'question', usage(null, null, null));
  expect(ledger.account()).toMatchObject({ promptTokens: null, processed: null, cached: null, unique: null });
  ledger.countCall('policy', 'question', usage(10, 20, 3));
  expect(ledger.account()).toMatchObject({ promptTokens: 10, processed: null, cached: null });
  ledger.countCall('policy', 'question', usage(null, 1, 1));
  expect(ledger.account().promptTokens).toBe(10);
});

test('tokens are told by role', () => {
  const ledger = ledgerOf(100);
  for (const [role, tokens] of [
    ['policy', 10],
    ['critic', 7],
    ['refiner', 5],
    ['judge', 3],
    ['critic', 1],
  ] as const)
    ledger.settle(ledger.reserve(role, 10), tokens);
  expect(ledger.account()).toMatchObject({ completionTokens: 26, criticTokens: 8, judgeTokens: 3 });
});

test.each([
  { name: 'no survivor: all', survivors: [], wasted: 111_111 },
  { name: 'a survivor and what it grew from are used', survivors: ['0.0.1'], wasted: 111_010 },
  { name: 'the first steps of a version count as the version', survivors: ['0.1@2.0'], wasted: 1111 },
  { name: 'and so do its first tokens', survivors: ['0.1@2t.0'], wasted: 101_111 },
  { name: 'and so do they with another token after them', survivors: ['0.1@12t.3.0'], wasted: 101_111 },
  { name: 'and so does a cut of a cut', survivors: ['0.1@2.0@1'], wasted: 1111 },
  { name: 'a name that only begins alike is another candidate', survivors: ['0.11'], wasted: 111_111 },
])('wasted tokens: $name', ({ survivors, wasted }) => {
  const ledger = ledgerOf(1000);
  for (const [id, tokens] of [
    ['0.0', 1],
    ['0.0.0', 10],
    ['0.0.1', 100],
    ['0.2', 1000],
    ['0.1', 10_000],
    ['0.1@2.0', 100_000],
  ] as const)
    ledger.wrote(id, tokens);
  expect(ledger.wasted(survivors)).toBe(wasted);
});

test('a token that was put there is a position, though none that was sampled; what is shared counts once', () => {
  const ledger = ledgerOf(100);
  ledger.countCall('policy', 'prompt', { promptTokens: 10, processed: 0, cached: 0 });
  ledger.settle(ledger.reserve('policy', 20), 8);
  ledger.leaveTip('0.0');
  expect(ledger.account().unique).toBe(10 + 8 - 1);
  ledger.settle(ledger.reserve('policy', 20), 3);
  ledger.runTip('0.0@5t.0');
  ledger.leaveTip('0.0@5t.0.0');
  ledger.runForced('0.0@5t.0');
  ledger.runForced('0.0@5t.0'); // of a second child of the same prefix
  expect(ledger.account()).toMatchObject({ completionTokens: 11, unique: 10 + 8 - 1 + 1 + 3 - 1 });
});

test('a candidate that is written in two calls wastes both parts', () => {
  const ledger = ledgerOf(100);
  ledger.wrote('0.0', 5);
  ledger.wrote('0.0', 6);
  expect(ledger.wasted([])).toBe(11);
});

test('rewards are summed by name; tokens of a call that did not say them are unknown', () => {
  const ledger = ledgerOf(100);
  ledger.countReward('outcome', 1, 16, 1087);
  ledger.countReward('outcome', 1, 2, 100);
  ledger.countReward('process', 1, 4, null);
  ledger.countReward('process', 1, 4, 50);
  expect(ledger.account().rewards).toEqual({
    outcome: { calls: 2, candidates: 18, tokens: 1187 },
    process: { calls: 2, candidates: 8, tokens: null },
  });
});
