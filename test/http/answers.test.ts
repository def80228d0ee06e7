/** Answers over HTTP: how they are found, why they are not, and whether they are right. A config of its own. */
import { describe, expect, inject, test } from 'vitest';
import { equivalenceResponse } from '../../schemas/equivalence.ts';
import { rewardList } from '../../schemas/models.ts';
import { scoreAnswer } from '../../schemas/score.ts';
import { selectAnswer } from '../../schemas/select.ts';
import shipped from '../../winnow.config.json' with { type: 'json' };
import { configured, shippedModels } from './configured.ts';
import { bestOfN, chain, expectRefusal, get, good, post } from './winnow.ts';

const { chains } = shipped.policies;
/** A server of others: it compares no formulas. */
const theirs = { kind: 'openai', url: `${inject('winnow').backendUrl}/v1` };
const config = {
  ...shipped,
  backends: { ...shipped.backends, theirs },
  policies: {
    ...shipped.policies,
    math: { ...chains, answer: { type: 'text' } },
    marked: {
      ...chains,
      answer: { type: 'number', methods: ['regex', 'json_pointer'], pattern: '#### (.+)', pointer: '/answer' },
    },
    letters: { ...chains, answer: { type: 'choice' } },
  },
  rewards: {
    ...shipped.rewards,
    right: { kind: 'equivalence', backend: 'local' },
    elsewhere: { kind: 'equivalence', backend: 'theirs' },
  },
  models: shippedModels,
};

const call = configured(config);

const asked = { prompt: 'Simplify.' };
const score = async (body: object) => good(await post('/v1/score', { ...asked, rewards: ['right'], ...body }, call), scoreAnswer);
const boxed = (formula: string) => `So it is \\boxed{${formula}}.`;

describe('right answers', () => {
  test('formulas are compared by computer algebra, the rest without it', { timeout: 90_000 }, async () => {
    const formulas = ['x^2+2x+1', '(x+1)^2', '(1+x)(x+1)', '(x+1)^3', String.raw`\int_0^x 2t dt`, '|'.repeat(100)];
    const { data, account } = await score({
      model: 'math',
      candidates: [...formulas.map(boxed), 'I do not know.'],
      reference: '(x+1)(x+1)',
    });
    expect(data.map(({ scores: { right } }) => (right!.ok ? right!.value : right!.reason))).toEqual([
      1,
      1,
      1,
      0,
      'not_allowed',
      'timeout',
      0,
    ]);
    expect(data.at(-1)).toMatchObject({ answer: null, answer_reason: 'no_match' });
    expect(data[1]).toMatchObject({ answer: '(x+1)^2' });
    expect(data[1]).not.toHaveProperty('answer_reason');
    expect(account.rewards.right).toMatchObject({ calls: 1, candidates: 6 });
  });

  test.each([
    ['5 cm', '0.05 m', 1],
    [String.raw`\{3, 1\}`, '{1, 3.0}', 1],
    ['[1,2)', '[1,2]', 0],
    ['50%', '0.5', 0],
    [String.raw`\frac{\sqrt{8}}{2}`, String.raw`\sqrt{2}`, 1],
    [String.raw`(\sqrt{8}, 1)`, String.raw`(2\sqrt{2}, 1)`, 1],
  ])('%s is %s: %s (methods G.8)', { timeout: 60_000 }, async (given, reference, value) => {
    const { data } = await score({ model: 'math', candidates: [boxed(given)], reference });
    expect(data[0]!.scores.right).toMatchObject({ ok: true, value });
  });

  test('a request says how they are compared', async () => {
    const rewards = [{ name: 'right', percent: 'divide', rel_tolerance: 0.01 }];
    const { data } = await score({ model: 'math', candidates: [boxed('50.1%'), boxed('52%')], reference: ['0.5', '9'], rewards });
    expect(data.map(({ scores: { right } }) => right!.ok && right!.value)).toEqual([1, 0]);
  });

  test('best-of-n over a real policy takes a right answer where one was sampled', async () => {
    const body = { messages: [{ role: 'user', content: chain }], model: 'chains', n: 16, sampling: { seed: 7 } };
    const reference = String((27 + 56 + 17) * 9);
    const answer = await bestOfN(
      { ...body, reference, rewards: ['right'], selection: 'argmax', return: { candidates: 'all' } },
      call,
    );
    const right = answer.candidates!.filter(({ scores }) => scores.right!.ok && scores.right!.value === 1);
    expect(right.map((candidate) => candidate.answer)).toEqual(right.map(() => reference));
    expect(right.length).toBeGreaterThan(0);
    expect(answer.choice.answer).toBe(reference);
  });

  test('refused: no reference, a backend without algebra, an unknown option', async () => {
    const body = { ...asked, candidates: ['5'], model: 'math' };
    const capability = { status: 422, code: 'capability_missing' };
    expectRefusal(await post('/v1/score', { ...body, rewards: ['right'] }, call), { ...capability, says: /reference/ });
    const elsewhere = { ...body, rewards: ['elsewhere'], reference: '5' };
    expectRefusal(await post('/v1/score', elsewhere, call), { ...capability, says: /computer algebra/ });
    const odd = { ...body, reference: '5', rewards: [{ name: 'right', percent: 'both' }] };
    expectRefusal(await post('/v1/score', odd, call), { status: 400, code: 'invalid_value', says: /strict/ });
  });

  test('GET /v1/rewards tells what it is and takes', async () => {
    const { data } = good(await get('/v1/rewards', call), rewardList);
    const entry = data.find(({ name }) => name === 'right');
    expect(entry).toMatchObject({ kind: 'equivalence', output: 'probability', range: [0, 1] });
    expect(Object.keys((entry!.options as { properties: object }).properties)).toContain('rel_tolerance');
  });
});

