import fc from 'fast-check';
import { expect, test } from 'vitest';
import { path } from '../../schemas/candidate.ts';
import type { Candidate, Scored } from '../../src/operation.ts';
import { root } from '../../src/operation.ts';
import { firstCharacters, followedBy } from '../../src/strategies/cut.ts';
import { candidate } from '../drive.ts';

const version = (text: string, more: Partial<Candidate> = {}): Scored => ({ ...candidate('0.0', text, more), scores: {} });
const response = 'There is a red car. It is next to a dog.';

test('the prefix before "next to a dog" is "There is a red car. It is " (methods C.12, example 1)', () => {
  const prefix = firstCharacters(version(response), 26);
  expect(prefix).toMatchObject({ id: '0.0@26c', text: 'There is a red car. It is ', tokens: undefined, stepEnds: undefined });
});

test('where a step ends it is the first steps, with their ids', () => {
  expect(firstCharacters(version('one\ntwo\nthree'), 8)).toMatchObject({
    id: '0.0@2',
    steps: ['one\n', 'two\n'],
    tokenCount: 8,
    stepEnds: [4, 8],
  });
});

test('before the first character it is the prompt', () => {
  expect(firstCharacters(version('one'), 0)).toBe(root);
  expect(firstCharacters(version('\u{1F600}'), 1)).toBe(root);
});

const told = version('one\ntwo\nthree', {
  tokens: [7, 8, 9, 10],
  tokenCount: 4,
  stepEnds: [1, 3, 4],
  textEnds: [4, 6, 8, 13],
  logprobs: ['one\n', 'tw', 'o\n', 'three'].map((token) => ({ token, logprob: -1 })),
});

test('where a token is known to end there, its ids, ends and log-probabilities are those of the prefix', () => {
  const prefix = firstCharacters(told, 6);
  expect(prefix).toMatchObject({ id: '0.0@6c', text: 'one\ntw', steps: ['one\n', 'tw'], tokenCount: 2, tokens: [7, 8] });
  expect(prefix).toMatchObject({ stepEnds: [1, 2], textEnds: [4, 6] });
  expect(prefix.logprobs).toHaveLength(2);
});

test('inside a token there are none, and their number is an estimate', () => {
  const prefix = firstCharacters(told, 7);
  expect(prefix).toMatchObject({ id: '0.0@7c', tokenCount: 3, tokens: undefined, stepEnds: undefined, textEnds: undefined });
  expect(prefix.logprobs).toBeUndefined();
});

test('words that follow are part of the text, and count (methods C.12, truncate_think)', () => {
  const open = followedBy(firstCharacters(told, 7), 'Wait.', told);
  expect(open).toEqual({ id: '0.0@7c', text: 'one\ntwoWait.', steps: ['one\n', 'twoWait.'], tokenCount: 3 + 2 }); // 5 x 4 / 13
  const after = followedBy(firstCharacters(told, 8), 'Wait.', told);
  expect(after).toEqual({ id: '0.0@2', text: 'one\ntwo\nWait.', steps: ['one\n', 'two\n', 'Wait.'], tokenCount: 3 + 2 });
});

test('a step that is cut within is open, and words that follow are of an open step, where the text does not tell it', () => {
  const ended = { ...told, stepOpen: false };
  expect([6, 7, 8].map((end) => firstCharacters(ended, end).stepOpen)).toEqual([true, true, false]);
  expect(followedBy(firstCharacters(ended, 7), 'Wait.', ended)).toMatchObject({ steps: ['one\n', 'twoWait.'], stepOpen: true });
  expect(followedBy(firstCharacters(ended, 8), 'Wait.', ended)).toMatchObject({ stepOpen: true });
  expect(firstCharacters(told, 7).stepOpen).toBeUndefined();
});

test('a prefix is the beginning of its text: its steps join to it, its path is one, and no pair is divided', () => {
  const texts = fc.string({ unit: fc.constantFrom('a', '\n', ' ', '\u{1F600}'), minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(texts, fc.nat(), fc.boolean(), (text, at, known) => {
      const units = { tokens: Array(text.length).fill(1), tokenCount: text.length };
      const whole = version(text, known ? units : { ...units, stepEnds: undefined, tokens: undefined });
      const prefix = firstCharacters(whole, at % (text.length + 1));
      expect(text.startsWith(prefix.text)).toBe(true);
      expect(prefix.steps.join('')).toBe(prefix.text);
      expect(prefix.text.isWellFormed()).toBe(true);
      expect((at % (text.length + 1)) - prefix.text.length).toBeLessThanOrEqual(1);
      expect(prefix.tokenCount).toBeLessThanOrEqual(whole.tokenCount);
      expect(path.safeParse(`${prefix.id}.0`).success).toBe(true);
      if (prefix.tokens) expect(prefix.tokens).toHaveLength(prefix.tokenCount);
    }),
  );
});
