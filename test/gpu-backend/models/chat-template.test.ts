import { expect, test } from 'vitest';
import { ChatTemplate } from '../../../src/tokens/chat-template.ts';
import { encodePrompt } from '../../../src/tokens/prompt.ts';
import { characters } from '../history-model.ts';

const template = new ChatTemplate(
  "{%- for message in messages -%}{%- if message['role'] == 'system' -%}{{- raise_exception('no system role') -}}{%- endif -%}" +
    "{{- message['content'] + '\\n' -}}{%- endfor -%}",
);
const model = { tokenizer: characters, template, context: 10 };

test('messages are rendered, and what the template refuses is told in its words', () => {
  expect(template.render([{ role: 'user', content: 'hi' }])).toBe('hi\n');
  expect(() => template.render([{ role: 'system', content: 'hi' }])).toThrow(
    expect.objectContaining({
      code: 'invalid_value',
      param: 'prompt.messages',
      message: expect.stringContaining('no system role'),
    }),
  );
});

test('a template that is not Jinja is an error at load', () => {
  expect(() => new ChatTemplate('{% if %}')).toThrow();
});

test.each([
  { name: 'a prompt that fills the context', prompt: { text: 'abcdefghij' }, code: 'context_length_exceeded' },
  { name: 'a prompt of a million characters', prompt: { text: 'a'.repeat(1_000_000) }, code: 'context_length_exceeded' },
  { name: 'a prompt of no token', prompt: { messages: [] }, code: 'invalid_value' },
])('$name is $code', ({ prompt, code }) => {
  expect(() => encodePrompt(model, prompt)).toThrow(expect.objectContaining({ code }));
});

test('messages to a model without a template are refused, text is not', () => {
  const bare = { ...model, template: null };
  expect(() => encodePrompt(bare, { messages: [{ role: 'user', content: 'a' }] })).toThrow(
    expect.objectContaining({ code: 'capability_missing' }),
  );
  expect(encodePrompt(bare, { text: 'ab' })).toEqual(characters.encode('ab'));
});
