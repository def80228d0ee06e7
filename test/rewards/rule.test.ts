import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WinnowError } from '../../schemas/errors.ts';
import { loadConfig } from '../../src/config/load.ts';
import { kindOf } from '../../src/rewards/registry.ts';
import { Meter } from '../../src/rewards/rules/meter.ts';
import shipped from '../../winnow.config.json' with { type: 'json' };
import { candidate } from '../drive.ts';
import { about, composed, refuse } from './composed.ts';

const words = (max: number, more: object = {}) => ({ check: 'length', unit: 'words', max, ...more });
const scored = (checks: object[], texts: readonly string[], more: object = {}) =>
  composed({ entry: { kind: 'rule', checks, ...more }, members: {}, candidates: texts }).scores;

describe('the score is the weighted share of checks that pass (methods B.5)', () => {
  const checks = [words(2, { weight: 3 }), { check: 'regex', pattern: 'b' }];
  test.each([
    ['a b', 1],
    ['a a', 0.75],
    ['a b c', 0.25],
    ['a a a', 0],
  ])('%j scores %d', (text, value) => {
    expect(scored(checks, [text])[0]).toMatchObject({ ok: true, value });
  });

  test('`all` is 1 where every one passes, else 0', () => {
    expect(scored(checks, ['a b', 'a a'], { require: 'all' })).toMatchObject([{ value: 1 }, { value: 0 }]);
  });

  test('checks of the request come after those of the config, and it may ask for all', () => {
    const { scores } = composed({
      entry: { kind: 'rule', checks: [words(2)] },
      options: { checks: [{ check: 'regex', pattern: 'b', name: 'has b' }], require: 'all' },
      members: {},
      candidates: ['a a'],
    });
    expect(scores[0]).toEqual({
      ok: true,
      value: 0,
      detail: {
        checks: [
          { check: 'length', passed: true },
          { check: 'has b', passed: false, why: 'no match' },
        ],
      },
    });
  });

  test('it is always within 0 and 1, 1 iff all pass, and adding a check that passes never lowers it', () => {
    const limit = fc.record({ max: fc.integer({ min: 0, max: 6 }), weight: fc.double({ min: 0.01, max: 1000, noNaN: true }) });
    fc.assert(
      fc.property(fc.array(limit, { minLength: 1, maxLength: 8 }), fc.integer({ min: 0, max: 6 }), (limits, count) => {
        const text = Array(count).fill('w').join(' ');
        const given = limits.map(({ max, weight }) => words(max, { weight }));
        const [score] = scored(given, [text]);
        const [more] = scored([...given, words(9)], [text]);
        if (!score!.ok || !more!.ok) throw new Error('undecided');
        expect(score!.value).toBeGreaterThanOrEqual(0);
        expect(score!.value === 1).toBe(limits.every(({ max }) => max >= count));
        expect(more!.value).toBeGreaterThanOrEqual(score!.value);
      }),
    );
  });
});

describe('a check that cannot be decided is no failed one', () => {
  const open = { check: 'language', is: 'en' };
  test('it leaves no share', () => {
    expect(scored([words(2), open], ['Hi'])[0]).toEqual({
      ok: false,
      reason: 'undecided',
      detail: {
        checks: [
          { check: 'length', passed: true },
          { check: 'language', passed: null, why: 'too short to tell its language' },
        ],
      },
    });
  });
  test('of all, one that failed decides whatever it would say', () => {
    expect(scored([words(0), open], ['Hi'], { require: 'all' })[0]).toMatchObject({ ok: true, value: 0 });
    expect(scored([words(2), open], ['Hi'], { require: 'all' })[0]).toMatchObject({ ok: false, reason: 'undecided' });
  });
  test('a candidate of more than a megabyte is not read', () => {
    expect(scored([words(2)], ['a'.repeat(1_048_577), 'a'])).toMatchObject([{ ok: false, reason: 'undecided' }, { ok: true }]);
  });
});

test('each check has means of its own, and all have some together', () => {
  const meter = new Meter(1_500_000);
  meter.begin();
  expect(() => meter.spend(1_000_001)).toThrow('one check');
  expect(() => meter.spend(0)).toThrow('one check');
  meter.begin();
  meter.spend(400_000);
  expect(() => meter.spend(200_000)).toThrow('all checks together');
  meter.begin();
  expect(() => meter.spend(0)).toThrow('all checks together');
});

