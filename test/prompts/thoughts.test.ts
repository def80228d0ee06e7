import { expect, test } from 'vitest';
import { readValue, readVote, valuePrompt, votePrompt } from '../../src/prompts/thoughts.ts';

const contentOf = (prompt: ReturnType<typeof valuePrompt>) => ('messages' in prompt ? prompt.messages[0]!.content : '');

test.each([
  ['Only one way is left.\nOUTLOOK: sure', 'sure'],
  ['outlook: MAYBE', 'maybe'],
  ['**OUTLOOK: impossible**', 'impossible'],
  ['**OUTLOOK:** sure.', 'sure'],
  ['OUTLOOK: impossible\nNo, wait.\nOUTLOOK: maybe\r\n', 'maybe'],
])('the reply %j says %s', (reply, outlook) => {
  expect(readValue(reply)).toBe(outlook);
});

test.each(['', 'I am sure.', 'It ends with OUTLOOK: sure', 'OUTLOOK: likely', 'OUTLOOK:\nsure', 'OUTLOOK: surely'])(
  'the reply %j says nothing of what can become of it',
  (reply) => {
    expect(readValue(reply)).toBeUndefined();
  },
);

test.each([
  ['The second.\nCHOICE: 2', 1],
  ['choice: 3', 2],
  ['**CHOICE: 1**', 0],
  ['CHOICE: 1\nNo:\nCHOICE: 2', 1],
])('the reply %j chooses the place %i', (reply, place) => {
  expect(readVote(reply, 3)).toBe(place);
});

test.each(['', 'Number 2 is best.', 'CHOICE: 0', 'CHOICE: 4', 'CHOICE: two', 'My CHOICE: 2', 'CHOICE: 99999'])(
  'the reply %j chooses none of three',
  (reply) => {
    expect(readVote(reply, 3)).toBeUndefined();
  },
);

test('long lines of blanks are read in linear time', () => {
  const began = performance.now();
  readValue(`${' '.repeat(200_000)}OUTLOOK`.repeat(5));
  readVote(`${' '.repeat(200_000)}CHOICE`.repeat(5), 3);
  expect(performance.now() - began).toBeLessThan(5000); // quadratic would be minutes
});

test('a critic is shown the task and one beginning, or all of them numbered, each fenced', () => {
  const value = contentOf(valuePrompt({ text: 'the task' }, 'the beginning'));
  expect(value).toMatch(/<task [0-9a-f]+>\nthe task\n<\/task/);
  expect(value).toMatch(/<beginning [0-9a-f]+>\nthe beginning\n<\/beginning/);
  const vote = contentOf(votePrompt({ text: 'the task' }, ['one way', 'another']));
  expect(vote).toMatch(/<beginning_1 [0-9a-f]+>\none way\n/);
  expect(vote).toMatch(/<beginning_2 [0-9a-f]+>\nanother\n/);
  expect(vote).toContain('one of 1 to 2');
});
