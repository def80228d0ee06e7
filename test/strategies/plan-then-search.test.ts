import { expect, test } from 'vitest';
import type { Asking, Operation, Result, SampleOperation } from '../../src/operation.ts';
import { sample } from '../../src/operation.ts';
import type { Gathered, StrategyTask } from '../../src/strategies/define.ts';
import { planThenSearch as planThenSearchOf } from '../../src/strategies/plan-then-search.ts';
import { strategies, strategyNamed } from '../../src/strategies/registry.ts';
import { candidate, drive, sampled, scores, stepScores, task } from '../drive.ts';

const planThenSearch = strategyNamed('plan_then_search')!;
const start = (options: object, more: Partial<StrategyTask> = {}) => planThenSearch.start({ ...task, ...more }, options);
const ids = (candidates: readonly { readonly id: string }[]) => candidates.map(({ id }) => id);
const plan = (count: number) =>
  sampled(candidate('0.0', Array.from({ length: count }, (_, place) => `${place + 1}. way ${place + 1}`).join('\n')));
const answers = (...numbers: readonly number[]) =>
  sampled(...numbers.map((number) => candidate(`0.${number}`, `answer ${number}`)));
const each = (...results: readonly Result[]): Result => ({ kind: 'together', results });
const operations = (operation: Operation | undefined): readonly Operation[] =>
  operation?.kind === 'together' ? operation.operations : operation ? [operation] : [];
const promptOf = (operation: unknown): string => JSON.stringify((operation as SampleOperation).prompt);

test('a budget of 8 and three approaches: the plan is one, the shares of 7 are 3, 2 and 2 (methods C.14)', () => {
  const { asked, value } = drive(start({ n: 8, base: 'best_of_n' }), [
    plan(3),
    each(answers(1, 2, 3), answers(4, 5), answers(6, 7)),
  ]);
  expect(asked[0]).toMatchObject({ role: 'planner', policy: 'writer', count: 1, firstChild: 0, until: 'end' });
  expect(operations(asked[1])).toMatchObject([{ count: 3 }, { count: 2 }, { count: 2 }]);
  expect(ids(value.pool)).toEqual(['0.1', '0.2', '0.3', '0.4', '0.5', '0.6', '0.7']);
  expect(value.warnings).toEqual([]);
});

test('a budget of 3 and three approaches: the third has nothing, is dropped, and said so (methods C.14)', () => {
  const { asked, value } = drive(start({ n: 3, base: 'best_of_n' }), [plan(3), each(answers(1), answers(2))]);
  expect(operations(asked[1])).toMatchObject([{ count: 1 }, { count: 1 }]);
  expect(value.warnings).toEqual(['The budget had nothing for 1 of 3 approaches: the last ones were dropped.']);
});

test.each([
  { name: 'names one approach', planned: plan(1) },
  { name: 'names none', planned: sampled(candidate('0.0', 'I would use algebra.')) },
  { name: 'names the same one twice', planned: sampled(candidate('0.0', '1. way\n2. way')) },
  { name: 'was cut in its second line', planned: sampled(candidate('0.0', '1. way\n2. anoth', { finish: 'length' })) },
  { name: 'failed', planned: sampled(candidate('0.0', '1. a\n2. b\n3. c', { finish: 'error' })) },
])(
  'where the planner $name, the remaining B - 1 goes to the base strategy, with the prompt as it is (methods C.14)',
  ({ planned }) => {
    const { asked, value } = drive(start({ n: 8, base: 'best_of_n' }), [planned, answers(1, 2)]);
    expect(asked[1]).toMatchObject({ kind: 'sample', role: 'policy', count: 7, firstChild: 1, prompt: task.prompt });
    expect(value.warnings).toEqual([expect.stringContaining('fewer than two approaches')]);
  },
);

test('each approach is in the prompt of its own run; the planner that is named sees the question (methods C.14)', () => {
  const { asked } = drive(start({ n: 5, base: 'best_of_n', planner: 'planner', approaches: 2 }), [
    plan(5), // more than were asked for: the first ones count
    each(answers(1, 2), answers(3, 4)),
  ]);
  expect(asked[0]).toMatchObject({ policy: 'planner', topLogprobs: undefined });
  expect(promptOf(asked[0])).toContain('question');
  const runs = operations(asked[1]);
  expect(runs).toHaveLength(2);
  for (const [place, run] of runs.entries()) {
    expect(run).toMatchObject({ policy: 'writer', role: 'policy' });
    expect(promptOf(run)).toContain('question');
    expect(promptOf(run)).toContain(`way ${place + 1}`);
    expect(promptOf(run)).not.toContain(`way ${2 - place}`);
  }
});

test('a plan does not end at the stop strings of answers', () => {
  const sampling = { ...task.sampling, stop: ['\n'] };
  const { asked } = drive(start({ n: 3, base: 'best_of_n' }, { sampling }), [plan(2), each(answers(1), answers(2))]);
  expect(asked[0]).toMatchObject({ sampling: { stop: [] } });
  for (const run of operations(asked[1])) expect(run).toMatchObject({ sampling });
});

test('approaches share the numbers of the children of the prompt: no path and no random stream comes twice', () => {
  const { asked } = drive(start({ n: 8, base: 'best_of_n' }), [plan(3), each(answers(1), answers(4), answers(6))]);
  expect(operations(asked[1])).toMatchObject([{ firstChild: 1 }, { firstChild: 4 }, { firstChild: 6 }]);
});

const step = (id: string) => candidate(id, `${id}\n`, { finish: 'step' });

