/** What is true of every strategy: a new one is under these laws on the day it is registered. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Asking, Operation, Result, SampleOperation, Score, Scored, ScoreOperation } from '../../src/operation.ts';
import { Log } from '../../src/runtime/log.ts';
import { run } from '../../src/runtime/run.ts';
import type { Gathered, Strategy } from '../../src/strategies/define.ts';
import { strategies, strategyNamed } from '../../src/strategies/registry.ts';
import { mayWin } from '../../src/strategies/solve.ts';
import { task } from '../drive.ts';
import { performing } from '../performing.ts';
import type { World } from './random-world.ts';
import { resultOf, world } from './random-world.ts';

const MOST = 2000; // operations: more is a loop

type Asked = SampleOperation | ScoreOperation;

/** Strategies ask for samples and scores alone, and for several of these together. */
function live<T>(asking: Asking<T>, answer: (operation: Asked) => Result) {
  const asked: Operation[] = [];
  let turn = asking.next();
  while (!turn.done) {
    asked.push(turn.value);
    if (asked.length > MOST) throw new Error('It asks for ever.');
    const operation = turn.value;
    turn = asking.next(resultOf(operation, answer));
  }
  return { value: turn.value, asked };
}

/** Before a score is asked for there is none: who reads one all the same is told. */
const unread = <T extends object>(candidate: T): T =>
  Object.defineProperty({ ...candidate }, 'scores', {
    enumerable: false, // a copy has none
    get: () => {
      throw new Error('It read a score that was never given.');
    },
  });

const empty = (operation: Operation): Result => {
  if (operation.kind === 'sample') return { kind: 'sample', candidates: [] };
  return operation.kind === 'score' ? { kind: 'score', scores: [] } : { kind: 'note' };
};
const texts = (pool: readonly Scored[]) => pool.map(({ text }) => text).toSorted();
const sized = (strategy: Strategy, budget: number) => strategy.width(budget);

test.each(strategies)('$name ends on an empty round; after it nothing is asked but to finish', ({ start }) => {
  const { value, asked } = live(start(task, {}), empty);
  expect(value.pool).toEqual([]);
  const samples = asked.filter(({ kind }) => kind !== 'note');
  expect(samples.slice(1).every((operation) => operation.kind === 'sample' && operation.finishing)).toBe(true);
  expect(samples.length).toBeLessThanOrEqual(2);
});

test.each(strategies)('$name ends wherever the budget ends', ({ start }) => {
  for (let rounds = 0; rounds < 12; rounds++) {
    const { answer } = world({ seed: rounds, ends: 0.1 });
    let samples = 0;
    const until = (operation: Asked) =>
      operation.kind === 'sample' && samples++ >= rounds ? empty(operation) : answer(operation);
    expect(live(start(task, {}), until).asked.length).toBeLessThan(MOST);
  }
});

const climate = fc.record({
  seed: fc.integer(),
  failures: fc.constantFrom(0, 0.2, 0.9),
  ends: fc.constantFrom(0, 0.1, 0.5, 1),
  missing: fc.constantFrom(0, 0.3),
});
const budgets = fc.integer({ min: 1, max: 24 });

test.each(strategies)('$name never spends more than its bound, and no path comes twice', (strategy) => {
  fc.assert(
    fc.property(climate, budgets, fc.constantFrom([], ['outcome'], ['process']), (weather, budget, rewards) => {
      if (strategy.needs.reward && rewards.length === 0) return;
      const { answer, spent } = world(weather);
      const ids: string[] = [];
      const options = { ...(strategy.options.parse(sized(strategy, budget)) as Record<string, unknown>) };
      if ('max_steps' in options) options.max_steps = 6;
      const asking = strategy.start({ ...task, rewards }, options);
      const { value } = live(asking, (operation) => {
        const result = answer(operation);
        if (result.kind === 'sample') ids.push(...result.candidates.map(({ id }) => id));
        return result;
      });
      const eligible = mayWin(value.pool).filter(({ scores }) => rewards.some((reward) => !(reward in scores)));
      const scoreCalls = spent.scoreCalls + (eligible.length > 0 ? rewards.length : 0); // what `solve` adds
      const bound = strategy.bound(options, task.sampling.max_tokens, rewards.length);
      expect(spent.tokens).toBeLessThanOrEqual(bound.tokens);
      expect(spent.candidates).toBeLessThanOrEqual(bound.candidates);
      expect(scoreCalls).toBeLessThanOrEqual(bound.scoreCalls);
      expect(new Set(ids).size).toBe(ids.length);
    }),
    { numRuns: 150 },
  );
});

