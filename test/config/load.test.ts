import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ConfigError, loadConfig } from '../../src/config/load.ts';
import { named } from '../../src/config/resolve.ts';
import { json } from '../requests/config.ts';

const policy = json.policies.writer;
const changed = (more: object) => ({ ...json, ...more });
const stepped = (step: object) => changed({ policies: { ...json.policies, writer: { ...policy, step } } });

test('the configuration that ships loads, with every default filled in', () => {
  const config = loadConfig(JSON.parse(readFileSync('winnow.config.json', 'utf8')));
  expect(config.caps).toEqual({
    max_n: 256,
    max_tokens: 65_536,
    max_time_ms: 60_000,
    max_documents: 10_000,
    max_body_bytes: 4_194_304,
  });
  for (const policy of Object.values(config.policies)) expect(policy.sampling).toMatchObject({ top_p: 1, top_k: 0, min_p: 0 });
  expect(config.cors_origins).toEqual([]);
});

test.each([
  { name: 'nothing', given: null, says: ['(top)'] },
  { name: 'an unknown member', given: changed({ polices: {} }), says: ['polices'] },
  {
    name: 'a policy without its tokens',
    given: changed({ policies: { writer: { ...policy, typical_tokens: undefined } } }),
    says: ['policies.writer.typical_tokens'],
  },
  { name: 'a number out of range', given: changed({ caps: { max_n: 257 } }), says: ['caps.max_n', '257'] },
  { name: 'a name that a model string could not hold', given: changed({ policies: { 'a@b': policy } }), says: ['a@b'] },
  { name: 'a name that is no name', given: changed({ policies: { _x: policy } }), says: ['_x'] },
  {
    name: 'a secret in place of its variable’s name',
    given: changed({ backends: { local: { kind: 'gpu_backend', url: 'http://x', key: 'sk-123' } } }),
    says: ['backends.local.key'],
  },
  {
    name: 'a default policy that is none',
    given: changed({ default_policy: 'nobody' }),
    says: ['default_policy', 'nobody', 'writer'],
  },
  {
    name: 'a policy’s backend that is none',
    given: changed({ policies: { writer: { ...policy, backend: 'far' } } }),
    says: ['policies.writer.backend', 'far', 'local'],
  },
  {
    name: 'a policy’s reward that is none',
    given: changed({ policies: { ...json.policies, writer: { ...policy, rewards: ['outcome', 'luck'] } } }),
    says: ['policies.writer.rewards[1]', 'luck'],
  },
  {
    name: 'a process reward that is none',
    given: changed({ policies: { ...json.policies, writer: { ...policy, process_reward: 'luck' } } }),
    says: ['policies.writer.process_reward', 'luck'],
  },
  {
    name: 'a process reward without steps',
    given: changed({ policies: { ...json.policies, writer: { ...policy, process_reward: 'outcome' } } }),
    says: ['policies.writer.process_reward', 'kind classifier'],
  },
  {
    name: 'steps by two rules',
    given: stepped({ delimiter: '\n', tokens: 8 }),
    says: ['policies.writer.step.tokens', 'delimiter was given too'],
  },
  {
    name: 'a limit for steps of so many tokens',
    given: stepped({ tokens: 8, max_tokens: 8 }),
    says: ['policies.writer.step.max_tokens', 'has 8 tokens'],
  },
  { name: 'steps by no mark', given: stepped({ marks: [] }), says: ['policies.writer.step.marks'] },
  {
    name: 'a pattern of steps that is no RE2',
    given: stepped({ pattern: '(?!a)' }),
    says: ['policies.writer.step.pattern', 'no look-around'],
  },
  {
    name: 'one that matches the empty string',
    given: stepped({ pattern: 'a?' }),
    says: ['policies.writer.step.pattern', 'empty string'],
  },
  {
    name: 'a reward’s backend that is none',
    given: changed({ rewards: { ...json.rewards, outcome: { ...json.rewards.outcome, backend: 'far' } } }),
    says: ['rewards.outcome.backend', 'far'],
  },
  {
    name: 'a recipe’s reward that is none',
    given: changed({ recipes: { careful: { ...json.recipes.careful, rewards: ['luck'] } } }),
    says: ['recipes.careful.rewards[0]', 'luck'],
  },
  {
    name: 'a recipe’s pattern of steps that is no RE2',
    given: changed({ recipes: { careful: { ...json.recipes.careful, step: { pattern: '(?!a)' } } } }),
    says: ['recipes.careful.step.pattern', 'no look-around'],
  },
  {
    name: 'a recipe’s limit for steps that all have so many tokens',
    given: {
      ...stepped({ tokens: 8 }),
      recipes: { careful: { ...json.recipes.careful, step: { max_tokens: 9 } } },
    },
    says: ['recipes.careful.step.max_tokens', 'has 8 tokens'],
  },
  {
    name: 'a recipe’s option that its strategy lacks',
    given: changed({ recipes: { careful: { ...json.recipes.careful, options: { keep: 2 } } } }),
    says: ['recipes.careful.options', 'keep'],
  },
  {
    name: 'a recipe whose options and budget say two things',
    given: changed({ recipes: { careful: { ...json.recipes.careful, budget: 8 } } }),
    says: ['recipes.careful.options.n is 16', 'budget 8 means 8'],
  },
  {
    name: 'a recipe’s rule that is none',
    given: changed({ recipes: { careful: { ...json.recipes.careful, selection: 'luck' } } }),
    says: ['recipes.careful.selection', 'luck'],
  },
  {
    name: 'a recipe’s policy that is none',
    given: changed({ recipes: { careful: { ...json.recipes.careful, model: 'nobody' } } }),
    says: ['recipes.careful.model', 'nobody'],
  },
  {
    name: 'a recipe’s strategy that is none',
    given: changed({ recipes: { careful: { ...json.recipes.careful, strategy: 'luck' } } }),
    says: ['recipes.careful.strategy', 'luck'],
  },
  {
    name: 'a recipe named like a policy',
    given: changed({ recipes: { writer: json.recipes.careful } }),
    says: ['recipes.writer'],
  },
])('$name is told by the path of the field', ({ given, says }) => {
  const loading = () => loadConfig(given);
  expect(loading).toThrow(ConfigError);
  for (const part of says) expect(loading).toThrow(part);
});

test('all problems are told at once, a line each', () => {
  const given = changed({
    default_policy: 'nobody',
    recipes: { careful: { ...json.recipes.careful, model: 'nobody', strategy: 'luck' } },
  });
  try {
    loadConfig(given);
  } catch (thrown) {
    expect((thrown as Error).message.split('\n')).toHaveLength(3);
    return;
  }
  throw new Error('It loaded.');
});

test('an entry is found by its name, and by nothing that every object has', () => {
  const entries = { one: 1 };
  expect(named(entries, 'one', 'reward', 'rewards[0]')).toBe(1);
  for (const name of ['two', 'constructor', '__proto__', 'toString'])
    expect(() => named(entries, name, 'reward', 'rewards[0]')).toThrow(
      expect.objectContaining({ code: 'model_not_found', param: 'rewards[0]', message: expect.stringContaining('Known: one.') }),
    );
  expect(() => named({}, 'x'.repeat(500), 'reward', 'rewards[0]')).toThrow(/No reward is named "x{80}\.\.\."\. Known: none\./);
});
