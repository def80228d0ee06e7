import fc from 'fast-check';
import { expect, test } from 'vitest';
import { section } from '../../src/prompts/section.ts';

const closing = (fenced: string): string => `</${fenced.slice(1, fenced.indexOf('>'))}>`;

test('the text stands as it is between two marks of the same fence', () => {
  const fenced = section('answer', 'some <text>');
  expect(fenced).toMatch(/^<answer [0-9a-f]+>\nsome <text>\n<\/answer [0-9a-f]+>$/);
  expect(fenced.endsWith(closing(fenced))).toBe(true);
});

test('a text that brings the fence along gets another one: it cannot close its own section', () => {
  const padded = (fences: readonly string[]) => fences.join(' ').padEnd(200);
  const fences: string[] = [];
  for (let round = 0; round < 5; round++) {
    const fenced = section('answer', padded(fences)); // of one length, since the fence depends on it
    const fence = closing(fenced);
    expect(padded(fences)).not.toContain(fence);
    fences.push(fence);
  }
  expect(new Set(fences).size).toBe(5);
});

test('whatever the text, its section is closed once, at its end', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const fenced = section('task', text);
      expect(fenced.indexOf(closing(fenced))).toBe(fenced.length - closing(fenced).length);
    }),
  );
});
