/** What the wire takes and what it refuses, field by field, at the borders of each range. */
import { expect, test } from 'vitest';
import type { z } from 'zod';
import {
  candidateLine,
  generateLine,
  generatePrefix,
  generateRequest,
  prompt,
  rawScore,
  scoreResponse,
} from '../../schemas/backend.ts';
import { budget } from '../../schemas/budget.ts';
import { path } from '../../schemas/candidate.ts';
import { errorCodes, isErrorCode, quoted } from '../../schemas/errors.ts';
import { message, plain } from '../../schemas/message.ts';
import { rewardUse } from '../../schemas/reward.ts';
import { sampling } from '../../schemas/sampling.ts';

const takes = (schema: z.ZodType, value: unknown): boolean => schema.safeParse(value).success;

test.each([
  {
    schema: sampling,
    good: [
      {},
      { temperature: 0 },
      { temperature: 2 },
      { top_p: 1 },
      { top_k: 0 },
      { min_p: 1 },
      { max_tokens: 1 },
      { seed: -1 },
      { logprobs: 20 },
      { stop: 'x' },
      { stop: [] },
    ],
  },
  { schema: budget, good: [1, 256, {}, { max_tokens: 1 }, { max_candidates: 1, max_time_ms: 1 }] },
  { schema: rewardUse, good: ['outcome', { name: 'outcome' }, { name: 'p', reduction: 'min' }] },
  { schema: path, good: ['0', '0.0', '0.12.3', '0.0@2', '0.0@2.0@1.7', '0.3@12t', '0.3@12t.0@2.1@7t.4'] },
  { schema: prompt, good: [{ text: 'a' }, { messages: [{ role: 'user', content: '' }] }] },
  {
    schema: rawScore,
    good: [
      { id: '0', ok: true, value: 0, tokens: 0 },
      { id: '0', ok: false, reason: 'x' },
      { id: '0', ok: true, value: 1, tokens: 1, steps: [], more: 1 },
    ],
  },
])('the borders are taken', ({ schema, good }) => {
  for (const value of good) expect([value, takes(schema, value)]).toEqual([value, true]);
});

test.each([
  {
    schema: sampling,
    bad: [
      { temperature: -0.1 },
      { temperature: 2.1 },
      { temperature: Number.NaN },
      { temperature: Number.POSITIVE_INFINITY },
      { temperature: '1' },
      { top_p: 0 },
      { top_p: 1.01 },
      { top_k: -1 },
      { top_k: 1.5 },
      { min_p: -0.1 },
      { max_tokens: 0 },
      { max_tokens: 1.5 },
      { max_tokens: 2 ** 21 },
      { seed: 1.5 },
      { seed: 2 ** 60 },
      { logprobs: 21 },
      { logprobs: true },
      { stop: '' },
      { stop: [''] },
      { stop: Array(17).fill('x') },
      { n: 1 },
    ],
  },
  {
    schema: budget,
    bad: [
      0,
      257,
      1.5,
      '4',
      null,
      [],
      { max_tokens: 0 },
      { max_tokens: -1 },
      { max_tokens: 1.5 },
      { max_score_calls: -1 },
      { max_cost_usd: 1 },
      { tokens: 4 },
    ],
  },
  {
    schema: rewardUse,
    bad: ['', {}, { name: '' }, { name: 'a', weight: 'x' }, null],
  },
  {
    schema: path,
    bad: [
      '',
      '1',
      '0.',
      '.0',
      '0.a',
      '0.-1',
      '0@',
      '0..1',
      '0.0@1@2',
      '0.0@t',
      '0.0@2tt',
      '0.0@2t3',
      '0.2t',
      '0/..',
      `0${'.1'.repeat(3000)}`,
    ],
  },
  {
    schema: prompt,
    bad: [
      {},
      { text: '' },
      { messages: [] },
      { text: 'a', messages: [] },
      { messages: [{ role: 'user', content: 'a', name: 'b' }] },
    ],
  },
  {
    schema: rawScore,
    bad: [
      { id: '0', ok: true, value: null, tokens: 0 },
      { id: '0', ok: true, value: Number.NaN, tokens: 0 },
      { id: '0', ok: false },
      { id: '0', ok: true, value: 1 },
    ],
  },
])('what is beyond them is not', ({ schema, bad }) => {
  for (const value of bad) expect([value, takes(schema, value)]).toEqual([value, false]);
});

const line = { type: 'candidate', id: '0.0', parent: '0', text: '', step: 0, step_ends: [], token_count: 0, finish: 'stop' };
const prefix = { id: '0', text: '', count: 1, first_child: 0, max_tokens: 1 };

test('lines of a backend are loose: a member more is no failure; a member less is', () => {
  expect(takes(candidateLine, { ...line, entropy: 1 })).toBe(true);
  expect(takes(generateLine, { ...line, finish: 'bored' })).toBe(false);
  for (const key of Object.keys(line)) expect(takes(generateLine, { ...line, [key]: undefined })).toBe(false);
  expect(takes(scoreResponse, { scores: [], usage: { calls: 0, candidates: 0, tokens: 0 } })).toBe(true);
});

test('a request to a backend is strict', () => {
  expect(takes(generatePrefix, { ...prefix, resume: true, tokens: [] })).toBe(true);
  for (const bad of [
    { resume: false },
    { count: 0 },
    { count: 257 },
    { max_tokens: 0 },
    { first_child: -1 },
    { tokens: [-1] },
    { seed: 1 },
  ])
    expect([bad, takes(generatePrefix, { ...prefix, ...bad })]).toEqual([bad, false]);
  expect(takes(generateRequest, {})).toBe(false);
});

test('text parts are joined; the role stays; other parts are refused by name', () => {
  expect(
    plain(
      message.parse({
        role: 'system',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b', cache: 1 },
        ],
      }),
    ),
  ).toEqual({ role: 'system', content: 'ab' });
  expect(plain(message.parse({ role: 'user', content: 'a', name: 'me' }))).toEqual({ role: 'user', content: 'a' });
  expect(takes(message, { role: 'user', content: [{ type: 'input_audio' }] })).toBe(false);
  expect(takes(message, { role: 'robot', content: 'a' })).toBe(false);
});

test('each code has a status of 4xx or 5xx; what the caller must mend is not to be tried again', () => {
  for (const { status, retry } of Object.values(errorCodes)) {
    expect(status).toBeGreaterThanOrEqual(400);
    expect(retry).toBe(status === 429 || status >= 500);
  }
  expect(isErrorCode('invalid_value')).toBe(true);
  expect(isErrorCode('constructor')).toBe(false);
});

test('a user’s text in a message is quoted and cut at 80 characters', () => {
  expect(quoted('a"b\n')).toBe('"a\\"b\\n"');
  expect(quoted('x'.repeat(81))).toBe(`"${'x'.repeat(80)}..."`);
});
