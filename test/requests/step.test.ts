import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { makeTask } from '../../src/requests/make-task.ts';
import type { TaskRequest } from '../../src/requests/task.ts';
import { json } from './config.ts';
import { neutral } from './request.ts';

const { writer } = json.policies;
const config = loadConfig({
  ...json,
  policies: { ...json.policies, counted: { ...writer, step: { tokens: 9 } }, usual: { ...writer, step: {} } },
});
const make = (more: Partial<TaskRequest>) => makeTask(neutral({ family: 'search', ...more }), config, () => 99);

test.each([
  { name: 'says nothing', given: {}, step: { delimiter: '\n', max_tokens: 12, typical_tokens: 6 } },
  { name: 'says a rule', given: { step: { pattern: '\\n|, ' } }, step: { pattern: '\\n|, ', max_tokens: 12 } },
  { name: 'says tokens', given: { step: { tokens: 8 } }, step: { tokens: 8, max_tokens: 8, typical_tokens: 8 } },
  {
    name: 'says limits alone',
    given: { step: { max_tokens: 20 } },
    step: { delimiter: '\n', max_tokens: 20, typical_tokens: 6 },
  },
  {
    name: 'says all',
    given: { step: { marks: ['a', 'b'], max_tokens: 20, typical_tokens: 3 } },
    step: { marks: ['a', 'b'], max_tokens: 20, typical_tokens: 3 },
  },
  {
    name: 'says a rule to a policy that counts tokens',
    given: { model: 'counted', step: { delimiter: '.' } },
    step: { delimiter: '.', max_tokens: 256 },
  },
  { name: 'says nothing to such a policy', given: { model: 'counted' }, step: { tokens: 9, max_tokens: 9, typical_tokens: 9 } },
  { name: 'says nothing to one that says nothing', given: { model: 'usual' }, step: { delimiter: '\n\n', max_tokens: 256 } },
])('a request that $name: its steps end by one rule, its own before the policy’s (methods C.0)', ({ given, step }) => {
  const task = make(given);
  expect(task.policy.step).toEqual(step);
  expect(task.lookup.policies[task.policyName]!.step).toEqual(step);
});

test.each([
  { name: 'says nothing', step: undefined, becomes: { pattern: ';', max_tokens: 9 } },
  { name: 'says a limit', step: { max_tokens: 5 }, becomes: { pattern: ';', max_tokens: 5 } },
  { name: 'says a rule', step: { delimiter: '.' }, becomes: { delimiter: '.', max_tokens: 9 } },
])('a recipe’s steps stand before those of its policy, and the body before it: a request that $name', ({ step, becomes }) => {
  const recipe = { model: 'writer', strategy: 'beam_search', step: { pattern: ';', max_tokens: 9 } };
  const known = loadConfig({ ...json, recipes: { pieces: recipe } });
  expect(makeTask(neutral({ family: 'search', model: 'pieces', step }), known, () => 99).policy.step).toEqual(becomes);
});

test('the steps of other policies, and of the next request, stay as they are', () => {
  expect(make({ step: { tokens: 8 } }).lookup.policies.bare!.step).toEqual(config.policies.bare!.step);
  expect(make({}).policy.step).toMatchObject({ delimiter: '\n' });
});

test.each([
  { name: 'no RE2', given: { step: { pattern: '(?=a)' } }, param: 'step.pattern', says: /no look-around/ },
  { name: 'a pattern of nothing', given: { step: { pattern: '\\n*' } }, param: 'step.pattern', says: /empty string/ },
  { name: 'a large pattern', given: { step: { pattern: 'a{300}' } }, param: 'step.pattern', says: /may have 200/ },
  {
    name: 'limits for steps of so many tokens',
    given: { model: 'counted', step: { max_tokens: 5 } },
    param: 'step.max_tokens',
    says: /has 9 tokens/,
  },
  {
    name: 'no RE2, in chat',
    given: { step: { pattern: '(' }, path: 'winnow.' },
    param: 'winnow.step.pattern',
    says: /Patterns are RE2/,
  },
])('$name is refused: invalid_value of $param', ({ given, param, says }) => {
  expect(() => make(given)).toThrow(
    expect.objectContaining({ code: 'invalid_value', param, message: expect.stringMatching(says) as string }),
  );
});
