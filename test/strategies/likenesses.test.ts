import { expect, test } from 'vitest';
import type { Embedding, EmbedResponse } from '../../schemas/embed.ts';
import type { Result } from '../../src/operation.ts';
import { likenesses } from '../../src/strategies/likenesses.ts';
import { drive } from '../drive.ts';

const embedder = { name: 'alike', config: { backend: 'local', model: 'embedder' } };
const embedded = (...vectors: readonly (readonly number[] | string)[]): Result => ({
  kind: 'read',
  result: { ok: true, response: responseOf(vectors) },
});
const responseOf = (vectors: readonly (readonly number[] | string)[]): EmbedResponse => ({
  vectors: vectors.map(
    (vector): Embedding =>
      typeof vector === 'string' ? { ok: false, reason: vector } : { ok: true, vector: [...vector], tokens: 1 },
  ),
  fingerprint: 'f',
  usage: { texts: vectors.length, tokens: vectors.length },
});
const liken = (result: Result, count: number) =>
  drive(
    likenesses(
      embedder,
      Array.from({ length: count }, (_, place) => `text ${place}`),
    ),
    [result],
  );

test('all texts are one reading, and lengths do not matter to a cosine', () => {
  const { asked, value } = liken(embedded([3, 0], [0, 5], [1, 1]), 3);
  expect(asked).toMatchObject([
    { kind: 'read', reading: 'embed', backend: 'local', reward: 'alike', request: { model: 'embedder' } },
  ]);
  const half = expect.closeTo(Math.SQRT1_2, 6);
  expect(value).toEqual({
    cosines: [
      [1, 0, half],
      [0, 1, half],
      [half, half, 1],
    ],
    unread: 0,
  });
});

test('a text without a vector is known to be like none, and counted', () => {
  const { value } = liken(embedded([1, 0], 'too_long', [0, 0], [1, 0]), 4);
  const none = Number.NEGATIVE_INFINITY;
  expect(value).toEqual({
    cosines: [
      [1, none, none, 1],
      [none, 1, none, none],
      [none, none, 1, none],
      [1, none, none, 1],
    ],
    unread: 2,
  });
});

test('where the call failed, nothing is known', () => {
  const { value } = liken({ kind: 'read', result: { ok: false, reason: 'backend_error' } }, 2);
  expect(value.unread).toBe(2);
});
