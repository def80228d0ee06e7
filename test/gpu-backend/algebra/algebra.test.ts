/** The thread that compares formulas: whatever it is asked, an answer comes, and the next one too. */
import { afterAll, describe, expect, test } from 'vitest';
import { Algebra } from '../../../gpu-backend/algebra/algebra.ts';

const algebra = new Algebra();
const { signal } = new AbortController();
afterAll(() => algebra.close());

const equal = (given: string, reference: string) => ({ given, reference });
const RIGHT = equal('(x+1)^2', 'x^2+2x+1');
/** The parser itself takes minutes over it. */
const ENDLESS = equal('|'.repeat(100), 'x');

test('results are in the order of the pairs, equal pairs are compared once', { timeout: 60_000 }, async () => {
  const pairs = [RIGHT, equal('x', '2x'), RIGHT, equal('?', 'x')];
  const { results } = await algebra.equivalence({ pairs, deadline_ms: 60_000 }, signal);
  expect(results.map((result) => result.equal)).toEqual([true, false, true, 'unknown']);
  expect(results[2]).toBe(results[0]);
});

describe('hostile', () => {
  test.each([
    '9^9^9^9',
    '9^{9^{9^{9}}}',
    '(10^{10})!',
    '999!',
    'x^{x^{x^{x^{x}}}}',
    '2^{10000000}',
    '0.1^{1000000}',
    '2^{2^{2^{2^{2}}}}',
    '(1+x)^{1000}',
    '((((((x+1)^9+1)^9+1)^9+1)^9+1)^9+1)^9',
    '((x+y+z+w)^{40})^{20}',
    String.raw`\binom{10^6}{5}`,
    String.raw`\sin(10^{300})`,
    String.raw`\exp(\exp(\exp(\exp(5))))`,
    String.raw`\gcd(10^{2000},7)`,
    String.raw`\sqrt[1000000]{2}`,
    String.raw`\sqrt[10^{-9}]{2}`,
    String.raw`\sqrt{`.repeat(30) + 2 + '}'.repeat(30),
    String.raw`\frac{1}{`.repeat(40) + 2 + '}'.repeat(40),
    `${String.raw`\tan(`.repeat(30)}x${')'.repeat(30)}`,
    `${'e^{'.repeat(20)}x${'}'.repeat(20)}`,
    '{'.repeat(400),
    String.raw`\left(`.repeat(60),
    '1+'.repeat(240) + 1,
    '1/0',
    '0^0',
    String.raw`\log_1 5`,
    '\u0000',
    '\\',
  ])('%s is not said to be x+1', { timeout: 60_000 }, async (given) => {
    const { results } = await algebra.equivalence({ pairs: [equal(given, 'x+1')], deadline_ms: 30_000 }, signal);
    expect(results[0]!.equal).not.toBe(true);
  });

  test('a pair that takes too long is unknown, and the next one is compared', { timeout: 60_000 }, async () => {
    const began = performance.now();
    const { results } = await algebra.equivalence({ pairs: [ENDLESS, RIGHT], deadline_ms: 50_000 }, signal);
    expect(results).toEqual([
      { equal: 'unknown', reason: 'timeout' },
      { equal: true, reason: null },
    ]);
    expect(performance.now() - began).toBeLessThan(45_000);
  });
});

test('the deadline holds: what is open then is unknown', { timeout: 60_000 }, async () => {
  const slow = new Algebra({ pairMs: 60_000 });
  const began = performance.now();
  const { results } = await slow.equivalence({ pairs: [ENDLESS, RIGHT], deadline_ms: 10_000 }, signal);
  expect(results.map(({ reason }) => reason)).toEqual(['timeout', 'timeout']);
  expect(performance.now() - began).toBeLessThan(20_000);
  await slow.close();
});

test('requests take turns pair by pair, and who leaves leaves the line', { timeout: 60_000 }, async () => {
  const leaving = new AbortController();
  const left = algebra.equivalence({ pairs: [RIGHT, equal('a', 'b')], deadline_ms: 50_000 }, leaving.signal);
  const stayed = algebra.equivalence({ pairs: [RIGHT], deadline_ms: 50_000 }, signal);
  leaving.abort();
  await expect(left).rejects.toThrow(/abort/);
  expect((await stayed).results[0]!.equal).toBe(true);
});

test('more pairs than there is room for are refused, and the room is free afterwards', { timeout: 60_000 }, async () => {
  const many = Array.from({ length: 1000 }, (_, place) => equal(`x+${place}`, 'y'));
  const leaving = new AbortController();
  const waiting = Array.from({ length: 4 }, () => algebra.equivalence({ pairs: many, deadline_ms: 50_000 }, leaving.signal));
  await expect(algebra.equivalence({ pairs: many, deadline_ms: 1000 }, signal)).rejects.toMatchObject({
    code: 'rate_limit_exceeded',
  });
  leaving.abort();
  await Promise.allSettled(waiting);
  expect((await algebra.equivalence({ pairs: [RIGHT], deadline_ms: 50_000 }, signal)).results[0]!.equal).toBe(true);
});

test('ends when it is closed, and begins again when it is asked', { timeout: 60_000 }, async () => {
  await algebra.close();
  expect((await algebra.equivalence({ pairs: [RIGHT], deadline_ms: 50_000 }, signal)).results[0]!.equal).toBe(true);
});
