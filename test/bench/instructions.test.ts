import { describe, expect, test } from 'vitest';
import type { Answered, Judged } from '../../bench/instructions/measure.ts';
import { prompts } from '../../bench/instructions/prompts.ts';
import { gains, page, rows } from '../../bench/instructions/report.ts';
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
const fourTimes = (...four: readonly Judged[]): Judged[] => [...four, ...four, ...four, ...four];
const answers: Answered[] = [
  { id: 'i001', samples: fourTimes(RIGHT, HALF, OPEN, HALF), chosen: 0, greedy: HALF },
  { id: 'i002', samples: fourTimes(HALF, HALF, HALF, judged(false, false)), chosen: 1, greedy: RIGHT },
];

test('prompt level is all checks of a prompt, instruction level their share; an undecided one is not met', () => {
  const [greedy, sample, best] = rows(answers);
  expect(greedy!.prompt.value).toBe(0.5);
  expect(greedy!.instruction.value).toBe(0.75);
  expect(sample!.prompt.value).toBe(0.125);
  expect(sample!.instruction.value).toBeCloseTo((0.625 + 0.375) / 2, 12);
  expect(best!.prompt.value).toBe(0.5);
  expect(best!.instruction.value).toBe(0.75);
  expect([greedy!.tokens, sample!.tokens, best!.tokens]).toEqual([10, 10, 160]);
});

test('gains are differences of the same prompts', () => {
  const { overSample, overGreedy } = gains(answers);
  expect(overSample.value).toBe(0.375);
  expect(overGreedy.value).toBe(0);
});

test('the page says what it found, and for which prompts there was nothing to pick', () => {
  const written = page(prompts, answers);
  expect(written).toMatch(/\| greedy \| 50\.0 \(/);
  expect(written).toMatch(/For 1 of \d+ prompts no sample/);
  expect(written).toMatch(/nothing to pick: i002\./);
  expect(written).toMatch(/4 of 64 verdicts were undecided/);
  // half of 1 - C(12, k) / C(16, k)
  expect(written).toContain('| at least one | 12.5 | 22.5 | 36.4 | 48.1 | 50.0 |');
});
