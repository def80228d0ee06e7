/** A backend that cannot continue what it began: one grant for each candidate, and none is ever resumed. */
import { expect, test } from 'vitest';
import type { GenerateLine } from '../../schemas/backend.ts';
import type { Wished } from './means.ts';
import { means, sampleAlone, sampleOf } from './means.ts';
import type { Behaviour } from './scripted-backend.ts';
import { ScriptedBackend } from './scripted-backend.ts';

class Whole extends ScriptedBackend {
  continues(): boolean {
    return false;
  }
}

async function sample(wished: Wished = {}, behaviour: Behaviour = { ends: 0.1 }, count = 4) {
  const backend = new Whole(behaviour);
  const { context, state } = means(backend, wished);
  const candidates = await sampleAlone(sampleOf({ count }), context, state);
  return { backend, candidates, state, account: context.ledger.account() };
}

test('with means for all there is one wave', async () => {
  const { backend, candidates } = await sample({ maxTokens: 160 });
  expect(backend.requests).toHaveLength(1);
  expect(candidates).toHaveLength(4);
});

test('with less, whole ones come first, and what they leave begins more; none is cut for another', async () => {
  const { backend, candidates, account } = await sample({ maxTokens: 100 });
  expect(backend.requests.length).toBeGreaterThan(1);
  expect(backend.requests[0]!.prefixes).toMatchObject([{ count: 2, max_tokens: 40 }]);
  expect(backend.requests.flatMap(({ prefixes }) => prefixes).some(({ resume }) => resume)).toBe(false);
  expect(account.spentTokens).toBeLessThanOrEqual(100);
  expect(candidates.slice(0, -1).every(({ finish }) => finish !== 'budget')).toBe(true);
});

test('a last one that is cut stays cut, and the budget is why', async () => {
  const { backend, candidates, state, account } = await sample({ maxTokens: 50 }, { ends: 0 }, 2);
  expect(candidates.map(({ finish, tokenCount }) => [finish, tokenCount])).toEqual([
    ['length', 40],
    ['budget', 10],
  ]);
  expect(state.stop).toBe('max_tokens');
  expect(account).toMatchObject({ spentTokens: 50, candidates: 2 });
  expect(backend.requests).toHaveLength(2);
});

test('tokens that a backend did not report count as spent, within the budget, and are told as unknown', async () => {
  const unreported = (lines: readonly GenerateLine[]): GenerateLine[] =>
    lines.map((line) =>
      line.type === 'done'
        ? { ...line, usage: { ...line.usage, prompt_tokens: null, processed: null, cached: null, unreported_tokens: 500 } }
        : line,
    );
  const { account } = await sample(
    { maxTokens: 160 },
    {
      ends: 0.1,
      instead: async function* (_, lines) {
        yield* unreported(lines);
      },
    },
  );
  expect(account).toMatchObject({ spentTokens: 160, completionTokens: null, promptTokens: null, processed: null, cached: null });
  expect(account.lostTokens).toBeGreaterThan(0);
});
