import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ReadOperation } from '../../src/operation.ts';
import { spellings } from '../../src/rewards/judge-next-token.ts';
import { kindOf, namedReward } from '../../src/rewards/registry.ts';
import { expectation } from '../../src/rewards/score-token-expectation.ts';
import { drawn, entryOf, judgedBy, lookup, numberOf, subject, textOf, told } from './judging.ts';

const worked = [-4.2, -2.7, -1.4, -0.9, -2.4];
const values = [1, 2, 3, 4, 5];

test('the worked example: expectation, spread and mass (methods B.10)', () => {
  const found = expectation(worked, values, 0.5);
  if (!found.ok) throw new Error(found.reason);
  expect(found.mass).toBeCloseTo(0.826085667, 9);
  for (const [place, probability] of [0.018152569, 0.081354169, 0.29851258, 0.492164041, 0.109816641].entries())
    expect(found.probabilities[place]).toBeCloseTo(probability, 9);
  expect(found.value).toBeCloseTo(3.594138017185653, 9);
  expect(found.spread).toBeCloseTo(0.855800833, 9);
  expect((found.value - 1) / 4).toBeCloseTo(0.648534504, 9);
  const unnormalised = worked.reduce((sum, log, place) => sum + Math.exp(log) * values[place]!, 0);
  expect(unnormalised).toBeCloseTo(2.9690659, 6); // what it would be with the mass that leaked: lower for that alone
});

test('yes against no (methods B.10, GenRM)', () => {
  const found = expectation([Math.log(0.6), Math.log(0.2)], [1, 0], 0.5);
  expect(found.ok && found.value).toBeCloseTo(0.75, 9);
});

test.each([
  { name: 'too little mass', logprobs: [Math.log(0.3), Math.log(0.1)], reason: 'low_mass' },
  { name: 'nothing at all', logprobs: [null, null], reason: 'low_mass' },
  { name: 'impossible tokens', logprobs: [Number.NEGATIVE_INFINITY, null], reason: 'low_mass' },
  { name: 'more than one distribution', logprobs: [Math.log(0.9), Math.log(0.2)], reason: 'not_one_distribution' },
  { name: 'no number', logprobs: [Number.NaN, 0], reason: 'not_one_distribution' },
  { name: 'infinitely likely', logprobs: [Number.POSITIVE_INFINITY, 0], reason: 'not_one_distribution' },
])('$name is no score (methods B.10)', ({ logprobs, reason }) => {
  expect(expectation(logprobs, [1, 0], 0.5)).toMatchObject({ ok: false, reason });
});

test('a missing token counts as 0 where the others have the mass (methods B.10)', () => {
  const found = expectation([Math.log(0.6), null, Math.log(0.2)], [1, 2, 3], 0.5);
  expect(found.ok && found.value).toBeCloseTo(1.5, 9);
});

test('an expectation lies between the least and the most value, and its probabilities sum to 1', () => {
  const logs = fc.array(fc.double({ min: -30, max: -2, noNaN: true }), { minLength: 2, maxLength: 7 });
  fc.assert(
    fc.property(logs, (logprobs) => {
      const worth = logprobs.map((_, place) => place);
      const found = expectation(logprobs, worth, 1e-30);
      if (!found.ok) throw new Error(found.reason);
      expect(found.probabilities.reduce((sum, one) => sum + one, 0)).toBeCloseTo(1, 9);
      expect(found.value).toBeGreaterThanOrEqual(-1e-9);
      expect(found.value).toBeLessThanOrEqual(logprobs.length - 1 + 1e-9);
    }),
  );
});

test('an answer is asked for with and without a space, a word also with a capital; a letter is not its other case', () => {
  expect(spellings('4')).toEqual(['4', ' 4']);
  expect(spellings('A')).toEqual(['A', ' A']);
  expect(spellings('yes')).toEqual(['yes', ' yes', 'Yes', ' Yes']);
});

