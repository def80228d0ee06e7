/** Whole runs of every strategy over a backend in memory: whatever the budget and the failures, the account holds. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { WinnowError } from '../../schemas/errors.ts';
import { Log } from '../../src/runtime/log.ts';
import { performing } from '../../src/runtime/perform.ts';
import { run } from '../../src/runtime/run.ts';
import type { Strategy } from '../../src/strategies/define.ts';
import { strategies } from '../../src/strategies/registry.ts';
import { solve } from '../../src/strategies/solve.ts';
import { task } from '../drive.ts';
import { first, means } from './means.ts';
import type { Behaviour } from './scripted-backend.ts';
import { ScriptedBackend } from './scripted-backend.ts';

interface Wish {
  readonly seed: number;
  readonly budget: number;
  readonly maxTokens: number;
  readonly maxCandidates: number;
  readonly most: number;
  readonly ends: number;
  readonly stop: string[];
  /** The number of the call that fails, counted from 0. */
  readonly fails: number | undefined;
  readonly shuffle: number;
}

const wish: fc.Arbitrary<Wish> = fc.record({
  seed: fc.integer(),
  budget: fc.integer({ min: 1, max: 20 }),
  maxTokens: fc.integer({ min: 4, max: 400 }),
  maxCandidates: fc.integer({ min: 1, max: 20 }),
  most: fc.integer({ min: 1, max: 40 }),
  ends: fc.constantFrom(0, 0.05, 0.3),
  stop: fc.constantFrom<string[][]>([], ['ab'], ['.', 'b\n']),
  fails: fc.option(fc.nat(6), { nil: undefined }),
  shuffle: fc.integer(),
});

async function live(strategy: Strategy, given: Wish, more: Behaviour = {}) {
  const { seed, budget, maxTokens, maxCandidates, most, ends, stop, fails, shuffle } = given;
  const backend = new ScriptedBackend({
    ends,
    shuffle,
    ...more,
    instead: (_, lines) => {
      if (backend.requests.length - 1 !== fails) return undefined;
      return (async function* () {
        yield* lines.slice(0, Math.floor(lines.length / 2));
        throw new WinnowError('backend_error', 'It broke off.', { mayHaveSpent: true });
      })();
    },
  });
  const finishingReserve = strategy.family === 'search' ? Math.floor(maxTokens / 4) : 0;
  const { context, state, events } = means(backend, { seed, maxTokens, maxCandidates, finishingReserve });
  const asked = { ...task, sampling: { ...task.sampling, max_tokens: most, stop } };
  const options = {
    ...strategy.width(budget),
    ...('max_steps' in (strategy.options.parse({}) as object) ? { max_steps: 8 } : {}),
  };
  const solving = solve(strategy.start(asked, options), asked, first);
  const outcome = await run(solving, performing(context, state), new Log()).catch((thrown: unknown) => {
    if (thrown instanceof WinnowError && thrown.code === 'no_candidates') return undefined;
    throw thrown;
  });
  return { outcome, backend, ledger: context.ledger, account: context.ledger.account(), state, events };
}

/** Limits, sums and paths of a run, whatever came of it. */
function expectKept(given: Wish, { outcome, backend, ledger, account, state, events }: Awaited<ReturnType<typeof live>>): void {
  expect(account.spentTokens).toBeLessThanOrEqual(given.maxTokens);
  expect(account.spentTokens).toBeGreaterThanOrEqual(backend.sampled);
  expect(account.candidates).toBeLessThanOrEqual(given.maxCandidates);
  if (account.lostTokens === 0) expect(account.completionTokens).toBe(backend.sampled);
  for (const { data, name } of events) if (name === 'candidate') expect(data.tokens).toBeLessThanOrEqual(given.most);

  const indexes = [...state.indexes.values()];
  expect(indexes.toSorted((a, b) => a - b)).toEqual(indexes.map((_, place) => place)); // no gap, whatever was not begun
  const told = events.filter(({ name }) => name === 'candidate').map(({ data }) => 'id' in data && data.id);
  const untold = [...state.indexes.keys()].filter((id) => !told.includes(id));
  if (given.fails === undefined) expect(untold).toEqual([]); // an answer that failed has a number, and is not told
  expect(told).toHaveLength(state.indexes.size - untold.length);
  expect(told).toHaveLength(account.candidates);

  const started = backend.requests.flatMap(({ prefixes }) =>
    prefixes
      .filter(({ resume }) => !resume)
      .flatMap(({ id, count, first_child }) => Array.from({ length: count }, (_, n) => `${id}.${first_child + n}`)),
  );
  expect(new Set(started).size).toBe(started.length); // no path, and no random stream, is begun twice

  if (outcome === undefined) return;
  for (const { text, steps, tokenCount, finish } of outcome.pool) {
    expect(steps.join('')).toBe(text);
    expect(tokenCount).toBeLessThanOrEqual(given.most);
    if (finish === 'stop') for (const string of given.stop) expect(text).not.toContain(string);
  }
  expect(new Set(outcome.pool.map(({ id }) => id)).size).toBe(outcome.pool.length);
  expect(outcome.eligible.length).toBeGreaterThan(0);
  expect(ledger.wasted(outcome.pool.map(({ id }) => id))).toBeLessThanOrEqual(account.spentTokens);
}

