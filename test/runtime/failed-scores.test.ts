/** A process reward that fails for half of the texts: unknown is not 0, and comes after all that is known (methods 0.2). */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { WinnowError } from '../../schemas/errors.ts';
import type { Candidate, Operation, Result, SampleOperation, Score, Scored } from '../../src/operation.ts';
import { subSeed } from '../../src/random.ts';
import { Log } from '../../src/runtime/log.ts';
import { performing } from '../../src/runtime/perform.ts';
import { run } from '../../src/runtime/run.ts';
import type { Strategy } from '../../src/strategies/define.ts';
import { strategies } from '../../src/strategies/registry.ts';
import type { Pick } from '../../src/strategies/solve.ts';
import { solve } from '../../src/strategies/solve.ts';
import { distinct } from '../../src/strategies/step-search.ts';
import { task } from '../drive.ts';
import { means } from './means.ts';
import type { Behaviour } from './scripted-backend.ts';
import { ScriptedBackend } from './scripted-backend.ts';

// biome-ignore lint/correctness/useYield: a rule that asks nobody
const first: Pick<Scored> = function* (eligible) {
  return eligible[0]!;
};

const MOST = 40;
const asked = { ...task, sampling: { ...task.sampling, max_tokens: MOST } };

interface Wish {
  readonly seed: number;
  readonly budget: number;
  readonly maxTokens: number;
  readonly ends: number;
}

const wish: fc.Arbitrary<Wish> = fc.record({
  seed: fc.integer({ min: 0, max: 1e9 }),
  budget: fc.integer({ min: 1, max: 20 }),
  maxTokens: fc.integer({ min: 20, max: 2000 }),
  ends: fc.constantFrom(0, 0.05, 0.3),
});

/** What a strategy asked, and was handed, in order. */
type Handed = readonly [operation: Operation, result: Result];

async function live(strategy: Strategy, { seed, budget, maxTokens, ends }: Wish, more: Behaviour) {
  const backend = new ScriptedBackend({ ends, ...more });
  const { context, state } = means(backend, { seed, maxTokens, finishingReserve: Math.floor(maxTokens / 4) });
  const handed: Handed[] = [];
  const observe = (operation: Operation, result: Result) => handed.push([operation, result]);
  const options = {
    ...strategy.width(budget),
    ...('max_steps' in (strategy.options.parse({}) as object) ? { max_steps: 8 } : {}),
  };
  const one = { ...asked, seed, topLogprobs: strategy.topLogprobs({}) };
  const solving = solve(strategy.start(one, options), one, first);
  const outcome = await run(solving, { ...performing(context, state), observe }, new Log()).catch((thrown: unknown) => {
    if (thrown instanceof WinnowError && thrown.code === 'no_candidates') return undefined;
    throw thrown;
  });
  return { outcome, backend, state, handed, account: context.ledger.account() };
}

/** A number from 0 to 1 that is the text's own; of half of the texts none. */
const halfKnown =
  (seed: number) =>
  (text: string): number | undefined => {
    const hash = subSeed(seed, `score of ${text}`, 0) >>> 0;
    return hash % 2 === 0 ? hash / 2 ** 32 : undefined;
  };

const byProcess = strategies.filter(({ needs }) => needs.stepReward !== undefined);

test.each(byProcess)('$name: with half of the scores its account is right, and no number is made up', async (strategy) => {
  const law = fc.asyncProperty(wish, async (given) => {
    const worth = halfKnown(given.seed);
    const { outcome, backend, state, account } = await live(strategy, given, { worth });
    expect(account.completionTokens).toBe(backend.sampled);
    expect(account.spentTokens).toBe(backend.sampled);
    expect(account.spentTokens).toBeLessThanOrEqual(given.maxTokens);
    const read = Object.values(account.rewards);
    const sum = (part: 'calls' | 'candidates' | 'tokens') => read.reduce((total, cost) => total + cost[part]!, 0);
    expect({ calls: sum('calls'), candidates: sum('candidates'), tokens: sum('tokens') }).toEqual(backend.read);
    expect(state.failure).toBeUndefined(); // a model that cannot read a text is no backend that fails
    for (const { text, scores } of outcome?.pool ?? []) {
      for (const score of Object.values(scores)) {
        const value = worth(text);
        expect(score).toMatchObject(value === undefined ? { ok: false, reason: 'unreadable' } : { ok: true, value });
      }
    }
  });
  await fc.assert(law, { numRuns: 60 });
});

/** Any prefix waits until it is written on, or the search is over; in the others only those of the last round wait. */
const COMES_BACK = new Set(['uct', 'puct', 'mcts', 'best_first']);

/** Candidates that may be written on in the place of one another. */
interface Round {
  readonly candidates: Candidate[];
  readonly subtreeOf: (candidate: Candidate) => string;
}

