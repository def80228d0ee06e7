/** Scores that come with the samples whose texts they are of. */
import { expect, test } from 'vitest';
import type { GenerateLine } from '../../schemas/backend.ts';
import { WinnowError } from '../../schemas/errors.ts';
import { Log } from '../../src/runtime/log.ts';
import { performing } from '../../src/runtime/perform.ts';
import { run } from '../../src/runtime/run.ts';
import { strategyNamed } from '../../src/strategies/registry.ts';
import { solve } from '../../src/strategies/solve.ts';
import { task } from '../drive.ts';
import type { Wished } from './means.ts';
import { first, means, ours, rewards, writer } from './means.ts';
import type { Behaviour } from './scripted-backend.ts';
import { ScriptedBackend } from './scripted-backend.ts';

/** Where nothing is known of the backend, nothing more than a sample is asked of it. */
const unknown = { backends: {}, policies: { writer }, rewards };

async function beam(backend: ScriptedBackend, more: Wished = {}) {
  const { context, state } = means(backend, more);
  const asked = { ...task, sampling: { ...task.sampling, max_tokens: 40 } };
  const strategy = strategyNamed('beam_search')!;
  const solving = solve(strategy.start(asked, { keep: 2, branch: 2, max_steps: 6 }), asked, first);
  const outcome = await run(solving, performing(context, state), new Log());
  return { outcome, state, account: context.ledger.account() };
}

const apart = (behaviour: Behaviour = {}) => {
  const backend = new ScriptedBackend(behaviour);
  return { backend, running: beam(backend, { lookup: unknown }) };
};

test('steps are scored by the call that writes them: the same outcome and account, a call less each round', async () => {
  const plain = apart();
  const separate = await plain.running;
  const backend = new ScriptedBackend();
  const { outcome, state, account } = await beam(backend);
  expect(outcome).toEqual(separate.outcome);
  expect(account.spentTokens).toBe(separate.account.spentTokens);
  expect(account.rewards.outcome).toEqual(separate.account.rewards.outcome);
  expect(backend.requests.every(({ reward }) => reward === 'process')).toBe(true);
  expect(backend.scoreRequests.map(({ model }) => model)).toEqual(['outcome']);
  expect(state.callsFused).toBe(plain.backend.scoreRequests.length - 1);
  expect(state.calls + state.callsFused).toBe(separate.state.calls);
  expect(account.rewards.process!.calls).toBe(backend.requests.length);
  expect([...state.rewardFingerprints.keys()]).toEqual(['process']);
});

test('a candidate that may be cut by its grant is not scored with it: that text is none yet', async () => {
  const backend = new ScriptedBackend();
  await beam(backend, { maxTokens: 60 });
  const mayBeCut = backend.requests.filter(({ prefixes }) =>
    prefixes.some(({ max_tokens, tokens = [], resume }) => !resume && max_tokens < Math.min(12, 40 - tokens.length)),
  );
  expect(mayBeCut.length).toBeGreaterThan(0);
  for (const { reward } of mayBeCut) expect(reward).toBeUndefined();
});

test('scores that did not come are asked for alone; those that came are not asked, nor lost, again', async () => {
  const half = (lines: readonly GenerateLine[]) => lines.filter(({ type }, place) => type !== 'score' || place % 2 === 0);
  const backend = new ScriptedBackend({
    instead: (_, lines) => {
      async function* some() {
        yield* half(lines);
      }
      return some();
    },
  });
  const { outcome } = await beam(backend);
  expect(outcome).toEqual((await apart().running).outcome);
  const processed = backend.scoreRequests.filter(({ model }) => model === 'process');
  expect(processed.length).toBeGreaterThan(0);
  for (const { candidates } of processed) expect(candidates.length).toBeLessThan(4);
});

test('where asking for those that did not come fails, the others stand', async () => {
  const backend = new ScriptedBackend({
    instead: (_, lines) => {
      async function* some() {
        const scores = lines.filter(({ type }) => type === 'score');
        yield* lines.filter((line) => line !== scores[0]);
      }
      return some();
    },
    score: () => Promise.reject(new WinnowError('backend_error', 'It broke.', { mayHaveSpent: true })),
  });
  const { outcome, state } = await beam(backend);
  expect(state.failure?.message).toBe('It broke.');
  const known = outcome.pool.filter(({ scores }) => scores.process?.ok);
  expect(known.length).toBeGreaterThan(0);
});

test('a backend that scores nothing with its samples is asked for the scores, and nothing is booked for the others', async () => {
  const backend = new ScriptedBackend({
    instead: (_, lines) => {
      async function* none() {
        for (const line of lines)
          if (line.type === 'done') yield { ...line, scored: undefined };
          else if (line.type !== 'score') yield line;
      }
      return none();
    },
  });
  const { outcome, account, state } = await beam(backend);
  const separate = await apart().running;
  expect(outcome).toEqual(separate.outcome);
  expect(account.rewards).toEqual(separate.account.rewards);
  expect(state.callsFused).toBe(0);
});

test('a call that breaks off may have scored: what it read is unknown', async () => {
  let calls = 0;
  const backend = new ScriptedBackend({
    instead: (_, lines) => {
      if (calls++ !== 1) return undefined;
      async function* broken(): AsyncGenerator<GenerateLine> {
        yield lines[0]!;
        throw new WinnowError('backend_error', 'It broke off.', { mayHaveSpent: true });
      }
      return broken();
    },
  });
  const { account } = await beam(backend);
  expect(account.rewards.process!.tokens).toBeNull();
});

test.each([
  { said: 'another backend', reward: { ...rewards.process!, backend: 'other' } },
  { said: 'a reward of another kind', reward: { ...rewards.process!, kind: 'certainty', measure: 'mean' } },
])('no reward of $said is asked for with a sample', async ({ reward }) => {
  const backend = new ScriptedBackend();
  await beam(backend, {
    lookup: { backends: { local: ours, other: ours }, policies: { writer }, rewards: { ...rewards, process: reward as never } },
  }).catch(() => {}); // what that reward makes of it does not matter here
  expect(backend.requests.length).toBeGreaterThan(0);
  expect(backend.requests.every(({ reward: asked }) => asked === undefined)).toBe(true);
});

test('where no score call is left, none is made with a sample', async () => {
  const backend = new ScriptedBackend();
  const { context } = means(backend);
  const { Ledger } = await import('../../src/budget/ledger.ts');
  const ledger = new Ledger({ ...context.ledger.limits, max_score_calls: 2 });
  const { state, account } = await beam(backend, { ledger } as Wished);
  expect(backend.requests.filter(({ reward }) => reward !== undefined)).toHaveLength(2);
  expect(state.stop).toBe('max_score_calls');
  expect(account.rewards.process!.calls).toBe(2);
});
