import { expect, test } from 'vitest';
import { readPrompt } from '../../src/requests/prompt.ts';

test('messages become plain ones, their text parts joined, other members left out', () => {
  const parts = [
    { type: 'text' as const, text: 'a' },
    { type: 'text' as const, text: 'b' },
  ];
  expect(
    readPrompt({
      messages: [
        { role: 'user', content: parts, name: 'me' },
        { role: 'assistant', content: '' },
      ],
    }),
  ).toEqual({
    messages: [
      { role: 'user', content: 'ab' },
      { role: 'assistant', content: '' },
    ],
  });
});

test('a prompt is raw text', () => {
  expect(readPrompt({ prompt: 'raw' })).toEqual({ text: 'raw' });
});

test.each([
  { name: 'both', body: { prompt: 'raw', messages: [] }, code: 'invalid_value', param: 'prompt' },
  { name: 'an empty prompt beside messages', body: { prompt: '', messages: [] }, code: 'invalid_value', param: 'prompt' },
  { name: 'neither', body: {}, code: 'missing_required_parameter', param: 'messages' },
])('$name is $code', ({ body, code, param }) => {
  expect(() => readPrompt(body)).toThrow(expect.objectContaining({ code, param }));
});