test('searches of approaches go on in lock-step, a round each; scores judge the question, not the plan (methods C.14)', () => {
  const { asked, notes, value } = drive(start({ n: 5, base: 'beam_search' }), [
    plan(2),
    each(sampled(step('0.1'), step('0.2')), sampled(candidate('0.3', 'end'), step('0.4'))),
    each(scores(0.5, 0.6), scores(0.5, 0.6)),
    sampled(candidate('0.2.0', '0.2\nend')), // the other one has what it waits for: as many ends as beams
    scores(stepScores(0.6, 0.7)),
  ]);
  expect(operations(asked[1])).toMatchObject([
    { count: 2, firstChild: 1, until: 'step' },
    { count: 2, firstChild: 3, until: 'step' },
  ]);
  for (const scoring of [...operations(asked[2]), asked[4]])
    expect(scoring).toMatchObject({ kind: 'score', prompt: task.prompt });
  expect(asked[3]).toMatchObject({ kind: 'sample', prefixes: [{ id: '0.2' }], count: 2 });
  expect(promptOf(asked[3])).toContain('way 1');
  expect(notes).toContainEqual({ type: 'round', round: 0, kept: ['0.4'] });
  expect(ids(value.pool)).toEqual(['0.2.0', '0.3']);
});

test('searches that tell more than others of a round still go on together', () => {
  const { asked } = drive(start({ n: 5, base: 'dvts' }), [
    plan(2),
    each(sampled(step('0.1'), step('0.2')), sampled(step('0.3'))),
    each(scores(0.5, 0.6), scores(0.5)),
    each(sampled(), sampled()),
    each(sampled(), sampled()),
  ]);
  expect(asked.slice(1).map((operation) => operations(operation).length)).toEqual([2, 2, 2, 2]);
});

test('a budget of 1 has no room for a plan: the base strategy has it, and it is said (methods C.14)', () => {
  const { asked, value } = drive(start({ n: 1, base: 'best_of_n' }), [answers(0)]);
  expect(asked).toMatchObject([{ role: 'policy', count: 1, prompt: task.prompt }]);
  expect(value.warnings).toHaveLength(1);
});

test('where not even the plan was begun, the prompt is completed with the finishing reserve', () => {
  const { asked, value } = drive(start({ n: 8 }), [sampled(), answers(1), scores(0.5)]);
  expect(asked[1]).toMatchObject({ prefixes: [{ id: '0' }], firstChild: 1, finishing: true, prompt: task.prompt });
  expect(ids(value.pool)).toEqual(['0.1']);
});

test('each approach draws by a seed of its own', () => {
  const drawn = (seed: number) => {
    const { asked } = drive(start({ n: 9, base: 'particle_filter' }, { seed }), [
      plan(2),
      each(sampled(...[1, 2, 3, 4].map((n) => step(`0.${n}`))), sampled(...[5, 6, 7, 8].map((n) => step(`0.${n}`)))),
      each(scores(0.9, 0.2, 0.1, 0.1), scores(0.9, 0.2, 0.1, 0.1)), // uneven enough to resample
      each(sampled(), sampled()),
      each(sampled(), sampled()),
    ]);
    const kept = operations(asked[3]).map((operation) => (operation.kind === 'sample' ? operation : undefined));
    return kept.map((operation) => JSON.stringify([operation!.prefixes.map(({ id }) => id.length), operation!.count]));
  };
  expect([1, 2, 3, 4, 5, 6].some((seed) => drawn(seed)[0] !== drawn(seed)[1])).toBe(true);
});

/** Approaches of two runs that end as they are given, without asking for anything. */
function ending(...runs: readonly [Gathered, Gathered]): Gathered {
  const left = runs.values();
  const start = function* (given: StrategyTask): Asking<Gathered> {
    yield* sample({ ...given, prefixes: [], count: 0, until: 'end' });
    return left.next().value!;
  };
  const strategy = planThenSearchOf([{ ...strategyNamed('beam_search')!, start }]);
  return drive(strategy.start(task, { n: 5 }), [plan(2)]).value;
}

test('why it ended is told where all approaches agree', () => {
  const [here, there] = [{ pool: [] }, { pool: [], stop: 'threshold' }] as const;
  expect(ending(there, there).stop).toBe('threshold');
  expect(ending(there, here).stop).toBeUndefined();
  expect(ending(here, there).stop).toBeUndefined();
});

test('what approaches warn of is told by their number', () => {
  const { warnings } = ending({ pool: [], warnings: ['It is late.'] }, { pool: [], warnings: ['It is early.'] });
  expect(warnings).toEqual(['Approach 1: It is late.', 'Approach 2: It is early.']);
});

test('it needs what its base needs, and a planner; every other sampler can be its base', () => {
  expect(planThenSearch.needs).toEqual({ stepReward: true, continuation: true, steps: true, planner: true });
  expect(planThenSearch.needsOf({ base: 'best_of_n' })).toEqual({ planner: true });
  expect(planThenSearch.topLogprobs({ base: 'puct' })).toBe(strategyNamed('puct')!.topLogprobs({}));
  for (const { name, family } of strategies) {
    const allowed = family !== 'critique_refine' && name !== 'plan_then_search';
    expect(planThenSearch.options.safeParse({ base: name }).success, name).toBe(allowed);
  }
});

test('a step reward is refused where the base strategy takes none', () => {
  expect(planThenSearch.options.safeParse({ base: 'best_of_n', step_reward: 'process' }).success).toBe(false);
  expect(planThenSearch.options.safeParse({ base: 'beam_search', step_reward: 'process' }).success).toBe(true);
});

test('the bound is the plan and the dearest way to share the rest', () => {
  const bound = planThenSearch.bound({ n: 8, base: 'best_of_n' }, 100, 1);
  expect(bound).toEqual({ candidates: 7, tokens: 800, scoreCalls: 4 }); // each of four approaches is scored once
});
