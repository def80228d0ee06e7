/** What a server of others cannot do is refused with the request, before anything is spent. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { makeTask } from '../../src/requests/make-task.ts';
import type { TaskRequest } from '../../src/requests/task.ts';
import { json } from './config.ts';
import { neutral } from './request.ts';

const server = { kind: 'openai', url: 'http://server/v1' };
const there = (backend: string, more: object = {}) => ({ ...json.policies.writer, backend, instruct: true, ...more });
const config = loadConfig({
  ...json,
  backends: {
    ...json.backends,
    hosted: server,
    continuing: { ...server, continuation: 'prefill', api: 'both' },
    able: { ...server, continuation: 'prefill', stop_string: 'named', accepts: ['seed', 'logprobs', 'top_k', 'min_p'] },
    shown: { ...server, continuation: 'prefill', stop_string: 'end_in_logprobs' },
    base: { ...server, api: 'completions', stop_string: 'named', accepts: [] },
  },
  policies: {
    ...json.policies,
    hosted: there('hosted'),
    continuing: there('continuing'),
    able: there('able'),
    shown: there('shown'),
    base: there('base'),
  },
});
const messages = { messages: [{ role: 'user' as const, content: 'question' }] };
const make = (more: Partial<TaskRequest>) => makeTask(neutral({ prompt: messages, ...more }), config, () => 99);

test.each([
  {
    name: 'beam_search where it cannot go on',
    given: { model: 'hosted', family: 'search' },
    param: 'model',
    says: /continue a partial answer.*"continuation".*best_of_n, self_refine/,
  },
  {
    name: 'first_wrong_step where it cannot go on',
    given: { model: 'hosted', family: 'critique_refine' },
    param: 'model',
    says: /continue a partial answer/,
  },
  {
    name: 'beam_search where steps cannot be told',
    given: { model: 'continuing', family: 'search' },
    param: 'model',
    says: /end of a step.*"stop_string"/,
  },
  {
    name: 'beam_search by two marks where one alone can be told',
    given: { model: 'shown', family: 'search', step: { marks: ['a', 'b'] } },
    param: 'step.marks',
    says: /which of several marks/,
  },
  {
    name: 'top_k',
    given: { model: 'hosted', sampling: { top_k: 5 } },
    param: 'sampling.top_k',
    says: /takes no top_k, and 5 was asked for/,
  },
  {
    name: 'min_p in chat',
    given: { model: 'hosted', family: 'any', sampling: { min_p: 0.1 }, maxTokensParam: 'max_tokens' },
    param: 'min_p',
    says: /takes no min_p/,
  },
  {
    name: 'log-probabilities',
    given: { model: 'base', prompt: { text: 'x' }, sampling: { logprobs: 0 } },
    param: 'sampling.logprobs',
    says: /no log-probabilities/,
  },
  {
    name: 'log-probabilities that a strategy needs',
    given: { model: 'base', prompt: { text: 'x' }, family: 'search', strategy: 'puct' },
    param: 'sampling.logprobs',
    says: /no log-probabilities.*a strategy/,
  },
  ...['entropy_fork', 'prefix_values'].map((strategy) => ({
    name: `log-probabilities that ${strategy} needs`,
    given: { model: 'base', prompt: { text: 'x' }, family: 'search', strategy },
    param: 'sampling.logprobs',
    says: /no log-probabilities.*a strategy/,
  })),
  { name: 'messages where it has no chat', given: { model: 'base' }, param: 'messages', says: /give `prompt`/ },
  {
    name: 'raw text where it has chat alone',
    given: { model: 'hosted', prompt: { text: 'x' } },
    param: 'prompt',
    says: /give `messages`/,
  },
  {
    name: 'a critic that takes no messages',
    given: { model: 'base', prompt: { text: 'x' }, family: 'critique_refine', strategy: 'self_refine' },
    param: 'options.critic',
    says: /no chat template/,
  },
] as const)('$name: 422 `capability_missing` of $param', ({ given, param, says }) => {
  expect(() => make(given as Partial<TaskRequest>)).toThrow(
    expect.objectContaining({ code: 'capability_missing', param, message: expect.stringMatching(says) as string }),
  );
});

test.each([
  { name: 'whole answers', given: { model: 'hosted' } },
  { name: 'a critic’s words', given: { model: 'hosted', family: 'critique_refine', strategy: 'self_refine' } },
  { name: 'the first wrong step', given: { model: 'continuing', family: 'critique_refine' } },
  { name: 'steps', given: { model: 'able', family: 'search', sampling: { top_k: 5, min_p: 0.1, logprobs: 2 } } },
  { name: 'steps by tokens, which need no telling', given: { model: 'continuing', family: 'search', step: { tokens: 8 } } },
  { name: 'steps by a pattern, which needs none', given: { model: 'continuing', family: 'search', step: { pattern: '\\n+' } } },
  { name: 'steps by several marks', given: { model: 'able', family: 'search', step: { marks: ['a', 'b'] } } },
  { name: 'steps of raw text, by appending', given: { model: 'base', family: 'search', prompt: { text: 'x' } } },
  {
    name: 'a strategy whose options need no log-probabilities',
    given: { model: 'base', prompt: { text: 'x' }, family: 'search', strategy: 'puct', options: { prior: 'uniform' } },
  },
  {
    name: 'prefix_values by steps',
    given: { model: 'base', prompt: { text: 'x' }, family: 'search', strategy: 'prefix_values', options: { unit: 'step' } },
  },
  { name: 'our own backend', given: { model: 'writer', family: 'search', sampling: { top_k: 5 } } },
] as const)('$name: served', ({ given }) => {
  expect(make(given as Partial<TaskRequest>).policyName).toBe(given.model);
});

test('a policy whose own defaults its server does not take is wrong from the start', () => {
  const wrong = {
    ...json,
    backends: { ...json.backends, hosted: server },
    policies: { ...json.policies, hosted: there('hosted', { sampling: { max_tokens: 9, top_k: 4 } }) },
  };
  expect(() => loadConfig(wrong)).toThrow(/policies\.hosted\.sampling\.top_k is 4, and backends\.hosted\.accepts has no "top_k"/);
});

test.each([
  { name: 'a key in place of its name', entry: { key: 'sk-abc' } },
  { name: 'a key in the address', entry: { url: 'http://user:secret@server/v1' } },
  { name: 'a query', entry: { url: 'http://server/v1?key=1' } },
  { name: 'a scheme that is not HTTP', entry: { url: 'file:///etc/passwd' } },
  { name: 'a dialect that nobody speaks', entry: { continuation: 'please' } },
])('$name is no backend', ({ entry }) => {
  expect(() => loadConfig({ ...json, backends: { ...json.backends, hosted: { ...server, ...entry } } })).toThrow(
    /backends\.hosted/,
  );
});

test('the example of examples/ is a config', () => {
  const example = loadConfig(JSON.parse(readFileSync('examples/winnow.openai.config.json', 'utf8')));
  expect(Object.keys(example.policies)).toEqual(['mine', 'hosted']);
});
