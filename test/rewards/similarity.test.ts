import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ReadOperation } from '../../src/operation.ts';
import { type Given, numberOf, readBy, reasonOf, refusal, said } from './reading.ts';

const entry = { kind: 'similarity', backend: 'local', model: 'embedder' };
type Told = readonly number[] | string;

/** A vector for each text. */
const embedding =
  (vector: (text: string) => Told): NonNullable<Given['tells']> =>
  (operation) => {
    const { texts } = (operation as ReadOperation<'embed'>).request;
    const vectors = texts.map((text) => {
      const told = vector(text);
      return typeof told === 'string'
        ? { ok: false as const, reason: told }
        : { ok: true as const, vector: [...told], tokens: 1 };
    });
    return { ok: true, response: { vectors, usage: { texts: texts.length, tokens: 3 } } };
  };
const PLANE: Readonly<Record<string, Told>> = {
  east: [3, 0],
  north: [0, 2],
  west: [-1, 0],
  zero: [0, 0],
  huge: [1e38, 1e38],
  long: 'too long',
};
const plane = embedding((text) => PLANE[text]!);

describe('similarity', () => {
  test('the cosine from -1 to 1 is a share from 0 to 1', async () => {
    const { scores, reads } = await readBy(entry, ['east', 'north', 'west', 'huge'], { references: ['east'], tells: plane });
    expect(scores.map(numberOf)).toEqual([1, 0.5, 0, (1 + Math.SQRT1_2) / 2].map((value) => expect.closeTo(value, 12)));
    expect(reads).toHaveLength(1);
    expect(said(entry)).toEqual({ output: 'unknown', range: [0, 1], dependsOn: 'text', topLogprobs: undefined });
  });

  test('a text without a direction, or that cannot be read, has no score; the others have', async () => {
    const { scores } = await readBy(entry, ['zero', 'long', 'east'], { references: ['east'], tells: plane });
    expect(scores.map((score) => (score.ok ? score.value : score.reason))).toEqual(['no_direction', 'too long', 1]);
  });

  test.each([
    { aggregate: 'max', value: 1 },
    { aggregate: 'mean', value: 0.75 },
  ])('of several right answers the $aggregate', async ({ aggregate, value }) => {
    const given = { references: ['east', 'north'], tells: plane, options: { aggregate } };
    expect(numberOf((await readBy(entry, ['north'], given)).scores[0])).toBeCloseTo(value, 12);
  });

  test('to the prompt: all that was said', async () => {
    const tells = embedding((text) => (text === 'a\nb' ? [1, 0] : [1, 1]));
    const prompt = { messages: ['a', 'b'].map((content) => ({ role: 'user' as const, content })) };
    const { scores } = await readBy({ ...entry, to: 'prompt' }, ['x'], { prompt, tells });
    expect(numberOf(scores[0])).toBeCloseTo((1 + Math.SQRT1_2) / 2, 12);
  });

  test('to the others: each left out of its own mean; a lone one agrees with itself (methods A.6)', async () => {
    const options = { to: 'consensus' };
    const { scores } = await readBy(entry, ['east', 'east', 'north'], { tells: plane, options });
    expect(scores.map(numberOf)).toEqual([0.75, 0.75, 0.5].map((value) => expect.closeTo(value, 12)));
    expect(numberOf((await readBy(entry, ['east'], { tells: plane, options })).scores[0])).toBe(1);
    const odd = (await readBy(entry, ['long', 'east', 'east'], { tells: plane, options })).scores;
    expect(odd.map((score) => (score.ok ? score.value : score.reason))).toEqual(['too long', 1, 1]);
    expect(said(entry, { options })).toMatchObject({ dependsOn: 'set' });
  });

  test('the mean by one sum is the mean of all pairs', async () => {
    const vector = fc
      .array(fc.integer({ min: -9, max: 9 }), { minLength: 3, maxLength: 3 })
      .filter((v) => v.some((x) => x !== 0));
    await fc.assert(
      fc.asyncProperty(fc.array(vector, { minLength: 2, maxLength: 8 }), async (vectors) => {
        const tells = embedding((text) => vectors[Number(text)]!);
        const { scores } = await readBy(
          entry,
          vectors.map((_, place) => `${place}`),
          { tells, options: { to: 'consensus' } },
        );
        for (const [place, score] of scores.entries()) {
          const cosines = vectors.filter((_, other) => other !== place).map((other) => cosine(vectors[place]!, other));
          const mean = cosines.reduce((sum, each) => sum + each, 0) / cosines.length;
          expect(numberOf(score)).toBeCloseTo((1 + mean) / 2, 9);
        }
      }),
      { numRuns: 50 },
    );
  });

  test.each<{ name: string; tells: Given['tells']; reason: string }>([
    { name: 'vectors of other lengths', tells: embedding((text) => (text === 'x' ? [1] : [1, 2])), reason: 'backend_error' },
    { name: 'a failed call', tells: () => ({ ok: false, reason: 'max_score_calls' }), reason: 'max_score_calls' },
    {
      name: 'too few vectors',
      tells: () => ({ ok: true, response: { vectors: [], usage: {} } as never }),
      reason: 'backend_error',
    },
    { name: 'a number that is none', tells: embedding(() => [Number.NaN, 1]), reason: 'not_finite' },
  ])('$name: no score', async ({ tells, reason }) => {
    for (const options of [{}, { to: 'consensus' }]) {
      const { scores } = await readBy(entry, ['x', 'y'], { references: ['r'], tells: tells!, options });
      expect(reasonOf(scores[0])).toBe(reason);
    }
  });

  test('a right answer is needed where it is the target; an embedder anyway', () => {
    expect(refusal(entry)).toMatchObject({ code: 'capability_missing' });
    expect(refusal(entry, { options: { to: 'prompt' } })).toBeNull();
    for (const backend of ['other', 'edge'])
      expect(refusal({ ...entry, backend }, { references: ['x'] })).toMatchObject({
        message: expect.stringContaining('embeddings'),
      });
  });
});

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = a.reduce((sum, value, axis) => sum + value * b[axis]!, 0);
  return dot / Math.hypot(...a) / Math.hypot(...b);
}
