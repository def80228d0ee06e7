/** The held-out problems of bench/problems. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CannotStart } from '../../bin/settings.ts';
import { checkChain, checkPuzzle } from '../checker.ts';

const puzzle = z.strictObject({ id: z.string(), prompt: z.string(), numbers: z.array(z.int()).min(2), target: z.int() });
const chain = z.strictObject({ id: z.string(), prompt: z.string(), answer: z.int() });

export type Task = 'puzzles' | 'chains';
export const TASKS: readonly Task[] = ['puzzles', 'chains'];

/** Title of the set of all groups of a task, beside those of its groups. */
export const allOf = (task: Task): string => `All ${task}`;
export const holdsOthers = (title: string): boolean => TASKS.some((task) => title === allOf(task));

/** A task that was given by its name. @throws CannotStart where it is none */
export function readTask(given: string): Task {
  const task = TASKS.find((one) => one === given);
  if (!task) throw new CannotStart(`--only is "${given}". Tasks: ${TASKS.join(', ')}.`);
  return task;
}

interface Common {
  readonly id: string;
  readonly prompt: string;
  /** Problems of like difficulty, reported together. */
  readonly group: string;
}
export type Problem = Common &
  ((z.infer<typeof puzzle> & { readonly task: 'puzzles' }) | (z.infer<typeof chain> & { readonly task: 'chains' }));

/**
 * The problems of a task in the order of the file.
 *
 * @param limit  at most so many, as evenly from each group as can be
 */
export function readProblems(task: Task, limit = Number.POSITIVE_INFINITY): Problem[] {
  const groups = Map.groupBy(readers[task](), ({ group }) => group);
  const share = Math.ceil(limit / groups.size);
  return Array.from(groups.values())
    .flatMap((group) => group.slice(0, share))
    .slice(0, limit);
}

const readers: Readonly<Record<Task, () => Problem[]>> = {
  puzzles: () =>
    lines('puzzles', puzzle).map((one) => ({ ...one, task: 'puzzles', group: `Puzzles of ${one.numbers.length} numbers` })),
  chains: () => lines('chains', chain).map((one) => ({ ...one, task: 'chains', group: 'Chains' })),
};

function lines<Line>(task: Task, schema: z.ZodType<Line>): Line[] {
  const text = readFileSync(join(import.meta.dirname, `../problems/${task}.jsonl`), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => schema.parse(JSON.parse(line)));
}

/** Tokens of one plain sample, mean over the puzzles: for budgets where none has been drawn. */
export const PUZZLE_TOKENS = 42;

/** How a text ended, and what it says. */
export interface Written {
  readonly text: string;
  readonly finish: string;
}

/** By the rule of bench/checker.ts. A text that was cut is no answer. */
export function isRight(problem: Problem, { text, finish }: Written): boolean {
  if (finish !== 'stop') return false;
  return (problem.task === 'puzzles' ? checkPuzzle(text, problem) : checkChain(text, problem)).ok;
}
