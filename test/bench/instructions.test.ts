import { describe, expect, test } from 'vitest';
import type { Answered, Judged } from '../../bench/instructions/measure.ts';
import { prompts } from '../../bench/instructions/prompts.ts';
import { gains, page, passAtK, rows } from '../../bench/instructions/report.ts';
import { readCheck } from '../../src/rewards/rules/read-check.ts';

describe('the prompts', () => {
  test('are at least 100, each of its own, with two or three checks that can be read', () => {
    expect(prompts.length).toBeGreaterThanOrEqual(100);
    expect(new Set(prompts.map(({ id }) => id)).size).toBe(prompts.length);
    expect(new Set(prompts.map(({ prompt }) => prompt)).size).toBe(prompts.length);
    for (const { checks } of prompts) for (const check of checks) readCheck(check);
  });
  test('ask for many kinds of thing', () => {
    expect(new Set(prompts.flatMap(({ checks }) => checks.map(({ check }) => check))).size).toBeGreaterThanOrEqual(11);
  });
});

const judged = (...passed: (boolean | null)[]): Judged => ({ passed, tokens: 10, finished: true, text: 'x' });
const RIGHT = judged(true, true);
const HALF = judged(true, false);
const OPEN = judged(true, null);
const answers: Answered[] = [
  { id: 'i001', samples: [RIGHT, HALF, OPEN, HALF], chosen: 0, greedy: HALF },
  { id: 'i002', samples: [HALF, HALF, HALF, judged(false, false)], chosen: 1, greedy: RIGHT },
];

test('prompt level is all checks of a prompt, instruction level their share; an undecided one is not met', () => {
  const [greedy, sample, best] = rows(answers);
  expect(greedy!.prompt.value).toBe(0.5);
  expect(greedy!.instruction.value).toBe(0.75);
  expect(sample!.prompt.value).toBe(0.125);
  expect(sample!.instruction.value).toBeCloseTo((0.625 + 0.375) / 2, 12);
  expect(best!.prompt.value).toBe(0.5);
  expect(best!.instruction.value).toBe(0.75);
  expect([greedy!.tokens, sample!.tokens, best!.tokens]).toEqual([10, 10, 40]);
});

test('gains are differences of the same prompts', () => {
  const { overSample, overGreedy } = gains(answers);
  expect(overSample.value).toBe(0.375);
  expect(overGreedy.value).toBe(0);
});

test.each([
  [[1, 0, 0, 0], 1, 0.25],
  [[1, 0, 0, 0], 2, 0.5],
  [[1, 0, 0, 0], 4, 1],
  [[0, 0, 0, 0], 4, 0],
  [[1, 1, 0, 0], 2, 5 / 6],
])('pass@k of %j at %d is %d (methods A.3)', (samples, k, value) => {
  expect(passAtK(samples, k)).toBeCloseTo(value, 12);
});

test('the page says what it found, and for which prompts there was nothing to pick', () => {
  const written = page(prompts, answers);
  expect(written).toMatch(/\| greedy \| 50\.0 \(/);
  expect(written).toMatch(/For 1 of \d+ prompts no sample/);
  expect(written).toMatch(/nothing to pick: i002\./);
  expect(written).toMatch(/1 of 16 verdicts were undecided/);
});
