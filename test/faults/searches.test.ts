/** Searches are many calls each: left in the middle they hold nothing, and many at once take turns. */
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { readExposition, sumOf } from '../../bench/engine/load/exposition.ts';
import { type RunAnswer, runAnswer } from '../../schemas/run.ts';
import { expectAccounts } from '../http/accounts.ts';
import { asked, bestOfN, events, get, search, send } from '../http/winnow.ts';

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** What the backend says of itself. */
async function scraped() {
  const families = readExposition((await get('/metrics', { url: inject('winnow').backendUrl })).text);
  const of = (name: string) => sumOf(families, `winnow_${name}`);
  return {
    running: of('num_requests_running'),
    held: of('num_requests_running') + of('num_requests_waiting') + of('num_scores_waiting'),
    /** Grows with every prefix that is begun, and with every candidate that ends. */
    work: of('prefix_cache_queries_total') + of('request_success_total'),
  };
}

describe('left by their clients', () => {
  let leaving: AbortController;
  beforeEach(() => {
    leaving = new AbortController();
  });
  afterEach(() => leaving.abort());

  /** Some seconds of searching, each round of it more than the engine has slots for. */
  const wide = [
    { strategy: 'beam_search', options: { keep: 64, branch: 8, min_completed: 2048 } },
    { strategy: 'rebase', options: { width: 256 } },
    { strategy: 'uct', options: { iterations: 2048, parallel: 32 } },
    { strategy: 'particle_filter', options: { particles: 256 } },
  ];

  test.each([
    { execution: 'edge', stream: false },
    { execution: 'edge', stream: true },
    { execution: 'backend', stream: false },
    { execution: 'backend', stream: true },
  ])('execution $execution, stream $stream: every slot is free within a second, and no round follows', async (how) => {
    const { signal } = leaving;
    const begin = (body: object) => send('/v1/search', { ...asked, sampling: { temperature: 2 }, ...body, ...how }, { signal });
    const left = wide.map((body) =>
      begin(body)
        .then((response) => response.text())
        .then(
          () => 'answered',
          () => 'left',
        ),
    );
    await expect.poll(async () => (await scraped()).running, { interval: 10, timeout: 10_000 }).toBeGreaterThan(0);
    await sleep(300); // into the rounds
    expect((await scraped()).held, 'they are in the middle').toBeGreaterThan(0);
    leaving.abort();
    const began = performance.now();
    expect(await Promise.all(left)).toEqual(wide.map(() => 'left'));
    await expect.poll(async () => (await scraped()).held, { interval: 10, timeout: 1000 }).toBe(0);
    expect(performance.now() - began).toBeLessThan(1000);
    const { work } = await scraped();
    await sleep(300); // longer than a round takes
    expect(await scraped()).toEqual({ running: 0, held: 0, work });
    expect((await bestOfN({ n: 1 })).candidates).toHaveLength(1);
  });
});

describe('sixteen at once', () => {
  const sizes = [
    { strategy: 'beam_search', options: { keep: 3, branch: 3 } },
    { strategy: 'rebase', options: { width: 8 } },
    { strategy: 'dvts', options: { n: 8, branch: 4 } },
    { strategy: 'lookahead', options: { keep: 2, branch: 3 } },
    { strategy: 'particle_filter', options: { particles: 8 } },
    { strategy: 'uct', options: { iterations: 24 } },
    { strategy: 'best_first', options: { iterations: 16 } },
    { strategy: 'backtrack', options: { paths: 6 } },
  ];
  const places = ['edge', 'backend'] as const;
  const bodies = sizes.flatMap((body, place) =>
    places.map((execution) => ({ ...body, execution, sampling: { seed: 20 + place }, return: { candidates: 'all' } })),
  );

  /** What is the same whoever else is served; scores may differ in the last digit, for they are read in other batches. */
  const same = ({ strategy, choice, candidates = [], usage, budget, account, stop_reason }: RunAnswer) => ({
    strategy,
    stop_reason,
    choice: choice.id,
    candidates: candidates.map(({ id, text, tokens }) => ({ id, text, tokens })),
    tokens: [usage.prompt_tokens, usage.completion_tokens, budget.spent.tokens, account.wasted_tokens],
    rewards: account.rewards,
  });

  test('of mixed kinds, in both places: each comes to the end that it has alone, with the same account', async () => {
    const together = await Promise.all(bodies.map((body) => search(body)));
    for (const [place, run] of together.entries()) {
      expect(run).toMatchObject({ strategy: bodies[place]!.strategy, execution: bodies[place]!.execution, complete: true });
      expectAccounts(run);
    }
    for (const [place, body] of bodies.entries()) expect(same(together[place]!)).toEqual(same(await search(body)));
  });

  test.each(places)('%s: equal ones take turns: all have told a round before one of them has ended', async (execution) => {
    const told: { readonly who: number; readonly event: string | undefined }[] = [];
    const took: number[] = [];
    const began = performance.now();
    const one = async (who: number): Promise<RunAnswer> => {
      // tens of rounds each: none has ended when the last one is begun
      const long = { strategy: 'ab_mcts', options: { iterations: 48, parallel: 4 } };
      const body = { ...asked, ...long, execution, stream: true, sampling: { seed: who } };
      let result = '';
      for await (const { event, data } of events(await send('/v1/search', body))) {
        told.push({ who, event });
        if (event === 'result') result = data;
      }
      took.push(performance.now() - began);
      return runAnswer.parse(JSON.parse(result));
    };
    const runs = await Promise.all(Array.from({ length: 16 }, (_, who) => one(who)));
    for (const run of runs) {
      expect(run).toMatchObject({ complete: true, execution });
      expectAccounts(run);
    }
    const firstEnd = told.findIndex(({ event }) => event === 'result');
    const begun = new Set(told.slice(0, firstEnd).flatMap(({ who, event }) => (event === 'round' ? [who] : [])));
    expect(begun.size).toBe(16);
    const median = took.toSorted((a, b) => a - b)[8]!;
    expect(Math.max(...took)).toBeLessThan(4 * median); // one that starves ends long after the others
  });
});
