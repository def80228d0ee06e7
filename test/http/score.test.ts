import { expect, test } from 'vitest';
import { type ScoreAnswer, scoreAnswer } from '../../schemas/score.ts';
import { asked, bestOfN, expectRefusal, good, post } from './winnow.ts';

const right = '12 - 7 = 5 | 3 5 20\n20 - 5 = 15 | 3 15\n15 * 3 = 45 | 45';
const wrong = '12 - 7 = 4 | 3 4 20\n20 + 4 = 24 | 3 24\n24 * 3 = 45 | 45';

const score = async (body: object): Promise<ScoreAnswer> => good(await post('/v1/score', { ...asked, ...body }), scoreAnswer);

test('each candidate gets a score by the policy’s reward, in the order given', async () => {
  const both = await score({ candidates: [right, wrong] });
  const turned = await score({ candidates: [wrong, right] });
  expect(both.data.map(({ index }) => index)).toEqual([0, 1]);
  expect(both.data.map(({ scores }) => Object.keys(scores))).toEqual([['outcome'], ['outcome']]);
  const value = (answer: ScoreAnswer, index: number) => {
    const entry = answer.data[index]!.scores.outcome!;
    return entry.ok ? entry.value : Number.NaN;
  };
  expect(value(turned, 1)).toBeCloseTo(value(both, 0), 5);
  expect(value(turned, 0)).toBeCloseTo(value(both, 1), 5);
});

test('what a run scored is what the score route says of the same texts', async () => {
  const { candidates = [] } = await bestOfN({ n: 4, return: { candidates: 'all' } });
  const { data } = await score({ candidates: candidates.map(({ text }) => text) });
  for (const [place, { scores }] of candidates.entries()) {
    const [ran, alone] = [scores.outcome!, data[place]!.scores.outcome!];
    if (ran.ok && alone.ok) expect(alone.value).toBeCloseTo(ran.value, 4);
    else expect(ran.ok).toBe(false); // a cut one is not scored in the run
  }
});

test('a process reward has one number a step and its last as the value', async () => {
  const { data } = await score({ candidates: [right, '12 - 7 = 5 | 3 5 20\n'], rewards: ['process'] });
  for (const [place, steps] of [3, 1].entries()) {
    const entry = data[place]!.scores.process!;
    if (!entry.ok) throw new Error(entry.reason);
    expect(entry.steps).toHaveLength(steps);
    expect(entry.value).toBe(entry.steps?.at(-1));
  }
});

test('steps are scored by what stands before them alone: a text and its beginning agree', async () => {
  const { data } = await score({ candidates: [right, right.split('\n').slice(0, 2).join('\n')], rewards: ['process'] });
  const [whole, begun] = data.map(({ scores }) => (scores.process?.ok ? scores.process.steps! : []));
  expect(begun![0]).toBeCloseTo(whole![0]!, 4);
});

test.each(['min', 'prod', 'mean', 'geo', 'sumlogit', 'meanlogit'])(
  'the reduction %s is asked for by the request',
  async (reduction) => {
    const { data } = await score({ candidates: [right], rewards: [{ name: 'process', reduction }] });
    const entry = data[0]!.scores.process!;
    if (!entry.ok) throw new Error(entry.reason);
    const steps = entry.steps as number[];
    const logit = (value: number) => Math.log(value / (1 - value));
    const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
    const expected: Record<string, number> = {
      min: Math.min(...steps),
      prod: steps.reduce((product, value) => product * value, 1),
      mean: sum(steps) / steps.length,
      geo: steps.reduce((product, value) => product * value, 1) ** (1 / steps.length),
      sumlogit: sum(steps.map(logit)),
      meanlogit: sum(steps.map(logit)) / steps.length,
    };
    expect(entry.value).toBeCloseTo(expected[reduction]!, 6);
  },
);

test('equal texts are scored once and get one number', async () => {
  const { data, account, usage } = await score({ candidates: [right, right, wrong, right] });
  expect(account.rewards.outcome).toMatchObject({ calls: 1, candidates: 2 });
  expect(data[1]?.scores).toEqual(data[0]?.scores);
  expect(data[3]?.scores).toEqual(data[0]?.scores);
  expect(usage).toMatchObject({
    completion_tokens: 0,
    total_tokens: usage.prompt_tokens,
    prompt_tokens: account.rewards.outcome?.tokens,
  });
});

test('a text that the reward cannot read fails alone, with the reason', async () => {
  const { data } = await score({ candidates: [right, 'Ω', '', `${'1 '.repeat(300)}`] });
  expect(data.map(({ scores }) => scores.outcome?.ok).slice(0, 2)).toEqual([true, false]);
  for (const { scores } of data) if (!scores.outcome?.ok) expect(scores.outcome?.reason).not.toBe('');
  expect(data[3]?.scores.outcome?.ok).toBe(false);
});

test('a hundred candidates keep their order', async () => {
  const texts = Array.from({ length: 100 }, (_, place) => `${place} + 1 = ${place + 1} | ${place + 1}`);
  const all = await score({ candidates: texts });
  const one = await score({ candidates: [texts[57]] });
  const value = (entry: ScoreAnswer['data'][number]) => (entry.scores.outcome?.ok ? entry.scores.outcome.value : Number.NaN);
  expect(all.data.map(({ index }) => index)).toEqual(texts.map((_, place) => place));
  expect(value(all.data[57]!)).toBeCloseTo(value(one.data[0]!), 4);
});

test.each([
  { said: 'no candidates', body: { candidates: [] }, status: 422, code: 'no_candidates', param: 'candidates' },
  { said: 'candidates missing', body: {}, status: 400, code: 'missing_required_parameter', param: 'candidates' },
  {
    said: 'a candidate that is a number',
    body: { candidates: ['a', 7] },
    status: 400,
    code: 'invalid_value',
    param: 'candidates[1]',
  },
  {
    said: 'more candidates than the cap',
    body: { candidates: Array(10_001).fill('1') },
    status: 400,
    code: 'invalid_value',
    param: 'candidates',
  },
  {
    said: 'an unknown reward',
    body: { candidates: ['1'], rewards: ['nope'] },
    status: 404,
    code: 'model_not_found',
    param: 'rewards[0]',
  },
  {
    said: 'a policy as reward',
    body: { candidates: ['1'], rewards: ['puzzles'] },
    status: 404,
    code: 'model_not_found',
    param: 'rewards[0]',
  },
  {
    said: 'no reward',
    body: { candidates: ['1'], rewards: [] },
    status: 400,
    code: 'missing_required_parameter',
    param: 'rewards',
  },
  { said: 'an unknown policy', body: { candidates: ['1'], model: 'nope' }, status: 404, code: 'model_not_found', param: 'model' },
  { said: 'an unknown field', body: { candidates: ['1'], n: 2 }, status: 400, code: 'unknown_parameter', param: 'n' },
])('$said: $status $code at $param', async ({ body, ...refusal }) => {
  expectRefusal(await post('/v1/score', { ...asked, ...body }), refusal);
});