const token = { kind: 'score_token' };
const tells =
  (...logprobs: readonly number[]) =>
  () =>
    told(logprobs);

test('our own backend reads the token after a forced beginning, and nothing is sampled', async () => {
  const { scores, reads, asked } = await judgedBy(token, ['a', 'b'], { tells: tells(...worked) });
  expect(asked).toHaveLength(0);
  expect(reads).toHaveLength(2);
  expect(reads[0]).toMatchObject({
    reading: 'logprobs',
    request: {
      continuations: [{ text: 'Score:' }, { text: 'Score: ' }],
      answers: [...['1', '2', '3', '4', '5'].map((one) => [one, ` ${one}`]), [' ']],
    },
  });
  expect(numberOf(scores[0])).toBeCloseTo(0.648534504, 9);
  expect(scores[0]!.detail).toMatchObject({ mass: expect.closeTo(0.826085667, 9), spread: expect.closeTo(0.855800833 / 4, 9) });
});

test('where a space is a token of its own, what follows it counts as far as the space is probable', async () => {
  const none = Number.NEGATIVE_INFINITY;
  const entry = { ...token, tokens: { 1: 1, 2: 2 }, output: 'raw' };
  const reads = () => told([Math.log(0.05), none], Math.log(0.9), [Math.log(0.5), Math.log(0.4)]);
  const { scores } = await judgedBy(entry, ['a'], { tells: reads });
  const [one, two] = [0.05 + 0.9 * 0.5, 0.9 * 0.4];
  expect(scores[0]!.detail!.mass).toBeCloseTo(one + two, 9);
  expect(numberOf(scores[0])).toBeCloseTo((one + 2 * two) / (one + two), 9);
});

test('or raw, by the worth of each token', async () => {
  const { scores } = await judgedBy({ ...token, output: 'raw' }, ['a'], { tells: tells(...worked) });
  expect(numberOf(scores[0])).toBeCloseTo(3.594138017185653, 9);
  const named = namedReward('judge', {}, { ...lookup, rewards: { judge: entryOf({ ...token, output: 'raw' }) } });
  expect(kindOf(named.config).scale(named)).toEqual({ output: 'unknown', range: [1, 5] });
});

test('too little mass, and a backend that fails, are failures with their reasons', async () => {
  const low = await judgedBy(token, ['a'], { tells: tells(-5, -5, -5, -5, -5) });
  expect(low.scores[0]).toEqual({ ok: false, reason: 'low_mass', detail: { mass: 5 * Math.exp(-5) } });
  const failed = await judgedBy(token, ['a'], { tells: () => ({ ok: false, reason: 'backend_unreachable' }) });
  expect(failed.scores[0]).toEqual({ ok: false, reason: 'backend_unreachable' });
});

test('a server of others draws one token and tells 20 alternatives; both spellings count', async () => {
  const says = () => ({ text: ' 4', logprobs: drawn({ ' 4': 0.5, '4': 0.2, ' 5': 0.1, the: 0.1 }) });
  const { scores, asked, reads } = await judgedBy({ ...token, policy: 'other', output: 'raw' }, ['a'], { says });
  expect(reads).toHaveLength(0);
  expect(asked).toMatchObject([
    { role: 'judge', policy: 'other', topLogprobs: 20, sampling: { temperature: 0, max_tokens: 1 }, prefixes: [{ text: '' }] },
  ]);
  expect(numberOf(scores[0])).toBeCloseTo((0.7 * 4 + 0.1 * 5) / 0.8, 9);
  expect(scores[0]!.detail!.mass).toBeCloseTo(0.8, 9);
});

