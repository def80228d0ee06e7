/** Runs that are driven next to the model and followed from elsewhere: they are the same runs, whatever breaks off. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { running } from '../../gpu-backend/running.ts';
import { type Booking, type RunLine, type RunRequest, runLine, runRequest } from '../../schemas/backend-run.ts';
import { WinnowError } from '../../schemas/errors.ts';
import type { StepConfig } from '../../schemas/step.ts';
import { Ledger } from '../../src/budget/ledger.ts';
import { Elsewhere } from '../../src/runtime/elsewhere.ts';
import { Log } from '../../src/runtime/log.ts';
import { performing } from '../../src/runtime/perform.ts';
import { run } from '../../src/runtime/run.ts';
import type { Strategy } from '../../src/strategies/define.ts';
import { strategies, strategyNamed } from '../../src/strategies/registry.ts';
import { solve } from '../../src/strategies/solve.ts';
import { task } from '../drive.ts';
import { first, means, rewards, writer } from './means.ts';
import { ScriptedBackend } from './scripted-backend.ts';

interface Wish {
  readonly seed: number;
  readonly budget: number;
  readonly maxTokens: number;
  readonly ends: number;
  readonly step?: StepConfig;
}

const wish: fc.Arbitrary<Wish> = fc.record({
  seed: fc.integer({ min: 0, max: 1e9 }),
  budget: fc.integer({ min: 1, max: 12 }),
  maxTokens: fc.integer({ min: 20, max: 1000 }),
  ends: fc.constantFrom(0.05, 0.3),
});

const asked = { ...task, sampling: { ...task.sampling, max_tokens: 40 } };

function optionsOf(strategy: Strategy, budget: number) {
  const defaults = strategy.options.parse({}) as object;
  return { ...strategy.width(budget), ...('max_steps' in defaults ? { max_steps: 8 } : {}) };
}

/** As it travels: whatever JSON cannot carry is lost. */
const overTheWire = <T>(schema: { parse: (data: unknown) => T }, data: unknown): T =>
  schema.parse(JSON.parse(JSON.stringify(data)));

const requestOf = (strategy: Strategy, { seed, budget, maxTokens, step = writer.step }: Wish): RunRequest =>
  overTheWire(runRequest, {
    id: 'run_1',
    strategy: strategy.name,
    options: optionsOf(strategy, budget),
    prompt: asked.prompt,
    policy: 'writer',
    sampling: asked.sampling,
    top_logprobs: strategy.topLogprobs({}),
    rewards: asked.rewards,
    step_reward: asked.stepReward,
    step_output: asked.stepOutput,
    embedder: null,
    wrong_below: asked.wrongBelow,
    reward_output: asked.rewardOutput,
    seed,
    answer: null,
    references: [],
    backend: 'local',
    policies: { writer: { ...writer, step } },
    reward_entries: rewards,
    reward_options: {},
    limits: { max_candidates: 256, max_tokens: maxTokens, max_time_ms: 60_000 },
    elapsed_ms: 0,
    finishing_reserve: Math.floor(maxTokens / 4),
    tell_pieces: false,
    tell_texts: false,
  });

/** @param lines  of the run elsewhere; absent where there is none */
async function follow(strategy: Strategy, given: Wish, port: ScriptedBackend, lines?: AsyncIterable<RunLine>) {
  const { seed, budget, maxTokens, step = writer.step } = given;
  const { context, state, events } = means(port, {
    seed,
    policy: { step },
    maxTokens,
    finishingReserve: Math.floor(maxTokens / 4),
  });
  const elsewhere = lines && new Elsewhere(lines, context, state);
  const one = { ...asked, seed, topLogprobs: strategy.topLogprobs({}) };
  const solving = solve(strategy.start(one, optionsOf(strategy, budget)), one, first);
  const here = performing(context, state);
  const perform = elsewhere?.over(here) ?? here;
  const outcome = await run(solving, perform, new Log()).catch((thrown: unknown) => {
    if (thrown instanceof WinnowError && thrown.code === 'no_candidates') return undefined;
    throw thrown;
  });
  await elsewhere?.close();
  return { outcome, account: context.ledger.account(), state, events };
}

async function* wired(lines: AsyncIterable<RunLine>): AsyncGenerator<RunLine> {
  for await (const line of lines) yield overTheWire(runLine, line);
}

const never = new AbortController().signal;
const shared = (strategy: Strategy): boolean => strategy.needs.critic === undefined; // critics answer in words

