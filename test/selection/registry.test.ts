import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ruleSchema, rules, startRule } from '../../src/selection/registry.ts';
import { choose, contenders } from './contenders.ts';

/** All that api.md 1 names. */
const served = [
  'argmax',
  'majority_vote',
  'weighted_vote',
  'softmax',
  'minimum_bayes_risk',
  'universal_consistency',
  'tournament',
  'borda',
  'confidence',
];

describe('rule in a request', () => {
  test('a name is the rule with its defaults (api.md 1)', () => {
    expect(ruleSchema.parse('argmax')).toEqual({ rule: 'argmax', tie_epsilon: 0, on_invalid_score: 'drop' });
    expect(ruleSchema.parse({ rule: 'weighted_vote', weight_map: 'softmax', reward: 'outcome' })).toEqual({
      rule: 'weighted_vote',
      reward: 'outcome',
      tie_epsilon: 0,
      on_invalid_score: 'drop',
      weight_map: 'softmax',
      temperature: 1,
      power: 1,
      min_coverage: 0,
    });
  });

  test.each([
    { given: 'best_of_three', path: ['selection'] },
    { given: { rule: 'best_of_three', power: 2 }, path: ['selection', 'rule'] },
    { given: '__proto__', path: ['selection'] },
  ])('$given is not served, and what is served is listed (api.md 0)', ({ given, path }) => {
    const result = z.object({ selection: ruleSchema }).safeParse({ selection: given });
    expect(result.error?.issues).toEqual([
      expect.objectContaining({
        path,
        params: { code: 'unsupported_value' },
        message: expect.stringContaining(`Rules: ${served.join(', ')}.`),
      }),
    ]);
  });

  test.each([
    { given: { rule: 'argmax', weight_map: 'prob' }, issue: { code: 'unrecognized_keys', keys: ['weight_map'] } },
    { given: { rule: 'weighted_vote', weight_map: 'cube' }, issue: { code: 'invalid_value', path: ['weight_map'] } },
    { given: { rule: 'argmax', tie_epsilon: -1 }, issue: { code: 'too_small', path: ['tie_epsilon'] } },
    { given: 5, issue: { code: 'invalid_type', path: [] } },
    { given: { tie_epsilon: 0 }, issue: { path: ['rule'] } },
    { given: null, issue: { code: 'invalid_type' } },
  ])('$given is refused where it is wrong', ({ given, issue }) => {
    expect(ruleSchema.safeParse(given).error?.issues).toEqual([expect.objectContaining(issue)]);
  });

  test('its JSON Schema takes a name or an object, and describes every option', () => {
    const { oneOf = [] } = z.toJSONSchema(ruleSchema, { io: 'input' });
    expect(oneOf[0]).toEqual({ type: 'string', enum: served });
    expect(oneOf).toHaveLength(1 + rules.length);
    const options = oneOf.slice(1).flatMap((one) => Object.entries(one.properties ?? {}));
    expect(options.filter(([name, option]) => name !== 'rule' && typeof option === 'object' && !option.description)).toEqual([]);
  });
});

describe('startRule', () => {
  test('tells what the rule needs and which score it is to use', () => {
    expect(startRule('weighted_vote', { reward: 'outcome' })).toMatchObject({
      name: 'weighted_vote',
      needs: { answers: true, scores: true },
      reward: 'outcome',
    });
    expect(startRule('majority_vote', {})).toMatchObject({ needs: { answers: true, scores: false }, reward: undefined });
  });

  test('an unknown name is refused with those served', () => {
    expect(() => startRule('best_of_three', {})).toThrow(
      expect.objectContaining({
        code: 'unsupported_value',
        message: `No selection rule is named "best_of_three". Rules: ${served.join(', ')}.`,
      }),
    );
  });
});

/** Options by which a rule that can do without scores goes by them. */
const byScore: Readonly<Record<string, object>> = { borda: { by: 'score' }, minimum_bayes_risk: { beta: 1 } };

describe.each(rules.filter(({ options }) => 'on_invalid_score' in options.shape))(
  '$name: on_invalid_score (methods 0.2)',
  ({ name }) => {
    const given = contenders({ scores: [-5, 'cut off', -7], answers: ['A', 'B', 'A'] });

    test.each(['drop', 'worst'])('%s ranks a failed score after every other, and below no number', (policy) => {
      expect(choose(name, given, { ...byScore[name], on_invalid_score: policy })).toMatchObject({
        index: 0,
        ranking: [0, 2, 1],
        degraded: false,
      });
    });

    test('fail fails the request: the fault of the backend, or of the caller where the scores were supplied', () => {
      expect(() => choose(name, given, { ...byScore[name], on_invalid_score: 'fail' })).toThrow(
        expect.objectContaining({ code: 'backend_error', message: expect.stringContaining('candidate 1 is invalid (cut off)') }),
      );
      expect(() =>
        choose(name, given.slice(1, 2), { ...byScore[name], on_invalid_score: 'fail' }, { output: 'unknown', supplied: true }),
      ).toThrow(expect.objectContaining({ code: 'invalid_value' }));
      expect(choose(name, given.slice(0, 1), { ...byScore[name], on_invalid_score: 'fail' })).toMatchObject({ index: 0 });
    });
  },
);