test.each(strategies)('$name has no score but those that it was given, each with the text that it is of', (strategy) => {
  fc.assert(
    fc.property(climate, budgets, (weather, budget) => {
      const { answer } = world(weather);
      const given = new Map<string, Score>();
      const options = strategy.options.parse(sized(strategy, budget)) as Record<string, unknown>;
      if ('max_steps' in options) options.max_steps = 6;
      const { value } = live(strategy.start(task, options), (operation) => {
        const result = answer(operation);
        if (result.kind === 'sample') return { ...result, candidates: result.candidates.map(unread) };
        if (operation.kind !== 'score' || result.kind !== 'score') return result;
        for (const [place, { text }] of operation.candidates.entries())
          given.set(`${operation.reward} ${text}`, result.scores[place]!);
        return result;
      });
      for (const { text, scores } of value.pool)
        for (const [reward, score] of Object.entries(scores)) expect(score).toEqual(given.get(`${reward} ${text}`));
    }),
    { numRuns: 60 },
  );
});

test.each(strategies)('$name survives that every score fails, and keeps what was sampled', ({ start }) => {
  const { answer } = world({ seed: 3 });
  const failing = (operation: Asked): Result =>
    operation.kind === 'score'
      ? { kind: 'score', scores: operation.candidates.map(() => ({ ok: false, reason: 'failed' })) }
      : answer(operation);
  const { value } = live(start(task, {}), failing);
  expect(mayWin(value.pool).length).toBeGreaterThan(0);
});

test.each(strategies)('$name survives that every candidate fails', ({ start }) => {
  const { answer } = world({ seed: 3, failures: 1 });
  expect(mayWin(live(start(task, {}), answer).value.pool)).toEqual([]);
});

test.each(strategies)('$name: the same log gives the same outcome, without asking again', async ({ start }) => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const log = new Log();
    const first = await run(start(task, {}), performed(world({ seed, failures: 0.1 })), log);
    const stored = JSON.parse(JSON.stringify(log.entries));
    const again = await run(start(task, {}), refusing, new Log(stored));
    expect(JSON.stringify(again)).toBe(JSON.stringify(first));
  }
});

const performed = ({ answer }: World) => performing(answer);
const refusing = performing(() => {
  throw new Error('It was asked again.');
});

test.each(strategies.filter(({ draws, divides }) => !draws && !divides))(
  '$name: children that change places change ids, and nothing else (methods M.1)',
  ({ start }) => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), (seed, permuted) => {
        const pool = (world: World): Gathered => live(start(task, {}), world.answer).value;
        const given = pool(world({ seed }));
        const moved = pool(world({ seed, permuted }));
        expect(texts(moved.pool)).toEqual(texts(given.pool));
        expect(moved.stop).toBe(given.stop);
      }),
      { numRuns: 50 },
    );
  },
);

test.each(strategies)('$name: every integer budget gives options that its schema takes, and none below them', (strategy) => {
  for (let budget = 1; budget <= 256; budget++) {
    const width = sized(strategy, budget);
    const options = strategy.options.parse(width) as Record<string, unknown>;
    expect(options).toMatchObject(width);
    expect(strategy.bound(options, 10, 1).candidates).toBeGreaterThanOrEqual(1);
  }
});

test.each(strategies)('$name: its defaults are options, and an unknown one is none', ({ options, name }) => {
  expect(options.safeParse({}).success).toBe(true);
  expect(options.safeParse({ no_such_option: 1 }).success).toBe(false);
  expect(name).toMatch(/^[a-z_]+$/);
});

test('names are of one strategy each', () => {
  expect(new Set(strategies.map(({ name }) => name)).size).toBe(strategies.length);
  for (const strategy of strategies) expect(strategyNamed(strategy.name)).toBe(strategy);
  expect(strategyNamed('constructor')).toBeUndefined();
});
