import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { numberOf, readBy, reasonOf, refusal, said } from './reading.ts';

const entry = { kind: 'self_consistency' };
const answer = { type: 'number', methods: ['phrase'] } as const;
const number = { ...answer, methods: ['phrase' as const] };
const saying = (value: string | null) => (value === null ? 'I cannot say' : `Answer: ${value}`);
const scored = async (values: readonly (string | null)[]) => (await readBy(entry, values.map(saying), { answer: number })).scores;

describe('self-consistency', () => {
  test('the share of an answer among the candidates that have one (methods A.2)', async () => {
    const scores = await scored(['7', '7', null, '8', null]);
    expect([scores[0], scores[1], scores[3]].map(numberOf)).toEqual([2 / 3, 2 / 3, 1 / 3]);
    expect([scores[2], scores[4]].map(reasonOf)).toEqual(['no_answer', 'no_answer']);
    expect(scores[0]!.detail).toEqual({ answer: '7', same: 2, of: 3 });
  });

  test('one answer among failures has a share of 1; spellings of one number are one answer', async () => {
    expect((await scored([null, null, null, '5'])).map((score) => score.ok && score.value)).toEqual([false, false, false, 1]);
    expect((await scored(['0.5', '1/2', '2'])).map(numberOf)).toEqual([2 / 3, 2 / 3, 1 / 3]);
  });

  test('shares do not depend on the order, and each answer’s count is its share', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 20 }), async (values) => {
        const shares = (await scored(values.map(String))).map(numberOf);
        for (const [place, value] of values.entries())
          expect(shares[place]).toBe(values.filter((other) => other === value).length / values.length);
      }),
      { numRuns: 30 },
    );
  });

  test('a policy whose answers cannot be read is refused', () => {
    expect(refusal(entry)).toMatchObject({ code: 'capability_missing', message: expect.stringContaining('answer') });
    expect(refusal(entry, { answer: number })).toBeNull();
    expect(said(entry)).toEqual({ output: 'probability', range: [0, 1], dependsOn: 'set', topLogprobs: undefined });
  });
});
