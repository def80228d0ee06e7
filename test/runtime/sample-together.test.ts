import fc from 'fast-check';
import { expect, test } from 'vitest';
import { WinnowError } from '../../schemas/errors.ts';
import { root } from '../../src/operation.ts';
import { sampleInWaves } from '../../src/runtime/sample.ts';
import { means, sampleOf, type Wished } from './means.ts';
import { type Behaviour, ScriptedBackend } from './scripted-backend.ts';

const prompts = ['first', 'second', 'third'].map((text) => ({ text }));

/** Three samples on prompts of their own. */
const three = (more: Parameters<typeof sampleOf>[0]) =>
  prompts.map((prompt, place) => sampleOf({ prompt, firstChild: 10 * place, count: 4, ...more }));

/** Performs them together; each call begins to answer after so many turns as `turns` says. */
async function together(
  more: Parameters<typeof sampleOf>[0],
  wished: Wished,
  turns: (call: number) => number,
  behaviour: Behaviour = {},
) {
  let calls = 0;
  const backend = new ScriptedBackend({
    ...behaviour,
    async *instead(_, lines) {
      for (let turn = turns(calls++); turn > 0; turn--) await Promise.resolve();
      yield* lines;
    },
  });
  const { context, state, events } = means(backend, wished);
  const candidates = await sampleInWaves(three(more), context, state, [1, 2, 3]);
  const account = context.ledger.account();
  return { backend, state, events, account, candidates };
}

test.each([{ until: 'end' as const }, { until: 'step' as const }])(
  'samples that are performed together come to the same, whichever call is first (until: $until)',
  async (more) => {
    const order = fc.array(fc.nat(40), { minLength: 3, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(
        order,
        fc.integer({ min: 0, max: 400 }),
        fc.integer({ min: 0, max: 14 }),
        async (waits, maxTokens, maxCandidates) => {
          const wished = { maxTokens, maxCandidates };
          const told = ({ candidates, state, account }: Awaited<ReturnType<typeof together>>) => ({
            candidates,
            indexes: Object.fromEntries(state.indexes),
            stop: state.stop,
            planned: state.planned,
            account,
          });
          const late = await together(more, wished, (call) => waits[call % waits.length]!);
          expect(told(late)).toEqual(told(await together(more, wished, () => 0)));
          expect(late.backend.sampled).toBeLessThanOrEqual(maxTokens);
          expect(late.account.candidates).toBeLessThanOrEqual(maxCandidates);
        },
      ),
      { numRuns: 60 },
    );
  },
);

test('a wave is one call for each of them, under way at once', async () => {
  let open = 0;
  let most = 0;
  const backend = new ScriptedBackend({
    async *instead(_, lines) {
      most = Math.max(most, ++open);
      await Promise.resolve();
      yield* lines;
      open--;
    },
  });
  const { context, state } = means(backend);
  await sampleInWaves(three({}), context, state, [4, 5, 6]);
  expect(most).toBe(3);
  expect(backend.requests.map(({ key, prompt }) => [key, prompt])).toEqual(
    ['run_1:4:0', 'run_1:5:0', 'run_1:6:0'].map((key, place) => [key, prompts[place]]),
  );
});

test('where the budget is short each of them has a first child before any has a second', async () => {
  const { backend } = await together({}, { maxTokens: 3 * 16 + 5 }, () => 0, { ends: 0 });
  expect(backend.requests.slice(0, 3).map(({ prefixes }) => prefixes.map(({ count }) => count))).toEqual([[1], [1], [1]]);
});

test('what one of them does not use is left for the others', async () => {
  const tokens = (id: string, place: number) => (id.startsWith('0.2') || place < 3 ? 1 : 0); // those of the third are long
  const { account } = await together({ count: 1 }, { maxTokens: 60 }, () => 0, { tokens });
  expect(account.spentTokens).toBe(4 + 4 + 40);
});

test('one that is refused ends alone, and an error that ends the run waits for the others to be booked', async () => {
  const behaviour = (error: Error): Behaviour => ({
    instead: (request, lines) =>
      (async function* () {
        if ((request.prompt as { text: string }).text === 'second') throw error;
        yield* lines;
      })(),
  });
  const refused = new ScriptedBackend(behaviour(new WinnowError('context_length_exceeded', 'too long', { param: 'prompt' })));
  const { context, state } = means(refused);
  const [first, second, third] = await sampleInWaves(three({}), context, state, [1, 2, 3]);
  expect([first, third].map((some) => some!.map(({ finish }) => finish === 'error'))).toEqual([
    Array(4).fill(false),
    Array(4).fill(false),
  ]);
  expect(second!.every(({ finish }) => finish === 'error')).toBe(true);

  const broken = means(new ScriptedBackend(behaviour(new TypeError('a bug'))));
  await expect(sampleInWaves(three({}), broken.context, broken.state, [1, 2, 3])).rejects.toThrow('a bug');
  expect(broken.context.ledger.account().candidates).toBe(8);
});

test('prefixes of one of them do not take the places of another', async () => {
  const { context, state } = means(new ScriptedBackend());
  const prefixes = ['0.5', '0.6'].map((id) => ({ ...root, id }));
  const [some, others] = await sampleInWaves(
    [sampleOf({ prefixes, count: [3, 1] }), sampleOf({ prompt: prompts[0]!, firstChild: 7, count: 2 })],
    context,
    state,
    [1, 2],
  );
  expect(some!.map(({ id }) => id)).toEqual(['0.5.0', '0.5.1', '0.5.2', '0.6.0']);
  expect(others!.map(({ id }) => id)).toEqual(['0.7', '0.8']);
  expect([...state.indexes.values()].toSorted()).toEqual([0, 1, 2, 3, 4, 5]);
});