test.each(strategies.filter(shared))(
  '$name: followed from elsewhere it is the same run, and no call is made from here',
  async (strategy) => {
    const law = fc.asyncProperty(wish, async (given) => {
      const here = new ScriptedBackend({ ends: given.ends });
      const plain = await follow(strategy, given, here);
      const there = new ScriptedBackend({ ends: given.ends });
      const unused = new ScriptedBackend();
      const lines = wired(running(requestOf(strategy, given), there, never));
      const followed = await follow(strategy, given, unused, lines);
      expect(followed.outcome).toEqual(plain.outcome);
      expect(followed.account).toEqual(plain.account);
      expect(followed.events.filter(({ name }) => name !== 'round')).toEqual(plain.events.filter(({ name }) => name !== 'round'));
      expect(followed.events.length).toBe(plain.events.length);
      expect([...followed.state.indexes]).toEqual([...plain.state.indexes]);
      expect(followed.state.stop).toBe(plain.state.stop);
      expect(unused.requests.length + unused.scoreRequests.length).toBe(0);
      expect([followed.state.calls, followed.state.callsElsewhere]).toEqual([0, plain.state.calls + plain.state.callsFused]);
    });
    await fc.assert(law, { numRuns: 15 });
  },
  30_000,
);

test.each(strategies.filter(shared))(
  '$name: wherever it breaks off, it goes on from the last result, and what may have been spent is counted',
  async (strategy) => {
    const law = fc.asyncProperty(wish, fc.nat(12), async (given, most) => {
      const rich = { ...given, maxTokens: 60_000 }; // what is lost is nothing that is missed
      const there = new ScriptedBackend({ ends: given.ends });
      const here = new ScriptedBackend({ ends: given.ends });
      const broken = (async function* () {
        let told = 0;
        for await (const line of wired(running(requestOf(strategy, rich), there, never))) {
          if (told++ === most) throw new WinnowError('backend_error', 'It broke off.', { mayHaveSpent: true });
          yield line;
        }
      })();
      const plain = await follow(strategy, rich, new ScriptedBackend({ ends: given.ends }));
      const { outcome, account, state } = await follow(strategy, rich, here, broken);
      expect(outcome).toEqual(plain.outcome);
      expect(account.spentTokens).toBeGreaterThanOrEqual(plain.account.spentTokens);
      // a call that was done there and whose result was not told is done, and paid, again
      expect(account.spentTokens - account.lostTokens).toBeGreaterThanOrEqual(plain.account.spentTokens);
      expect(account.candidates).toBe(plain.account.candidates);
      expect([...state.indexes]).toEqual([...plain.state.indexes]);
      if (account.lostTokens > 0) expect(account.completionTokens).toBeNull();
    });
    await fc.assert(law, { numRuns: 15 });
  },
  30_000,
);

const beam = strategyNamed('beam_search')!;
const usual: Wish = { seed: 3, budget: 4, maxTokens: 1000, ends: 0.1 };

test('answers that had ended there are kept where their operation is lost and cannot be done here', async () => {
  const bestOfN = strategyNamed('best_of_n')!;
  const down = new ScriptedBackend({
    instead: () => {
      throw new WinnowError('backend_unreachable', 'It is gone.');
    },
  });
  const broken = (async function* () {
    for await (const line of wired(running(requestOf(bestOfN, usual), new ScriptedBackend({ ends: 0.3 }), never))) {
      if (line.type === 'result') throw new WinnowError('backend_error', 'It broke off.', { mayHaveSpent: true });
      yield line;
    }
  })();
  const { outcome, account, state } = await follow(bestOfN, usual, down, broken);
  const plain = await follow(bestOfN, usual, new ScriptedBackend({ ends: 0.3 }));
  expect(outcome!.pool.map(({ id, text }) => [id, text])).toEqual(plain.outcome!.pool.map(({ id, text }) => [id, text]));
  expect(account.candidates).toBe(plain.account.candidates);
  expect(account.completionTokens).toBe(plain.account.completionTokens); // the call had been settled, and that was told
  expect([...state.indexes.keys()].toSorted()).toEqual([...plain.state.indexes.keys()].toSorted());
  expect(state.stop).toBe('backend_failed');
});

