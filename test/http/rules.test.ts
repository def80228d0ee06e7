/** Checks and expressions on the running system: the packaged policy's own candidates, and texts that a caller brings. */
import { describe, expect, test } from 'vitest';
import { rewardList } from '../../schemas/models.ts';
import { type ScoreAnswer, scoreAnswer } from '../../schemas/score.ts';
import shipped from '../../winnow.config.json' with { type: 'json' };
import { configured, shippedModels } from './configured.ts';
import { asked, bestOfN, chain, expectRefusal, get, good, post } from './winnow.ts';

/** Ends with the number that was asked for, by three operations. */
const solved = { check: 'regex', pattern: String.raw`(?m)= 45 \|[^|\n]*$`, name: 'solved' };
const config = {
  ...shipped,
  rewards: {
    ...shipped.rewards,
    rules: { kind: 'rule' },
    puzzle: { kind: 'rule', checks: [solved, { check: 'length', unit: 'lines', min: 3, max: 3 }], require: 'all' },
    mixed: {
      kind: 'expression',
      members: { judged: 'outcome', right: 'puzzle' },
      expression: {
        op: 'sub',
        args: [
          { op: 'add', args: [{ op: 'sigmoid', args: [{ var: 'judged' }] }, { var: 'right' }] },
          { op: 'mul', args: [0.001, { op: 'min', args: [{ var: 'tokens' }, 100] }] },
        ],
      },
    },
    free: { kind: 'expression', members: { judged: 'outcome' } },
  },
  models: shippedModels,
};

const call = configured(config);

const rules = (...checks: object[]) => [{ name: 'rules', checks }];
const score = async (body: object): Promise<ScoreAnswer> =>
  good(await post('/v1/score', { ...asked, ...body }, call), scoreAnswer);
/** What the rules say of each candidate: a number, or why there is none. */
const said = async (candidates: string[], checks: object[], more: object = {}) =>
  (await score({ candidates, rewards: rules(...checks), ...more })).data.map(({ scores }) => {
    const entry = scores.rules!;
    return entry.ok ? entry.value : entry.reason;
  });

describe('every check, by /v1/score', () => {
  const text = 'Dear Ada,\n\n- *Tea* at 4.\n- Bread.\n\nP.S. Bring {"cups": 3}';
  test.each([
    { check: 'cel', expression: 'json.cups == 3 && size(lines) == 4 && text.matches("T.a")' },
    { check: 'regex', pattern: '^Dear \\w+' },
    { check: 'json_schema', schema: { required: ['cups'], properties: { cups: { type: 'integer' } } }, document: 'last' },
    { check: 'length', unit: 'words', min: 11, max: 11 },
    { check: 'keywords', include: ['tea'], exclude: ['coffee'] },
    { check: 'contains', all: ['{"cups"'] },
    { check: 'format', form: 'bullet_list', min: 2, max: 2 },
    { check: 'case', form: 'capital_words', max: 0 },
    { check: 'language', is: 'en' },
    { check: 'starts_with', text: 'dear' },
    { check: 'ends_with', text: '}' },
    { check: 'repetition', n: 2, max_repeated: 0 },
    { check: 'match', mode: 'text', of: 'text' },
    { check: 'numeric_range', min: 3, max: 3 },
  ])('$check', async (check) => {
    const more = { reference: check.check === 'match' ? text : undefined };
    expect(await said([text, 'x'], [check], more)).toEqual([1, check.check === 'language' ? 'undecided' : expect.any(Number)]);
    expect((await said(['Oui, c\u2019est une r\u00E9ponse tout autre.\nnon non non non'], [check], more))[0]).toBe(
      check.check === 'case' ? 1 : 0,
    );
  });

  test('answer_equals, by the way the policy reads answers', async () => {
    const body = { messages: [{ role: 'user', content: chain }], model: 'chains' };
    const candidates = ['27 + 56 = 83\n83 + 17 = 100\n100 * 9 = 900\nThe answer is 900.', 'The answer is 90.', 'none'];
    const checks = [{ check: 'answer_equals', value: '1800/2' }];
    expect(await said(candidates, checks, body)).toEqual([1, 0, 0]);
    expect(await said(candidates, [{ check: 'match', mode: 'numeric' }], { ...body, reference: ['5', '900'] })).toEqual([
      1, 0, 0,
    ]);
  });

  test('the verdict of each check is told, and why it failed', async () => {
    const checks = [{ check: 'length', unit: 'words', max: 1, weight: 3 }, solved];
    const { data } = await score({ candidates: ['a', 'a b'], rewards: rules(...checks) });
    expect(data.map(({ scores }) => scores.rules)).toEqual([
      {
        ok: true,
        value: 0.75,
        detail: {
          checks: [
            { check: 'length', passed: true },
            { check: 'solved', passed: false, why: 'no match' },
          ],
        },
      },
      {
        ok: true,
        value: 0,
        detail: {
          checks: [
            { check: 'length', passed: false, why: '2 words, at most 1 allowed' },
            { check: 'solved', passed: false, why: 'no match' },
          ],
        },
      },
    ]);
  });
});

