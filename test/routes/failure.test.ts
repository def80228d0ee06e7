import { expect, test } from 'vitest';
import { z } from 'zod';
import type { ErrorCode } from '../../schemas/errors.ts';
import { errorCodes, WinnowError } from '../../schemas/errors.ts';
import { chatBody } from '../../src/routes/chat-completions.ts';
import { httpFailure, RunFailure } from '../../src/routes/failure.ts';
import { bestOfNBody } from '../../src/routes/runs.ts';

const codes = Object.keys(errorCodes) as ErrorCode[];

test.each(codes)('%s has the status and the type of the one table', (code) => {
  const { status, body } = httpFailure(new WinnowError(code, 'said', { param: 'field' }));
  expect(status).toBe(errorCodes[code].status);
  expect(body).toEqual({
    error: {
      message: 'said',
      type: errorCodes[code].type,
      param: 'field',
      code: code === 'no_candidates_supplied' ? 'no_candidates' : code,
    },
  });
});

test.each([new Error('secret'), 'secret', undefined, null, { message: 'secret' }])(
  '%s thrown is a 500 without its text',
  (thrown) => {
    const { status, body } = httpFailure(thrown);
    expect(status).toBe(500);
    expect(JSON.stringify(body)).not.toContain('secret');
  },
);

const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3, prompt_tokens_details: { cached_tokens: 0 } };

test('a run that failed after it had spent tells its usage and that nobody should try again', () => {
  const failure = new WinnowError('backend_unreachable', 'gone', { retryAfter: 2 });
  expect(httpFailure(new RunFailure(failure, usage, true))).toMatchObject({
    status: 503,
    headers: { 'x-should-retry': 'false', 'retry-after': '2' },
    body: { usage },
  });
  expect(httpFailure(new RunFailure(failure, usage, false)).body).not.toHaveProperty('usage');
});

const messages = [{ role: 'user', content: 'q' }];
const refused = (schema: z.ZodType, body: unknown) => {
  const result = schema.safeParse(body, { reportInput: true });
  if (result.success) throw new Error('It was taken.');
  return httpFailure(result.error).body.error;
};

test.each([
  { body: { messages, budget: '4' }, message: 'budget: Invalid input: expected number or object. Given: "4".' },
  { body: { messages, rewards: [5] }, message: 'rewards[0]: Invalid input: expected string or object. Given: 5.' },
  { body: { messages, reference: 5 }, message: 'reference: Invalid input: expected string or array. Given: 5.' },
])('of a union that takes no value of this type it says which it takes: $message', ({ body, message }) => {
  expect(refused(bestOfNBody, body)).toMatchObject({ code: 'invalid_value', message });
});

test.each([
  { name: 'no object at all', schema: bestOfNBody, body: [], code: 'invalid_value', param: null },
  { name: 'a wrong type', schema: bestOfNBody, body: { messages, n: '4' }, code: 'invalid_value', param: 'n' },
  { name: 'a number out of range', schema: bestOfNBody, body: { messages, n: 257 }, code: 'invalid_value', param: 'n' },
  { name: 'null for a number', schema: bestOfNBody, body: { messages, n: null }, code: 'invalid_value', param: 'n' },
  {
    name: 'a nested field',
    schema: bestOfNBody,
    body: { messages, sampling: { top_p: 0 } },
    code: 'invalid_value',
    param: 'sampling.top_p',
  },
  {
    name: 'a place in a list',
    schema: bestOfNBody,
    body: { messages: [...messages, { role: 'god', content: '' }] },
    code: 'invalid_value',
    param: 'messages[1].role',
  },
  {
    name: 'a missing member of a list',
    schema: bestOfNBody,
    body: { messages: [{ role: 'user' }] },
    code: 'missing_required_parameter',
    param: 'messages[0].content',
  },
  {
    name: 'an unknown member',
    schema: bestOfNBody,
    body: { messages, temperature: 1 },
    code: 'unknown_parameter',
    param: 'temperature',
  },
  {
    name: 'an unknown nested member',
    schema: bestOfNBody,
    body: { messages, sampling: { heat: 1 } },
    code: 'unknown_parameter',
    param: 'sampling.heat',
  },
  {
    name: 'a branch of a union: the object',
    schema: bestOfNBody,
    body: { messages, budget: { max_tokens: 0 } },
    code: 'invalid_value',
    param: 'budget.max_tokens',
  },
  {
    name: 'a branch of a union: an unknown member',
    schema: bestOfNBody,
    body: { messages, budget: { tokens: 1 } },
    code: 'unknown_parameter',
    param: 'budget.tokens',
  },
  {
    name: 'a limit that is not served',
    schema: bestOfNBody,
    body: { messages, budget: { max_cost_usd: 1 } },
    code: 'unsupported_value',
    param: 'budget.max_cost_usd',
  },
  {
    name: 'an unknown rule',
    schema: bestOfNBody,
    body: { messages, selection: 'luck' },
    code: 'unsupported_value',
    param: 'selection',
  },
  {
    name: 'an unknown rule of the long form',
    schema: bestOfNBody,
    body: { messages, selection: { rule: 'luck' } },
    code: 'unsupported_value',
    param: 'selection.rule',
  },
  {
    name: 'an option of a rule',
    schema: bestOfNBody,
    body: { messages, selection: { rule: 'argmax', tie_epsilon: -1 } },
    code: 'invalid_value',
    param: 'selection.tie_epsilon',
  },
  {
    name: 'an option of another rule',
    schema: bestOfNBody,
    body: { messages, selection: { rule: 'argmax', min_coverage: 0 } },
    code: 'unknown_parameter',
    param: 'selection.min_coverage',
  },
  {
    name: 'an image part',
    schema: bestOfNBody,
    body: { messages: [{ role: 'user', content: [{ type: 'image_url' }] }] },
    code: 'unsupported_value',
    param: 'messages[0].content[0]',
  },
  { name: 'tools in chat', schema: chatBody, body: { messages, tools: [{}] }, code: 'unsupported_value', param: 'tools' },
  {
    name: 'a penalty in chat',
    schema: chatBody,
    body: { messages, presence_penalty: 0.1 },
    code: 'unsupported_value',
    param: 'presence_penalty',
  },
  {
    name: 'an unknown member in winnow',
    schema: chatBody,
    body: { messages, winnow: { n: 4 } },
    code: 'unknown_parameter',
    param: 'winnow.n',
  },
  {
    name: 'chat without messages',
    schema: chatBody,
    body: { model: 'writer' },
    code: 'missing_required_parameter',
    param: 'messages',
  },
])('$name is $code of $param', ({ schema, body, code, param }) => {
  expect(refused(schema, body)).toMatchObject({ code, param, type: 'invalid_request_error' });
});

test('what was given is shown, and cut at 80 characters; so is the name of a field', () => {
  const { message } = refused(bestOfNBody, { messages, n: 'x'.repeat(5000) });
  expect(message.length).toBeLessThan(300);
  const name = 'y'.repeat(5000);
  expect(refused(bestOfNBody, { messages, [name]: 1 }).message.length).toBeLessThan(300);
});

test('a schema’s issue of another library version is a 400 all the same', () => {
  const error = new z.ZodError([{ code: 'custom', path: ['a', 0, 'b'], message: 'odd', input: undefined }]);
  expect(httpFailure(error).body.error).toMatchObject({ code: 'invalid_value', param: 'a[0].b' });
});
