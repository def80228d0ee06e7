import { expect, test } from 'vitest';
import { isRight, readProblems, TASKS } from '../../bench/accuracy/problems.ts';

test('at least 500 problems of each task are held out, each once', () => {
  for (const task of TASKS) {
    const problems = readProblems(task);
    expect(problems.length).toBeGreaterThanOrEqual(500);
    expect(new Set(problems.map(({ id }) => id)).size).toBe(problems.length);
    expect(new Set(problems.map(({ prompt }) => prompt)).size).toBe(problems.length);
  }
});

test('a prompt says the numbers and the target of its puzzle', () => {
  for (const problem of readProblems('puzzles')) {
    if (problem.task !== 'puzzles') throw new Error(problem.task);
    expect(problem.prompt).toBe(`Use ${problem.numbers.join(', ')} to make ${problem.target}.`);
  }
});

test('a limit takes as many of each group', () => {
  const counts = (limit: number) => {
    const groups = readProblems('puzzles', limit).map(({ group }) => group);
    return [3, 4, 5].map((numbers) => groups.filter((group) => group === `Puzzles of ${numbers} numbers`).length);
  };
  expect(counts(30)).toEqual([10, 10, 10]);
  expect(counts(31).reduce((sum, count) => sum + count)).toBe(31);
  expect(readProblems('chains', 7)).toHaveLength(7);
});

test('a text that was cut is no answer, whatever it says', () => {
  const [chain] = readProblems('chains', 1);
  if (chain?.task !== 'chains') throw new Error('no chain');
  const text = `Answer: ${chain.answer}`;
  expect(isRight(chain, { text, finish: 'stop' })).toBe(true);
  expect(isRight(chain, { text, finish: 'budget' })).toBe(false);
});