describe('the candidates of the packaged policy', () => {
  test('best of 16 by a rule is one that passes, where one does, and nothing is spent on rewards', async () => {
    const answer = await bestOfN({ budget: 16, sampling: { seed: 1 }, rewards: ['puzzle'] }, call);
    const values = answer.candidates!.map(({ scores }) => scores.puzzle!);
    expect(values.every(({ ok }) => ok)).toBe(true);
    const passing = answer.candidates!.filter(({ scores }) => scores.puzzle!.ok && scores.puzzle!.value === 1);
    expect(passing.length).toBeGreaterThan(0);
    expect(passing.map(({ index }) => index)).toContain(answer.choice.index);
    expect(answer.choice.message.content).toMatch(/= 45 \|/);
    expect(answer.account.rewards.puzzle?.tokens ?? 0).toBe(0);
  });

  test('tokens are counted by the policy', async () => {
    const checks = [
      { check: 'length', unit: 'tokens', max: 40 },
      { check: 'cel', expression: 'tokens <= 40' },
    ];
    const { candidates } = await bestOfN({ budget: 8, sampling: { seed: 3 }, rewards: rules(...checks) }, call);
    for (const { tokens, scores } of candidates!) expect(scores.rules).toMatchObject({ ok: true, value: tokens <= 40 ? 1 : 0 });
  });

  test('an expression joins a model, a rule and a count', async () => {
    const body = { budget: 4, sampling: { seed: 2 }, rewards: ['mixed', 'outcome', 'puzzle'] };
    const { candidates } = await bestOfN({ ...body, selection: { rule: 'argmax', reward: 'mixed' } }, call);
    for (const { tokens, scores } of candidates!) {
      const [mixed, outcome, puzzle] = [scores.mixed!, scores.outcome!, scores.puzzle!];
      if (!(mixed.ok && outcome.ok && puzzle.ok)) throw new Error('a score failed');
      const expected = 1 / (1 + Math.exp(-outcome.value)) + puzzle.value - 0.001 * Math.min(tokens, 100);
      expect(mixed.value).toBeCloseTo(expected, 9);
    }
  });

  test('a request brings its own expression', async () => {
    const expression = { op: 'mul', args: [2, { op: 'sigmoid', args: [{ var: 'judged' }] }] };
    const candidates = ['3 + 7 = 10 | 10 12 20', '20 - 12 = 8 | 3 7 8'];
    const { data } = await score({ candidates, rewards: [{ name: 'free', expression }, 'outcome'] });
    for (const { scores } of data) {
      const [free, outcome] = [scores.free!, scores.outcome!];
      if (!(free.ok && outcome.ok)) throw new Error('a score failed');
      expect(free.value).toBeCloseTo(2 / (1 + Math.exp(-outcome.value)), 9);
    }
  });
});