/** Goes through what a strategy did, and tells of each time that it wrote on a prefix whose score had failed. */
function passedOver(strategy: Strategy, handed: readonly Handed[]) {
  const comesBack = COMES_BACK.has(strategy.name);
  const all: Candidate[] = [];
  const rounds = new Map<string, Round>();
  const scores = new Map<string, Score>();
  const greedy = new Map<string, string>();
  const grown = new Set<string>();
  /** What `lookahead` ranks by: the score of the last greedy step after it. */
  const outlook = (id: string): Score => {
    let last = id;
    while (strategy.name === 'lookahead' && greedy.has(last)) last = greedy.get(last)!;
    return scores.get(last) ?? scores.get(id)!;
  };
  const mayGrow = ({ finish, tokenCount }: Candidate) => finish !== 'stop' && finish !== 'error' && tokenCount < MOST;
  const wrong: string[] = [];
  for (const [operation, result] of handed) {
    if (operation.kind === 'score' && operation.reward === task.stepReward && result.kind === 'score') {
      const candidates = [...operation.candidates] as Candidate[]; // by this reward only what was sampled is scored
      all.push(...candidates.filter(({ id, parent }) => greedy.get(parent) !== id)); // a rollout is looked at, and left
      const subtreeOf = ({ id, parent }: Candidate) => (strategy.divides ? `${parent} ${numberOf(id, parent)}` : '');
      for (const [place, { id }] of candidates.entries()) {
        scores.set(id, result.scores[place]!);
        rounds.set(id, { candidates: comesBack ? all : candidates, subtreeOf });
      }
    }
    if (operation.kind !== 'sample' || result.kind !== 'sample' || operation.role !== 'policy') continue;
    if (isRollout(operation)) {
      for (const { id, parent } of result.candidates) greedy.set(parent, id);
      continue;
    }
    for (const { id, text } of operation.prefixes) grown.add(id).add(text);
    wrong.push(...operation.prefixes.flatMap(({ id }) => (scores.has(id) && !outlook(id).ok ? before(id) : [])));
  }
  return wrong;

  /** Those of its round that were known, and are not written on yet. */
  function before(id: string): string[] {
    const { candidates, subtreeOf } = rounds.get(id)!;
    const subtree = subtreeOf(candidates.find((candidate) => candidate.id === id)!);
    const rivals = distinct(candidates.filter((candidate) => subtreeOf(candidate) === subtree && mayGrow(candidate)));
    const better = rivals.filter((rival) => outlook(rival.id).ok && !grown.has(rival.id) && !grown.has(rival.text));
    return better.map((rival) => `${id} before ${rival.id}`);
  }
}

/** Of the subtree that a first step begins: they are divided by four, or are one (methods C.2). */
const numberOf = (id: string, parent: string) => (parent === '0' ? Math.floor(Number(id.slice(2)) / 4) : 0);

const isRollout = ({ sampling, finishing }: SampleOperation) => sampling.temperature === 0 && !finishing;

/** `backtrack` goes on with what each path draws: unknown is not wrong, and wrong is what it takes back. */
const ranking = byProcess.filter(({ name }) => name !== 'backtrack');

test.each(ranking)('$name: what is unknown is not written on while what is known waits', async (strategy) => {
  const law = fc.asyncProperty(wish, async (given) => {
    const { handed } = await live(strategy, given, { worth: halfKnown(given.seed) });
    expect(passedOver(strategy, handed)).toEqual([]);
  });
  await fc.assert(law, { numRuns: 60 });
});

test.each(byProcess)(
  '$name: a backend that fails at half of its scores is said, and what it cost is unknown',
  async (strategy) => {
    let calls = 0;
    const backend: Behaviour = {
      instead: (_, lines) => {
        async function* unscored() {
          for (const line of lines)
            if (line.type === 'done') yield { ...line, scored: undefined };
            else if (line.type !== 'score') yield line;
        }
        return unscored();
      },
      score: ({ candidates }) => {
        if (calls++ % 2 === 0) throw new WinnowError('backend_error', 'It broke.', { mayHaveSpent: true });
        const scores = candidates.map(({ id, text }) => ({ id, ok: true as const, value: 1 / (1 + text.length), tokens: 1 }));
        return { scores, usage: { calls: 1, candidates: candidates.length, tokens: candidates.length } };
      },
    };
    const given = { seed: 5, budget: 8, maxTokens: 4000, ends: 0.1 };
    const { outcome, state, account, backend: asked } = await live(strategy, given, backend);
    expect(calls).toBeGreaterThan(1);
    expect(outcome).toBeDefined();
    expect(state.failure?.message).toBe('It broke.');
    expect(account.rewards[task.stepReward!]).toMatchObject({ tokens: null });
    expect(account.completionTokens).toBe(asked.sampled); // no token of the policy is lost with a score
  },
);