test('where it can go on with an answer that was begun, it is begun', async () => {
  const says = () => ({ text: 'yes', logprobs: drawn({ Yes: 0.3, ' yes': 0.3, no: 0.2 }) });
  const entry = { ...token, policy: 'begins', tokens: { yes: 1, no: 0 }, prefix: 'Right:' };
  const { scores, asked } = await judgedBy(entry, ['a'], { says });
  expect(asked[0]!.prefixes).toMatchObject([{ text: 'Right:' }]);
  expect(asked[0]!.reward).toBe('judge');
  expect(numberOf(scores[0])).toBeCloseTo(0.75, 9);
});

test('without log-probabilities in the answer there is no score', async () => {
  const { scores } = await judgedBy({ ...token, policy: 'other' }, ['a'], { says: () => '4' });
  expect(scores[0]).toEqual({ ok: false, reason: 'no_logprobs' });
});

test('a rubric is a question for each item, and their weighted mean (methods B.10, B.3)', async () => {
  const rubric = [
    { name: 'clear', weight: 3 },
    { name: 'short', description: 'No filler.' },
  ];
  const byItem = ({ request }: ReadOperation) => told(JSON.stringify(request).includes('clear') ? [0, -99] : [-99, 0]);
  const { scores, reads } = await judgedBy({ ...token, tokens: { good: 1, bad: 0 }, rubric }, ['a'], { tells: byItem });
  expect(reads).toHaveLength(2);
  expect(numberOf(scores[0])).toBeCloseTo(0.75, 9);
  expect(scores[0]!.detail).toMatchObject({
    parts: { clear: { value: expect.closeTo(1, 9) }, short: { value: expect.closeTo(0, 9) } },
  });
});

test('the judge may give its reasons first; the token is read after them', async () => {
  const says = () => '<think>hm</think>It is short.';
  const { scores, asked, reads } = await judgedBy({ ...token, reasoning_tokens: 64 }, ['a'], { says, tells: tells(...worked) });
  expect(asked[0]!.reward).toBe('judge');
  expect(asked).toMatchObject([{ role: 'judge', sampling: { max_tokens: 64 } }]);
  const { prompt } = reads[0]!.request as { prompt: Parameters<typeof textOf>[0] };
  expect(textOf(prompt)).toMatch(/assistant: It is short\.\n---\nuser: /);
  expect(scores[0]!.ok).toBe(true);
  const cut = await judgedBy({ ...token, reasoning_tokens: 64 }, ['a'], { says: () => '<think>hm', tells: tells(...worked) });
  expect(cut.scores[0]).toEqual({ ok: false, reason: 'unclosed_reasoning' });
});

test.each([
  { entry: { policy: 'writer' }, tokens: 0 },
  { entry: { policy: 'other' }, tokens: 3 },
  { entry: { policy: 'other', rubric: [{ name: 'a' }, { name: 'b' }] }, tokens: 6 },
  { entry: { policy: 'writer', reasoning_tokens: 64 }, tokens: 3 * 64 },
  { entry: {}, tokens: 3 }, // whose policy judges is not known: a token each at most
])('three candidates may cost $tokens sampled tokens: $entry', ({ entry, tokens }) => {
  const config = entryOf({ ...token, ...entry });
  const named = namedReward('judge', {}, { ...lookup, rewards: { judge: config } });
  expect(kindOf(config).sampledTokens(named, 3)).toBe(tokens);
});

test('a server that tells no log-probabilities is refused', () => {
  const config = entryOf({ ...token, policy: 'silent' });
  const named = namedReward('judge', {}, { ...lookup, rewards: { judge: config } });
  expect(() => kindOf(config).refuse(named, subject, 'rewards')).toThrow(/tells none/);
});

test.each([
  [{ ...token, tokens: { 1: 1 } }, /2 to 20/],
  [{ ...token, tokens: { yes: 1, no: 1 } }, /one value/],
  [{ ...token, tokens: { yes: 1, Yes: 0 } }, /case alone/],
  [{ ...token, tokens: { 'a b': 1, c: 2 } }, /white space/],
])('%j is no entry', (entry, says) => {
  expect(() => entryOf(entry)).toThrow(says);
});
