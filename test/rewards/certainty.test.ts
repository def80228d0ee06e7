import { describe, expect, test } from 'vitest';
import type { TokenLogprob } from '../../schemas/candidate.ts';
import { type Given, measuring, numberOf, readBy, reasonOf, refusal, said } from './reading.ts';

const TOP = [
  [-0.1, -3, -5, -6],
  [-0.7, -0.9, -4, -5],
  [-0.05, -4, -6, -7],
  [-1.2, -1.4, -1.6, -1.8],
];
const row = (top: readonly number[]): TokenLogprob => ({
  token: 'a',
  logprob: top[0]!,
  top: top.map((logprob) => ({ token: 'b', logprob })),
});
const sampled = { text: 'abcd', logprobs: TOP.map(row) };
const confident = { kind: 'certainty', quantity: 'confidence', alternatives: 4, window: 2 };

/** Each token's number, under the name by which it is asked for. */
const telling = (name: 'self_certainty' | 'entropy', values: readonly number[]): Given => ({
  tells: measuring(() => ({ logprobs: values.map((value) => ({ token: 'a', logprob: -1, [name]: value })) })),
});

describe('certainty', () => {
  test.each([
    { measure: undefined, value: 2.88125 },
    { measure: 'lowest_group', value: 2.88125 },
    { measure: 'tail', value: 2.88125 },
    { measure: 'mean', value: 2.984375 },
  ])('confidence of a sampled candidate, $measure: nothing is read (methods A.9)', async ({ measure, value }) => {
    const { scores, reads } = await readBy(confident, [sampled], { options: measure ? { measure } : {} });
    expect(numberOf(scores[0])).toBeCloseTo(value, 9);
    expect(reads).toEqual([]);
  });

  test('the extra token that a server adds is no alternative (methods A.9)', async () => {
    const more = { text: 'a', logprobs: [row([...TOP[0]!, -20])] };
    expect(numberOf((await readBy(confident, [more])).scores[0])).toBeCloseTo(3.525, 9);
  });

  test('of candidates without log-probabilities, or with too few alternatives, the text is read', async () => {
    const tells = measuring(() => ({ logprobs: TOP.map(row) }));
    const few = { text: 'few', logprobs: [row([-0.1, -3])] };
    const { scores, reads } = await readBy(confident, ['plain', sampled, few], { tells });
    expect(scores.map(numberOf)).toEqual([2.88125, 2.88125, 2.88125].map((value) => expect.closeTo(value, 9)));
    expect(reads).toHaveLength(1);
    expect(reads[0]!.request).toMatchObject({ top_logprobs: 4, continuations: [{ text: 'plain' }, { text: 'few' }] });
  });

  test('self-certainty is the mean over tokens, read with the whole vocabulary (methods A.9)', async () => {
    const given = telling('self_certainty', [0.4298131946103268, 0]);
    const { scores, reads } = await readBy({ kind: 'certainty' }, ['ab'], given);
    expect(numberOf(scores[0])).toBeCloseTo(0.2149065973, 9);
    expect(reads[0]).toMatchObject({ backend: 'local', request: { model: 'policy', self_certainty: true } });
  });

  test('entropy counts against: the surest is the highest, and the least sure group of a trace decides', async () => {
    const entropy = { kind: 'certainty', quantity: 'entropy' };
    const { scores } = await readBy(entropy, ['abc'], telling('entropy', [0.5, 1.5, 1]));
    expect(numberOf(scores[0])).toBe(-1);
    const options = { measure: 'lowest_group', window: 2 };
    expect(numberOf((await readBy(entropy, ['abc'], { ...telling('entropy', [0.5, 1.5, 1]), options })).scores[0])).toBe(-1.25);
    expect(said(entropy)).toMatchObject({ range: [null, 0], dependsOn: 'text' });
    expect(Object.is(numberOf((await readBy(entropy, ['a'], telling('entropy', [0]))).scores[0]), -0)).toBe(false);
  });

  test.each<{ name: string; entry: object; given: Given; reason: string }>([
    {
      name: 'an impossible token of the vocabulary',
      entry: { kind: 'certainty' },
      given: telling('entropy', [1]),
      reason: 'not_finite',
    },
    { name: 'no token', entry: { kind: 'certainty' }, given: telling('self_certainty', []), reason: 'no_tokens' },
    {
      name: 'alternatives that nobody told',
      entry: confident,
      given: { tells: measuring(() => ({ logprobs: [{ token: 'a', logprob: -1 }] })) },
      reason: 'no_logprobs',
    },
    {
      name: 'a server that only writes, and a text of the caller',
      entry: confident,
      given: { policy: 'other' },
      reason: 'no_logprobs',
    },
    {
      name: 'a failed call',
      entry: { kind: 'certainty' },
      given: { tells: () => ({ ok: false, reason: 'backend_error' }) },
      reason: 'backend_error',
    },
  ])('$name: no score', async ({ entry, given, reason }) => {
    expect(reasonOf((await readBy(entry, ['x'], given)).scores[0])).toBe(reason);
  });

  test('candidates are sampled with the alternatives that a confidence needs', () => {
    expect(said(confident)).toMatchObject({ topLogprobs: 4, dependsOn: 'candidate' });
    expect(said({ kind: 'certainty' })).toMatchObject({ topLogprobs: undefined, dependsOn: 'text' });
    expect(said({ ...confident, policy: 'writer' })).toMatchObject({ topLogprobs: undefined, dependsOn: 'text' });
  });

  test('the more is told of each token, the fewer texts go in one call', async () => {
    const texts = Array.from({ length: 100 }, (_, place) => `${place}`);
    const calls = async (entry: object) =>
      (await readBy(entry, texts, { tells: measuring(() => ({ logprobs: TOP.map(row) })) })).reads.length;
    expect(await calls({ kind: 'certainty' })).toBe(1);
    expect(await calls({ ...confident, alternatives: 20 })).toBe(4);
    const long = Array.from({ length: 3 }, () => 'x'.repeat(200_000));
    expect((await readBy({ kind: 'certainty' }, long, telling('self_certainty', [1]))).reads).toHaveLength(3);
  });

  test('what a server cannot tell is refused before anything is spent', () => {
    expect(refusal({ kind: 'certainty' }, { policy: 'other' })).toMatchObject({ code: 'capability_missing' });
    expect(refusal(confident, { policy: 'other' })).toBeNull(); // it tells alternatives of what it writes
    expect(refusal(confident, { policy: 'silent' })).toMatchObject({ code: 'capability_missing' });
    expect(refusal({ ...confident, policy: 'other' })).toMatchObject({ code: 'capability_missing' });
    expect(refusal({ ...confident, policy: 'nobody' })).toMatchObject({ message: expect.stringContaining('"nobody"') });
  });
});
