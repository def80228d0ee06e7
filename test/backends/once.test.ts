import { expect, test } from 'vitest';
import type { CandidateLine, GenerateLine, PieceLine } from '../../schemas/backend.ts';
import { Once } from '../../src/backends/once.ts';
import { mulberry32 } from '../../src/random.ts';

/** A piece of candidate 0.0, whose tokens are one character each. */
const piece = (at: number, text: string): PieceLine => ({ type: 'piece', id: '0.0', at, token_count: text.length, text });
const candidate: CandidateLine = {
  type: 'candidate',
  id: '0.0',
  parent: '0',
  text: 'abcd',
  step: 1,
  step_ends: [4],
  token_count: 4,
  finish: 'stop',
};

/** What is given on of several goes at one call. */
function freshOf(...goes: readonly (readonly GenerateLine[])[]): GenerateLine[] {
  const once = new Once();
  return goes.flatMap((lines) => {
    once.again();
    return lines.flatMap((line) => once.fresh(line) ?? []);
  });
}

test('pieces of one go are given on as they are', () => {
  const lines = [piece(0, 'ab'), piece(2, 'c'), candidate];
  expect(freshOf(lines)).toEqual(lines);
});

test('a repetition that is cut otherwise goes on where the first one ended', () => {
  expect(freshOf([piece(0, 'ab')], [piece(0, 'a'), piece(1, 'bc'), piece(3, 'd'), candidate])).toEqual([
    piece(0, 'ab'),
    piece(2, 'c'),
    piece(3, 'd'),
    candidate,
  ]);
  expect(freshOf([piece(0, 'ab'), piece(2, 'c')], [piece(0, 'abcd')])).toEqual([piece(0, 'ab'), piece(2, 'c'), piece(3, 'd')]);
});

test('log-probabilities go with their tokens', () => {
  const logprobs = ['a', 'b', 'c'].map((token) => ({ token, logprob: -1 }));
  const fresh = freshOf([{ ...piece(0, 'a'), logprobs: logprobs.slice(0, 1) }], [{ ...piece(0, 'abc'), logprobs }]);
  expect(fresh[1]).toEqual({ ...piece(1, 'bc'), logprobs: logprobs.slice(1) });
});

test('pieces of a candidate that has ended are not given again, nor is its line', () => {
  expect(freshOf([piece(0, 'ab'), candidate], [piece(0, 'abc'), candidate, piece(3, 'd')])).toEqual([piece(0, 'ab'), candidate]);
});

test('pieces with a gap, or of another text, are none', () => {
  expect(() => freshOf([piece(1, 'b')])).toThrow('begins at token 1');
  expect(() => freshOf([piece(0, 'ab'), piece(1, 'b')])).toThrow('begins at token 1');
  expect(() => freshOf([piece(0, 'ab')], [piece(0, 'ax')])).toThrow('another 0.0');
  expect(() => freshOf([piece(0, 'ab')], [piece(0, 'x')])).toThrow('another 0.0');
});

test('however often a call is repeated and cut, its text and its tokens are told once', () => {
  const random = mulberry32(3);
  for (let round = 0; round < 3000; round++) {
    const text = 'abcdefghijklmnop'.slice(0, 1 + Math.floor(random() * 16));
    const goes = Array.from({ length: 4 }, (_, go) => {
      const lines: PieceLine[] = [];
      const last = go === 3 ? text.length : Math.floor(random() * text.length);
      for (let at = 0; at < last; ) {
        const end = Math.min(last, at + 1 + Math.floor(random() * 4));
        lines.push({
          ...piece(at, text.slice(at, end)),
          logprobs: [...text.slice(at, end)].map((token) => ({ token, logprob: 0 })),
        });
        at = end;
      }
      return lines;
    });
    const fresh = freshOf(...goes) as PieceLine[];
    expect(fresh.map((line) => line.text).join('')).toBe(text);
    expect(fresh.flatMap(({ logprobs = [] }) => logprobs.map(({ token }) => token)).join('')).toBe(text);
    expect(fresh.map(({ at }) => at)).toEqual(
      fresh.map((_, place) => fresh.slice(0, place).reduce((sum, line) => sum + line.token_count, 0)),
    );
  }
});
