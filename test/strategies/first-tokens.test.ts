import { expect, test } from 'vitest';
import { path } from '../../schemas/candidate.ts';
import { firstTokens, withToken } from '../../src/strategies/first-tokens.ts';
import { candidate } from '../drive.ts';

const text = 'ab\ncde';
const logprobs = [...text].map((token) => ({ token, logprob: -1 }));
const whole = candidate('0.3', text, { textEnds: [1, 2, 3, 4, 5, 6], logprobs });

test('the first tokens of a candidate are its text, steps, ids and log-probabilities up to there (methods C.15)', () => {
  expect(firstTokens(whole, 4)).toEqual({
    id: '0.3@4t',
    text: 'ab\nc',
    steps: ['ab\n', 'c'],
    tokenCount: 4,
    tokens: whole.tokens!.slice(0, 4),
    stepEnds: [3, 4],
    textEnds: [1, 2, 3, 4],
    logprobs: logprobs.slice(0, 4),
  });
});

test.each([
  { count: 0, steps: [], stepEnds: [] },
  { count: 2, steps: ['ab'], stepEnds: [2] },
  { count: 3, steps: ['ab\n'], stepEnds: [3] },
])('$count of them have the steps $steps', ({ count, steps, stepEnds }) => {
  expect(firstTokens(whole, count)).toMatchObject({
    id: `0.3@${count}t`,
    tokenCount: count,
    text: steps.join(''),
    steps,
    stepEnds,
  });
});

test('a token that is half a character adds no text, and is one of the tokens all the same', () => {
  const half = candidate('0.0', 'aé', { tokens: [1, 2, 3], tokenCount: 3, textEnds: [1, 1, 2] });
  expect(firstTokens(half, 2)).toMatchObject({ text: 'a', tokens: [1, 2], tokenCount: 2 });
});

test('where it is not known where the text ends, it cannot be cut', () => {
  expect(firstTokens({ ...whole, textEnds: [1, 2] }, 3)).toBeUndefined();
  expect(firstTokens({ ...whole, textEnds: undefined }, 1)).toBeUndefined();
});

test('another token is a child of the cut: by its id where that is known, else by its text alone (methods C.11)', () => {
  const cut = firstTokens(whole, 2)!;
  const token = { token: 'xy', logprob: -2 };
  expect(withToken(cut, 1, token, 77)).toMatchObject({
    id: '0.3@2t.1',
    text: 'abxy',
    tokenCount: 3,
    tokens: [...cut.tokens!, 77],
    textEnds: [1, 2, 4],
    logprobs: [...logprobs.slice(0, 2), token],
    forced: 'xy',
  });
  expect(withToken(cut, 1, token, undefined)).toMatchObject({ text: 'abxy', tokenCount: 3, tokens: undefined });
  expect(withToken({ ...cut, tokens: undefined }, 1, token, 77).tokens).toBeUndefined();
});

test.each([
  { count: 0, open: false },
  { count: 2, open: true },
  { count: 3, open: false },
  { count: 4, open: true },
  { count: 6, open: true },
])('of $count tokens the last step is open: $open, where the text does not tell it', ({ count, open }) => {
  const cut = firstTokens({ ...whole, stepOpen: true }, count)!;
  expect(cut.stepOpen).toBe(open);
  expect(withToken(cut, 0, { token: 'x', logprob: -2 }, 7).stepOpen).toBe(open);
  expect(firstTokens(whole, count)!.stepOpen).toBeUndefined();
});

test('they are paths of the wire', () => {
  for (const id of ['0.3@12t', '0.3@0t.1', '0.3@12t.0.0', '0.3@2.1@12t.4', '0@3t']) expect(path.safeParse(id).success).toBe(true);
  for (const id of ['0.3@t', '0.3@12tt', '0.3t', '0.3@12t@', '0.3@-1t']) expect(path.safeParse(id).success).toBe(false);
});
