import { describe, expect, test } from 'vitest';
import { type Given, measuring, numberOf, readBy, reasonOf, refusal, tokens } from './reading.ts';

const entry = { kind: 'information_gain', backend: 'local', model: 'policy', separator: '\nAnswer: ' };
const references = ['12'];

/** A candidate has one token a character, the separator one, the right answer those of `logprobs`. */
const behind =
  (
    logprobs: (before: string, right: string) => readonly number[],
    ids?: (before: string) => readonly number[],
  ): NonNullable<Given['tells']> =>
  (operation) =>
    measuring((text, { request }, place) => {
      const [before, right] = request.continuations[place]!.steps!;
      expect(before + right!).toBe(text);
      const of = logprobs(before!, right!);
      const first = before!.length;
      const rightIds = ids?.(before!) ?? of.map((_, each) => 100 + each);
      return {
        tokens: [...Array(first).fill(1), ...rightIds],
        logprobs: [...Array(first).fill(-3), ...of].map((logprob) => ({ token: 't', logprob })),
        step_starts: [0, first],
        step_ends: [first, first + of.length],
      };
    })(operation);

const helped = behind((before) => (before.startsWith('good') ? [-0.5, -0.1] : before.startsWith('bad') ? [-4, -2] : [-2, -1]));

describe('information gain', () => {
  test('the mean gain of the right answer’s tokens behind a candidate (methods B.11)', async () => {
    const { scores, reads } = await readBy(entry, ['good', 'bad'], { references, tells: helped });
    expect(scores.map(numberOf)).toEqual([expect.closeTo(1.2, 9), expect.closeTo(-1.5, 9)]);
    expect(reads).toHaveLength(1); // the prompt alone is read once for all candidates
    expect(reads[0]!.request).toMatchObject({
      continuations: [{ text: '\nAnswer: 12' }, { text: 'good\nAnswer: 12' }, { text: 'bad\nAnswer: 12' }],
    });
  });

  test('as a sum where lengths are to count', async () => {
    const { scores } = await readBy(entry, ['good'], { references, tells: helped, options: { normalize: 'none' } });
    expect(numberOf(scores[0])).toBeCloseTo(2.4, 9);
  });

  test.each([
    { aggregate: 'max', value: 1 },
    { aggregate: 'mean', value: -0.5 },
  ])('of several right answers the $aggregate', async ({ aggregate, value }) => {
    const tells = behind((before, right) => (before.startsWith('x') ? (right === 'a' ? [-1] : [-4]) : [-2]));
    const { scores } = await readBy(entry, ['x'], { references: ['a', 'b'], tells, options: { aggregate } });
    expect(numberOf(scores[0])).toBeCloseTo(value, 9);
  });

  test.each<{ name: string; tells: NonNullable<Given['tells']>; reason: string }>([
    {
      name: 'a border that was read into the right answer',
      tells: behind(
        () => [-1],
        (before) => [before.startsWith('x') ? 5 : 6],
      ),
      reason: 'reference_tokens_differ',
    },
    { name: 'tokens that do not read as the text', tells: measuring(() => tokens(-1)), reason: 'unreadable_tokens' },
    { name: 'a right answer without tokens', tells: behind(() => []), reason: 'no_tokens' },
    { name: 'a failed call', tells: () => ({ ok: false, reason: 'backend_error' }), reason: 'backend_error' },
    { name: 'an infinite loss', tells: behind(() => [Number.NEGATIVE_INFINITY]), reason: 'not_finite' },
  ])('$name: no score', async ({ tells, reason }) => {
    expect(reasonOf((await readBy(entry, ['x'], { references, tells })).scores[0])).toBe(reason);
  });

  test('a token that the separator shares with the right answer is the right answer’s', async () => {
    const tells = measuring((text) => ({
      tokens: text.startsWith('good') ? [9, 1, 7] : [1, 7], // 7 is " 12": the end of "Answer: " and all of "12"
      logprobs: (text.startsWith('good') ? [-3, -3, -1] : [-3, -4]).map((logprob) => ({ token: 't', logprob })),
      step_starts: text.startsWith('good') ? [0, 2] : [0, 1],
      step_ends: text.startsWith('good') ? [3, 3] : [2, 2],
    }));
    const { scores } = await readBy(entry, ['good'], { references, tells });
    expect(scores).toEqual([{ ok: true, value: 3, detail: { tokens: 1, without: -4, behind: -1 } }]);
  });

  test('many candidates and right answers go in several calls; the prompt alone in the first one', async () => {
    const rights = Array.from({ length: 64 }, (_, place) => `${place}`);
    const tells = behind((before, right) => [before.startsWith('\n') ? -100 : -Number(right) - before.length]);
    const candidates = Array.from({ length: 20 }, (_, place) => 'x'.repeat(place + 1));
    const { scores, reads } = await readBy(entry, candidates, { references: rights, tells });
    expect(reads).toHaveLength(3);
    for (const [place, score] of scores.entries()) expect(numberOf(score)).toBe(100 - (place + 1 + entry.separator.length));
  });

  test('without a right answer it is refused, and on a server that only writes', () => {
    expect(refusal(entry)).toMatchObject({ code: 'capability_missing', message: expect.stringContaining('reference') });
    expect(refusal({ ...entry, backend: 'other' }, { references })).toMatchObject({ code: 'capability_missing' });
    expect(refusal(entry, { references })).toBeNull();
  });
});