test('many checks of many candidates share one means: what is left when it is spent is undecided, and never slow', () => {
  const heavy = { check: 'cel', expression: 'words.all(a, words.all(b, words.all(c, true)))' };
  const began = performance.now();
  const scores = scored(
    Array(8).fill(heavy),
    Array.from({ length: 64 }, (_, place) => `${'w '.repeat(500)}${place}`),
  );
  expect(scores.every(({ ok }) => !ok)).toBe(true);
  expect(performance.now() - began).toBeLessThan(60_000); // 512 of them would take minutes
}, 90_000);

test('4,096 candidates are scored', () => {
  const checks = [words(20), { check: 'regex', pattern: '^candidate' }, { check: 'keywords', include: ['7'] }];
  const scores = scored(
    checks,
    Array.from({ length: 4096 }, (_, place) => `candidate number ${place}`),
  );
  expect(scores.every(({ ok }) => ok)).toBe(true);
  expect(scores[7]).toMatchObject({ value: 1 });
  expect(scores[8]).toMatchObject({ value: 2 / 3 });
}, 30_000);

describe('what a request must bring', () => {
  const given = (checks: object[], more: object = {}) => ({
    entry: { kind: 'rule' },
    options: { checks },
    members: {},
    candidates: [],
    ...more,
  });
  const refusal = (run: () => void): WinnowError => {
    try {
      run();
    } catch (error) {
      if (error instanceof WinnowError) return error;
      throw error;
    }
    throw new Error('nothing was refused');
  };
  test('a check', () => {
    expect(refusal(() => refuse(given([])))).toMatchObject({ code: 'missing_required_parameter', param: 'rewards[0]' });
  });
  test('a reference, where a check compares with one', () => {
    const match = [{ check: 'match', mode: 'exact' }];
    expect(refusal(() => refuse(given(match)))).toMatchObject({ code: 'capability_missing' });
    refuse(given(match, { references: ['a'] }));
    expect(refusal(() => refuse(given([{ check: 'cel', expression: 'text == reference' }]))).message).toMatch(/reference/);
  });
  test('a policy that reads answers, where a check asks for one', () => {
    expect(refusal(() => refuse(given([{ check: 'answer_equals', value: '3' }])))).toMatchObject({ code: 'capability_missing' });
    expect(refusal(() => refuse(given([{ check: 'cel', expression: 'answer == "3"' }]))).message).toMatch(/answer/);
  });
  test('a check that is one: the place of the fault is told', () => {
    const read = kindOf({ kind: 'rule' }).options.safeParse({ checks: [words(2), { check: 'regex', pattern: '(' }] });
    expect(read.error?.issues[0]).toMatchObject({ path: ['checks', 1, 'pattern'], message: expect.stringMatching(/RE2/) });
    expect(kindOf({ kind: 'rule' }).options.safeParse({ checks: Array(33).fill(words(2)) }).success).toBe(false);
    expect(kindOf({ kind: 'rule' }).options.safeParse({ checks: [words(2, { mx: 3 })] }).success).toBe(false);
  });
});

test('a config with a check or an expression that is none does not start', () => {
  const of = (rewards: object) => () => loadConfig({ ...shipped, rewards: { ...shipped.rewards, ...rewards } });
  expect(of({ it: { kind: 'rule', checks: [words(2), { check: 'cel', expression: '1 +' }] } })).toThrow(
    /winnow\.config\.json: rewards\.it: checks\[1\]\.expression: /,
  );
  expect(of({ it: { kind: 'expression', expression: { var: 'other' } } })).toThrow(/rewards\.it: .*no variable "other"/);
  expect(of({ it: { kind: 'expression', members: { a: 'none' } } })).toThrow(/nothing is named "none"/);
  expect(of({ it: { kind: 'rule', checks: [words(2)] }, that: { kind: 'expression', members: { a: 'it' } } })).not.toThrow();
});

test('equal texts are checked once, unless their tokens are counted', () => {
  const of = (checks: object[]) => about({ entry: { kind: 'rule', checks }, members: {}, candidates: [] });
  expect(of([words(2)])).toMatchObject({ dependsOn: 'text', scale: { output: 'probability', range: [0, 1] } });
  expect(of([{ check: 'length', unit: 'tokens', max: 3 }]).dependsOn).toBe('candidate');
  expect(of([{ check: 'cel', expression: 'tokens > 3' }]).dependsOn).toBe('candidate');
  const counted = composed({
    entry: { kind: 'rule', checks: [{ check: 'length', unit: 'tokens', max: 3 }] },
    members: {},
    candidates: [candidate('0.0', 'abc'), candidate('0.1', 'abcd')],
  });
  expect(counted.scores).toMatchObject([{ value: 1 }, { value: 0 }]);
});