test.each([
  { said: 'tokens', step: { tokens: 3, max_tokens: 3, typical_tokens: 3 } },
  { said: 'a pattern', step: { pattern: '[.\n]+', max_tokens: 12 } },
  { said: 'marks', step: { marks: ['.', 'b\n'], max_tokens: 12 } },
])('steps by $said are the same there', async ({ step }) => {
  const given = { ...usual, step };
  const plain = await follow(beam, given, new ScriptedBackend({ ends: usual.ends }));
  const lines = wired(running(requestOf(beam, given), new ScriptedBackend({ ends: usual.ends }), never));
  const followed = await follow(beam, given, new ScriptedBackend(), lines);
  expect(followed.outcome).toEqual(plain.outcome);
  expect(followed.account).toEqual(plain.account);
  expect(followed.state.failure).toBeUndefined();
});

test('lines of another version of the strategy are not followed, and the failure is told', async () => {
  const lines = (async function* () {
    for await (const line of wired(running(requestOf(beam, usual), new ScriptedBackend(), never)))
      yield line.type === 'result' ? { ...line, fingerprint: 'another' } : line;
  })();
  const here = new ScriptedBackend({ ends: usual.ends });
  const { outcome, state } = await follow(beam, usual, here, lines);
  expect(outcome).toBeDefined();
  expect(here.requests.length).toBeGreaterThan(0);
  expect(state.failure?.message).toBe('The backend runs another version of this strategy.');
});

test('what must be done elsewhere ends the run there without a failure, and is done here', async () => {
  const request = requestOf(beam, usual);
  const moved = { ...rewards, outcome: { ...rewards.outcome, backend: 'another' } } as typeof rewards;
  const there = new ScriptedBackend({ ends: usual.ends });
  const lines = wired(running({ ...request, reward_entries: moved }, there, never));
  const plain = await follow(beam, usual, new ScriptedBackend({ ends: usual.ends }));
  const here = new ScriptedBackend();
  const { outcome, account, state } = await follow(beam, usual, here, lines);
  expect(outcome).toBeDefined();
  expect(here.requests).toHaveLength(0);
  expect(here.scoreRequests.map(({ model }) => model)).toEqual(['outcome']);
  expect(there.scoreRequests.map(({ model }) => model)).not.toContain('outcome');
  expect(state.failure).toBeUndefined();
  expect(account).toEqual(plain.account);
});

test.each([
  { said: 'an unknown strategy', more: { strategy: 'dowsing' }, code: 'unsupported_value', param: 'strategy' },
  { said: 'options of another one', more: { options: { paths: 2 } }, code: 'invalid_value', param: 'options' },
  { said: 'a policy without an entry', more: { policy: 'nobody' }, code: 'invalid_value', param: 'policy' },
  { said: 'a reward without an entry', more: { rewards: ['nothing'] }, code: 'invalid_value', param: 'rewards[0]' },
  { said: 'a step reward without an entry', more: { step_reward: 'x' }, code: 'invalid_value', param: 'step_reward' },
])('$said is refused at once: $code at $param', ({ more, code, param }) => {
  const start = () => running({ ...requestOf(beam, usual), ...more }, new ScriptedBackend(), never);
  expect(start).toThrow(expect.objectContaining({ code, param }));
});

test('a ledger that books what another one booked stands as that one does', () => {
  const bookings: Booking[] = [];
  const limits = { max_candidates: 4, max_tokens: 100, max_time_ms: 1000, max_score_calls: 3 };
  const one = new Ledger(limits, (booking) => bookings.push(booking));
  const [policy, judge, lost] = [one.reserve('policy', 40), one.reserve('judge', 10), one.reserve('policy', 20)];
  one.wrote('0.0', 7);
  one.countCandidate();
  one.leaveTip('0.0');
  one.leaveTip('0.1');
  one.runTip('0.0');
  one.settle(policy, 30);
  one.settle(policy, 30); // told twice, booked once
  one.settleUnknown(lost, 5);
  one.countCall('policy', 'a prompt', { promptTokens: 9, processed: 20, cached: null });
  one.countCall('policy', 'a prompt', { promptTokens: 9, processed: 20, cached: 3 });
  one.countCall('judge', 'a prompt', { promptTokens: 11, processed: 2, cached: 3 });
  one.scoreCall();
  one.countReward('outcome', 1, 2, 55);
  const other = new Ledger(limits);
  for (const booking of bookings) other.book(JSON.parse(JSON.stringify(booking)));
  expect(other.account()).toEqual(one.account());
  expect([other.available, other.candidatesLeft, other.wasted([])]).toEqual([one.available, one.candidatesLeft, 7]);
  one.settle(judge, 4);
  other.book(bookings.at(-1)!);
  expect(other.account()).toEqual(one.account());
  expect(other.account()).toMatchObject({ promptTokens: 20, spentTokens: 54, lostTokens: 15, completionTokens: null });
});
