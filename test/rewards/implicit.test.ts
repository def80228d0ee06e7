import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Given, measuring, numberOf, readBy, reasonOf, refusal, said, tokens } from './reading.ts';

const entry = { kind: 'implicit', backend: 'local', model: 'tuned', reference_model: 'base' };
const OURS = [-0.2, -1.0, -0.5, -0.1];
const THEIRS = [-0.7, -0.8, -1.5, -0.1];

/** Each model's own log-probabilities, the steps ending where they are said to. */
const telling = (ours: object, theirs: object): Given => ({
  tells: measuring((_, { request }) => (request.model === 'tuned' ? ours : theirs)),
});
const example = telling({ ...tokens(...OURS), step_ends: [2, 4] }, { ...tokens(...THEIRS), step_ends: [2, 4] });

describe('implicit', () => {
  test('token rewards sum to steps and to the whole (methods B.11)', async () => {
    const { scores, reads } = await readBy(entry, ['a\nb'], example);
    expect(numberOf(scores[0])).toBeCloseTo(0.065, 9);
    const steps = scores[0]?.ok ? (scores[0].steps as number[]) : [];
    expect(steps[0]).toBeCloseTo(0.015, 9);
    expect(steps[1]).toBeCloseTo(0.05, 9);
    expect(scores[0]?.detail).toMatchObject({ tokens: 4 });
    expect(reads.map(({ request }) => request)).toMatchObject([
      { model: 'tuned', continuations: [{ text: 'a\nb', steps: ['a\n', 'b'] }] },
      { model: 'base', continuations: [{ text: 'a\nb' }] },
    ]);
  });

  test.each([
    { name: 'beta scales it', options: { beta: 0.1 }, value: 0.13 },
    { name: 'normalised it is the mean of the tokens', options: { normalize: 'tokens' }, value: 0.01625 },
  ])('$name (methods B.11)', async ({ options, value }) => {
    const { scores } = await readBy(entry, ['a\nb'], { ...example, options });
    expect(numberOf(scores[0])).toBeCloseTo(value, 9);
  });

  test('an end token counts as the last token of the last step', async () => {
    const end = (logprob: number) => [{ token: 2, logprob, share: 1 }];
    const given = telling(
      { ...tokens(...OURS), step_ends: [2, 4], answers: end(-0.1) },
      { ...tokens(...THEIRS), step_ends: [2, 4], answers: end(-2.1) },
    );
    const { scores, reads } = await readBy({ ...entry, end_token: '<eos>' }, ['a\nb'], given);
    expect(reads[0]!.request).toMatchObject({ answers: ['<eos>'] });
    expect(numberOf(scores[0])).toBeCloseTo(0.165, 9);
    expect(scores[0]).toMatchObject({ steps: [expect.closeTo(0.015, 9), expect.closeTo(0.15, 9)] });
  });

  test.each<{ name: string; ours: object; theirs: object; reason: string }>([
    { name: 'other tokens', ours: tokens(-1, -1), theirs: { ...tokens(-1, -1), tokens: [0, 7] }, reason: 'tokenizers_differ' },
    { name: 'a token more', ours: tokens(-1, -1), theirs: tokens(-1), reason: 'tokenizers_differ' },
    { name: 'no token at all', ours: tokens(), theirs: tokens(), reason: 'no_tokens' },
    { name: 'a text that one cannot read', ours: { ok: false, reason: 'too long' }, theirs: tokens(-1), reason: 'too long' },
    { name: 'an infinite log-probability', ours: tokens(-1), theirs: tokens(Number.NEGATIVE_INFINITY), reason: 'not_finite' },
  ])('$name: no score, never a zero', async ({ ours, theirs, reason }) => {
    const { scores } = await readBy(entry, ['x'], telling(ours, theirs));
    expect(reasonOf(scores[0])).toBe(reason);
  });

  test('two templates that write prompts of other lengths are no pair', async () => {
    const tells: NonNullable<Given['tells']> = async (operation) => {
      const told = await measuring(() => tokens(-1))(operation);
      const usage = { prompt_tokens: 'model' in operation.request && operation.request.model === 'tuned' ? 4 : 5 };
      return told.ok ? { ok: true, response: { ...told.response, usage } as never } : told;
    };
    expect(reasonOf((await readBy(entry, ['x'], { tells })).scores[0])).toBe('prompts_differ');
  });

  test('a call that failed is the reason of all; one that answers too few too', async () => {
    const failed = await readBy(entry, ['x', 'y'], { tells: () => ({ ok: false, reason: 'deadline_exceeded' }) });
    expect(failed.scores.map(reasonOf)).toEqual(['deadline_exceeded', 'deadline_exceeded']);
    const short: Given['tells'] = () => ({ ok: true, response: { results: [], usage: { prompt_tokens: 1 } } as never });
    expect((await readBy(entry, ['x'], { tells: short })).scores.map(reasonOf)).toEqual(['backend_error']);
  });

  test('without ends of steps there is a whole and no steps', async () => {
    const { scores } = await readBy(entry, ['x'], telling(tokens(...OURS), tokens(...THEIRS)));
    expect(scores[0]).not.toHaveProperty('steps');
    expect(numberOf(scores[0])).toBeCloseTo(0.065, 9);
  });

  test('many texts go in several calls, each with its own', async () => {
    const texts = Array.from({ length: 1100 }, (_, place) => `${place}`);
    const tells = measuring((text, { request }) => tokens(request.model === 'tuned' ? -Number(text) - 1 : -1));
    const { scores, reads } = await readBy({ ...entry, beta: 1 }, texts, { tells });
    expect(reads).toHaveLength(6);
    for (const [place, score] of scores.entries()) expect(numberOf(score)).toBe(0 - place);
  });

  test('steps sum to the whole, whatever the log-probabilities and the ends', async () => {
    const logprob = fc.double({ min: -50, max: 0, noNaN: true });
    const row = fc.array(fc.tuple(logprob, logprob), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(row, fc.integer({ min: 1, max: 5 }), async (pairs, count) => {
        const ends = Array.from({ length: count }, (_, step) => Math.round(((step + 1) * pairs.length) / count));
        const [ours, theirs] = [tokens(...pairs.map(([a]) => a)), tokens(...pairs.map(([, b]) => b))];
        const { scores } = await readBy(entry, ['x'], telling({ ...ours, step_ends: ends }, theirs));
        const steps = scores[0]?.ok ? (scores[0].steps as number[]) : [];
        expect(steps).toHaveLength(count);
        expect(steps.reduce((sum, step) => sum + step, 0)).toBeCloseTo(numberOf(scores[0]), 9);
      }),
    );
  });

  test('a backend without log-probabilities of given texts is refused; what it is, is told', () => {
    for (const backend of ['other', 'edge'])
      expect(refusal({ ...entry, backend })).toMatchObject({
        code: 'capability_missing',
        message: expect.stringContaining('kind'),
      });
    expect(refusal(entry)).toBeNull();
    expect(said(entry)).toMatchObject({ output: 'unknown', dependsOn: 'text' });
  });
});