test.each(strategies)(
  '$name keeps its limits and its account, whatever happens',
  async (strategy) => {
    const law = fc.asyncProperty(wish, async (given) => {
      expectKept(given, await live(strategy, given));
    });
    await fc.assert(law, { numRuns: 100 });
  },
  30_000,
);

test.each(strategies)(
  '$name gives the same outcome whatever the order in which lines arrive',
  async (strategy) => {
    const law = fc.asyncProperty(wish, fc.integer(), async (given, shuffle) => {
      const whole = { ...given, fails: undefined };
      const [one, other] = [await live(strategy, whole), await live(strategy, { ...whole, shuffle })];
      expect(other.outcome).toEqual(one.outcome);
      expect(other.account).toEqual(one.account);
    });
    await fc.assert(law, { numRuns: 50 });
  },
  30_000,
);

const usual: Wish = {
  seed: 1,
  budget: 8,
  maxTokens: 4000,
  maxCandidates: 64,
  most: 40,
  ends: 0.1,
  stop: [],
  fails: undefined,
  shuffle: 0,
};

/** Worlds in which there is nothing to choose by, or nothing to choose. Token 0 is the end, 1 is a letter, 6 ends a step. */
const extremes: readonly { readonly said: string; readonly world: Behaviour }[] = [
  { said: 'a policy that ends at once', world: { tokens: () => 0 } },
  { said: 'a policy that ends after one token', world: { tokens: (_, place) => place } },
  { said: 'a policy that never ends a step', world: { tokens: () => 1 } },
  { said: 'a policy that writes the same step for ever', world: { tokens: (_, place) => (place % 2 === 0 ? 1 : 6) } },
  { said: 'a policy that writes the same answer always', world: { tokens: (_, place) => [1, 6, 2, 6, 3, 0][place] ?? 0 } },
  { said: 'a policy whose steps are all empty', world: { tokens: () => 6 } },
  { said: 'a policy that ends no answer', world: { ends: 0 } },
  { said: 'ties everywhere', world: { worth: () => 0.5 } },
  { said: 'ties at the worst', world: { worth: () => 0 } },
  { said: 'ties at the best', world: { worth: () => 1 } },
  { said: 'scores that all fail', world: { worth: () => undefined } },
];

test.each(strategies.flatMap((strategy) => extremes.map((extreme) => ({ ...extreme, name: strategy.name, strategy }))))(
  '$name: $said: it ends with an answer, within its limits, and no path is begun twice',
  async ({ strategy, world }) => {
    for (const maxTokens of [30, 200, 4000]) {
      for (const budget of [1, 6]) {
        const given = { ...usual, maxTokens, budget };
        const lived = await live(strategy, given, world);
        expectKept(given, lived);
        expect(lived.outcome, `${maxTokens} tokens, budget ${budget}`).toBeDefined();
      }
    }
  },
);

test.each(strategies)('$name: with means enough there is an answer, and of one candidate’s worth still one', async (strategy) => {
  expect((await live(strategy, usual)).outcome).toBeDefined();
  for (const maxTokens of [4, 8, 20, 40]) expect((await live(strategy, { ...usual, maxTokens })).outcome).toBeDefined();
});
