import fc from 'fast-check';
import { expect, test } from 'vitest';
import { WinnowError } from '../../schemas/errors.ts';
import { readModel } from '../../src/requests/model-string.ts';
import { config } from './config.ts';

test.each([
  { given: undefined, policy: 'writer', recipe: undefined, strategy: undefined, budget: undefined },
  { given: 'voter', policy: 'voter', recipe: undefined, strategy: undefined, budget: undefined },
  { given: 'careful', policy: 'writer', recipe: 'careful', strategy: undefined, budget: undefined },
  { given: 'writer@beam_search', policy: 'writer', recipe: undefined, strategy: 'beam_search', budget: undefined },
  { given: 'writer@best_of_n:1', policy: 'writer', recipe: undefined, strategy: 'best_of_n', budget: 1 },
  { given: 'writer@best_of_n:256', policy: 'writer', recipe: undefined, strategy: 'best_of_n', budget: 256 },
])('$given is policy $policy, recipe $recipe, strategy $strategy, budget $budget', ({ given, ...parts }) => {
  expect(readModel(given, config)).toEqual({ given: given ?? 'writer', ...parts });
});

test.each([
  { given: 'nobody', code: 'model_not_found', says: 'writer' },
  { given: 'outcome', code: 'model_not_found', says: '/v1/score' },
  { given: '', code: 'model_not_found', says: 'Policies' },
  { given: '__proto__', code: 'model_not_found', says: 'Policies' },
  { given: 'constructor', code: 'model_not_found', says: 'Policies' },
  { given: 'nobody@best_of_n', code: 'model_not_found', says: 'nobody' },
  { given: 'writer@', code: 'unsupported_value', says: '/v1/strategies' },
  { given: 'writer@nothing', code: 'unsupported_value', says: 'nothing' },
  { given: 'writer@Best_Of_N', code: 'unsupported_value', says: 'Best_Of_N' },
  { given: 'careful@best_of_n', code: 'invalid_value', says: 'recipe' },
  { given: 'writer@best_of_n@2', code: 'invalid_value', says: 'more than one @' },
  ...['', '0', '257', '1000', '-1', '1.5', '1e2', ' 4', '0x4', '4:4', '\u0664'].map((integer) => ({
    given: `writer@best_of_n:${integer}`,
    code: 'invalid_value',
    says: '1 to 256',
  })),
])('the model $given is refused: $code', ({ given, code, says }) => {
  const reading = () => readModel(given, config);
  expect(reading).toThrow(WinnowError);
  expect(reading).toThrow(expect.objectContaining({ code, param: 'model', message: expect.stringContaining(says) }));
});

test('whatever the string, it is read or refused by name, and the user’s text is cut', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string({ minLength: 300 }),
        fc.constantFrom('writer@', 'careful').chain((head) => fc.string().map((tail) => head + tail)),
      ),
      (given) => {
        try {
          expect(Object.keys(config.policies)).toContain(readModel(given, config).policy);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(WinnowError);
          expect((thrown as WinnowError).message.length).toBeLessThan(500);
        }
      },
    ),
  );
});
