import { expect, test } from 'vitest';
import { characters } from '../history-model.ts';

const refusal = (text: string) => {
  try {
    characters.encode(text, { param: 'prompt.text' });
  } catch (error) {
    return error;
  }
  throw new Error('It was not refused.');
};

test.each([
  { text: 'abc😀d', character: '😀', position: 3 },
  { text: 'Abc', character: 'A', position: 0 },
  { text: 'a<unk>b', character: '<', position: 1 },
])('$text: the first character outside of the vocabulary is named, with its place', ({ text, character, position }) => {
  const message = expect.stringContaining(`${JSON.stringify(character)} at position ${position} `);
  expect(refusal(text)).toMatchObject({ code: 'prompt_unsupported', param: 'prompt.text', message });
});

test('an empty text has no tokens, and no tokens are an empty text', () => {
  expect(characters.encode('')).toEqual([]);
  expect(characters.decode([])).toBe('');
});

test('special tokens read as nothing, and have a name', () => {
  expect(characters.decode([...characters.encode('ab'), 0])).toBe('ab');
  expect(characters.name(0)).toBe('<end>');
});