describe('what is refused, before anything is spent', () => {
  const refused = (rewards: unknown, more: object = {}) =>
    post('/v1/score', { ...asked, candidates: ['x'], rewards, ...more }, call);
  test.each([
    ['a pattern that is not RE2', [{ check: 'regex', pattern: '(?=a)' }], 'rewards[0].checks.0.pattern', /RE2/],
    [
      'one that compiles to too much',
      [{ check: 'regex', pattern: '(?:a?){500}a{500}' }],
      'rewards[0].checks.0.pattern',
      /instructions/,
    ],
    [
      'an expression with an unknown name',
      [{ check: 'cel', expression: 'process.env' }],
      'rewards[0].checks.0.expression',
      /Unknown variable/,
    ],
    [
      'a function that is not offered',
      [{ check: 'cel', expression: 'fetch("x") == 1' }],
      'rewards[0].checks.0.expression',
      /no function/,
    ],
    [
      'a schema that leads out',
      [{ check: 'json_schema', schema: { $ref: 'https://example.com' } }],
      'rewards[0].checks.0.schema',
      /\$ref/,
    ],
    ['a check that is none', [{ check: 'code', source: 'x' }], 'rewards[0].checks.0.check', /./],
  ])('%s', async (_, checks, param, says) => {
    expectRefusal(await refused([{ name: 'rules', checks }]), { status: 400, code: 'invalid_value', param, says });
  });
  test('a member that is none', async () => {
    const mistyped = [{ name: 'rules', checks: [{ check: 'length', unit: 'words', mx: 3 }] }];
    expectRefusal(await refused(mistyped), { status: 400, code: 'unknown_parameter', says: /"mx"/ });
  });
  test('no check at all, no reference, no answer', async () => {
    expectRefusal(await refused(['rules']), { status: 400, code: 'missing_required_parameter', param: 'rewards' });
    const match = [{ name: 'rules', checks: [{ check: 'match', mode: 'exact' }] }];
    expectRefusal(await refused(match), { status: 422, code: 'capability_missing', says: /reference/ });
    const equals = [{ name: 'rules', checks: [{ check: 'answer_equals', value: '3' }] }];
    expectRefusal(await refused(equals), { status: 422, code: 'capability_missing', says: /answer/ });
  });
  test('an expression that is none', async () => {
    const given = (expression: unknown) => refused([{ name: 'free', expression }]);
    expectRefusal(await given({ op: 'eval', args: ['1'] }), {
      status: 400,
      code: 'invalid_value',
      param: 'rewards[0].expression',
      says: /no operation "eval"/,
    });
    expectRefusal(await given({ var: 'other' }), {
      status: 400,
      code: 'invalid_value',
      param: 'rewards',
      says: /no variable "other"/,
    });
    expectRefusal(await given({ op: 'neg', args: [{ var: 'judged' }] }), {
      status: 400,
      code: 'invalid_value',
      param: 'rewards',
      says: /penalty_cap/,
    });
  });
  test('nesting of 10,000 levels', async () => {
    const deep = (open: string, close: string) => `${open.repeat(10_000)}1${close.repeat(10_000)}`;
    const body = (reward: string) => `{"messages":${JSON.stringify(asked.messages)},"candidates":["x"],"rewards":[${reward}]}`;
    const schema = `{"name":"rules","checks":[{"check":"json_schema","schema":${deep('{"not":', '}').replace('1', 'true')}}]}`;
    expectRefusal(await post('/v1/score', body(schema), call), { status: 400, code: 'invalid_value', says: /deeper than 64/ });
    const tree = `{"name":"free","expression":${deep('{"op":"neg","args":[', ']}')}}`;
    expectRefusal(await post('/v1/score', body(tree), call), { status: 400, code: 'invalid_value', says: /deeper than 16/ });
  });
});

describe('hostile, and bounded', () => {
  const within = async <T>(work: Promise<T>): Promise<T> => {
    const began = performance.now();
    const result = await work;
    expect(performance.now() - began).toBeLessThan(20_000);
    return result;
  };
  test('catastrophic patterns on a megabyte', async () => {
    const text = `${'a'.repeat(1_000_000)}!`;
    expect(await within(said([text], [{ check: 'regex', pattern: '(a+)+$' }]))).toEqual([0]);
    expect(await within(said([text], [{ check: 'regex', pattern: 'a.*b|a', min: 50_000 }]))).toEqual(['undecided']);
  });
  test('loops in loops, a text that doubles', async () => {
    const loops = { check: 'cel', expression: 'words.all(a, words.all(b, words.all(c, words.all(d, true))))' };
    const doubles = { check: 'cel', expression: 'cel.bind(a, text + text, cel.bind(b, a + a, cel.bind(c, b + b, size(c) > 0)))' };
    expect(await within(said(['w '.repeat(3000)], [loops]))).toEqual(['undecided']);
    expect(await within(said(['w'.repeat(400_000)], [doubles]))).toEqual(['undecided']);
  });
  test('JSON of depth 10,000, and a schema that branches thirty times', async () => {
    const $defs: Record<string, unknown> = { d30: false };
    for (let level = 0; level < 30; level++)
      $defs[`d${level}`] = { anyOf: [{ $ref: `#/$defs/d${level + 1}` }, { $ref: `#/$defs/d${level + 1}` }] };
    const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
    expect(await within(said([deep], [{ check: 'json_schema', schema: { type: 'array' } }]))).toEqual(['undecided']);
    expect(await within(said(['1'], [{ check: 'json_schema', schema: { $ref: '#/$defs/d0', $defs } }]))).toEqual(['undecided']);
  });
  test('4,096 candidates', async () => {
    const candidates = Array.from({ length: 4096 }, (_, place) => `candidate number ${place}`);
    const values = await within(
      said(candidates, [
        { check: 'regex', pattern: '7$' },
        { check: 'length', unit: 'words', max: 3 },
      ]),
    );
    expect(values[7]).toBe(1);
    expect(values[8]).toBe(0.5);
    expect(values).toHaveLength(4096);
  });
});

test('/v1/rewards describes both kinds with the schema of what a request may say', async () => {
  const { data } = good(await get('/v1/rewards', call), rewardList);
  const entry = (id: string) => JSON.stringify(data.find((one) => one.name === id));
  expect(entry('rules')).toMatch(/"kind":"rule"/);
  expect(entry('rules')).toMatch(/json_schema.*numeric_range/);
  expect(entry('free')).toMatch(/penalty_cap/);
});