describe('why there is no answer', () => {
  test('select names each candidate that says none, and why', async () => {
    const texts = [boxed('1'), 'nothing', String.raw`\boxed{1`, String.raw`\boxed{}`, boxed('1.0')];
    const body = { candidates: texts.map((text) => ({ text })), model: 'math', selection: 'majority_vote' };
    const answer = good(await post('/v1/select', body, call), selectAnswer);
    expect(answer.unread).toEqual([
      { index: 1, answer_reason: 'no_match' },
      { index: 2, answer_reason: 'unclosed' },
      { index: 3, answer_reason: 'empty' },
    ]);
    expect(answer.choice).toEqual({ index: 0, text: texts[0], answer: '1' });
  });

  test('the chosen one, too', async () => {
    const body = { candidates: [{ text: String.raw`\boxed{A or B}` }], model: 'letters' };
    expect(good(await post('/v1/select', body, call), selectAnswer).choice).toMatchObject({
      answer: null,
      answer_reason: 'ambiguous',
    });
  });

  test('a candidate that was cut says so', async () => {
    const body = { messages: [{ role: 'user', content: chain }], model: 'chains', n: 2, sampling: { seed: 1, max_tokens: 8 } };
    const answer = await bestOfN({ ...body, return: { candidates: 'all' } }, call);
    expect(answer.choice).toMatchObject({ answer: null, answer_reason: 'truncated' });
    expect(answer.candidates!.map((candidate) => candidate.answer_reason)).toEqual(['truncated', 'truncated']);
  });

  test('without an extractor there is no reason to tell', async () => {
    const answer = await bestOfN({ model: 'puzzles', n: 1, return: { candidates: 'all' } }, call);
    expect(answer.choice.answer).toBeNull();
    expect(answer.choice).not.toHaveProperty('answer_reason');
  });
});

test('a pattern and a pointer of the config find answers, in their order', async () => {
  const texts = ['#### 41\n#### 42', '{"answer": 42.0}', '{"answer": 1} #### 42', '42'];
  const body = { candidates: texts.map((text) => ({ text })), model: 'marked', selection: 'majority_vote' };
  const { clusters, unread } = good(await post('/v1/select', body, call), selectAnswer);
  expect(clusters).toMatchObject([{ answer: 'q:42/1', members: [0, 1, 2] }]);
  expect(unread).toEqual([{ index: 3, answer_reason: 'no_match' }]);
});

describe('the route of the backend', () => {
  const equivalence = (body: object) => post('/equivalence', body, { url: call.backendUrl! });

  test('compares, within its deadline', { timeout: 60_000 }, async () => {
    const pairs = [
      { given: 'x+x', reference: '2x' },
      { given: '9^{9^{9^{9}}}', reference: '1' },
    ];
    const { results } = good(await equivalence({ pairs, deadline_ms: 30_000 }), equivalenceResponse);
    expect(results.map(({ equal }) => equal)).toEqual([true, 'unknown']);
    const late = good(await equivalence({ pairs, deadline_ms: 1 }), equivalenceResponse);
    expect(late.results.map(({ reason }) => reason)).toEqual(['timeout', 'timeout']);
  });

  test.each([
    [{ pairs: [], deadline_ms: 1 }],
    [{ pairs: [{ given: 'x'.repeat(2001), reference: 'x' }], deadline_ms: 1 }],
    [{ pairs: [{ given: 'x', reference: 'x', rel_tolerance: -1 }], deadline_ms: 1 }],
    [{ pairs: Array.from({ length: 1025 }, () => ({ given: 'x', reference: 'x' })), deadline_ms: 1 }],
  ])('refuses what is out of bounds', async (body) => {
    expect((await equivalence(body)).status).toBe(400);
  });
});
