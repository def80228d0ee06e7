/** What Python's transformers renders; the templates and their script are in test/fixtures/tokens. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Message } from '../../schemas/message.ts';
import { ChatTemplate, type RenderOptions, specialTokens } from '../../src/tokens/chat-template.ts';

interface Expected {
  readonly special: Record<string, string>;
  readonly chats: Readonly<Record<string, readonly Message[]>>;
  readonly templates: Readonly<Record<string, { source: string; renders: Record<string, Record<Mode, Rendered>> }>>;
}
type Mode = 'generation' | 'whole' | 'continue';
type Rendered = { text: string; error?: undefined } | { text?: undefined; error: string };

const file = `${import.meta.dirname}/../fixtures/tokens/templates.json`;
const { special, chats, templates }: Expected = JSON.parse(readFileSync(file, 'utf8'));
const options: Record<Mode, RenderOptions> = {
  generation: {},
  whole: { generationPrompt: false },
  continue: { continueFinal: true },
};

function rendered(template: ChatTemplate, messages: readonly Message[], mode: Mode): string | null {
  try {
    return template.render(messages, options[mode]);
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid_value', param: 'prompt.messages' });
    return null;
  }
}

test.each(Object.entries(templates))('%s: what it renders, and what it refuses, is as in Python', (_, { source, renders }) => {
  const template = new ChatTemplate(source, special);
  let compared = 0;
  for (const [name, modes] of Object.entries(renders)) {
    const messages = chats[name]!;
    for (const [mode, wanted] of Object.entries(modes) as [Mode, Rendered][]) {
      // Python continues a turn of the user as well: that would be written by the wrong one
      if (mode === 'continue' && messages.at(-1)!.role !== 'assistant') continue;
      expect.soft(rendered(template, messages, mode), `${name}, ${mode}`).toBe(wanted.text ?? null);
      compared++;
    }
  }
  expect(compared).toBeGreaterThan(30);
});

test('only a last message of the assistant is continued', () => {
  const template = new ChatTemplate(templates.chatml!.source);
  expect(() => template.render([{ role: 'user', content: 'a' }], { continueFinal: true })).toThrow('assistant');
  expect(() => template.render([], { continueFinal: true })).toThrow('assistant');
});

test('words of a user that look like the mark of a continuation are only words', () => {
  const template = new ChatTemplate(templates.chatml!.source);
  const content = 'CONTINUE_FINAL_MESSAGE and CONTINUE_FINAL_MESSAGE_';
  const messages: Message[] = [
    { role: 'user', content },
    { role: 'assistant', content },
  ];
  expect(template.render(messages, { continueFinal: true }).endsWith(`assistant\n${content}`)).toBe(true);
});

test('a template that leaves the last message out refuses to continue it', () => {
  const template = new ChatTemplate("{% for message in messages %}{{ message['role'] }}{% endfor %}");
  expect(() => template.render([{ role: 'assistant', content: 'a' }], { continueFinal: true })).toThrow('cannot be continued');
});

test('special tokens are variables, given as text or as an object', () => {
  const config = {
    bos_token: '<s>',
    eos_token: { content: '</s>', lstrip: false },
    pad_token: null,
    chat_template: 'x',
    add_bos_token: true,
  };
  expect(specialTokens(config)).toEqual({ bos_token: '<s>', eos_token: '</s>' });
  const template = new ChatTemplate(
    '{{ bos_token }}{% if pad_token is defined %}!{% endif %}{{ eos_token }}',
    specialTokens(config),
  );
  expect(template.render([])).toBe('<s></s>');
});

test('messages are data: Jinja in them is not run, and a name of theirs reaches no variable', () => {
  const template = new ChatTemplate(templates.plain!.source);
  const content = "{{ raise_exception('x') }}{% for a in b %}";
  expect(template.render([{ role: 'user', content }])).toBe(`${content}\n`);
});
