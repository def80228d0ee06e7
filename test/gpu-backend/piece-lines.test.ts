import { afterEach, expect, test, vi } from 'vitest';
import { PieceLines } from '../../gpu-backend/piece-lines.ts';
import type { PieceLine } from '../../schemas/backend.ts';

afterEach(() => {
  vi.useRealTimers();
});

function gathering() {
  vi.useFakeTimers();
  const lines: PieceLine[] = [];
  return { lines, pieces: new PieceLines((line) => lines.push(line)) };
}

const piece = (text: string, logprob?: number) => ({
  text,
  token: 1,
  ...(logprob === undefined ? {} : { logprob: { token: text, logprob } }),
});

test('the first token goes at once, what follows within ten milliseconds together', () => {
  const { lines, pieces } = gathering();
  pieces.add('0.0', piece('a'));
  vi.advanceTimersByTime(0);
  expect(lines).toEqual([{ type: 'piece', id: '0.0', at: 0, token_count: 1, text: 'a' }]);
  for (const text of ['b', '', 'c']) pieces.add('0.0', piece(text));
  vi.advanceTimersByTime(9);
  expect(lines).toHaveLength(1);
  vi.advanceTimersByTime(1);
  expect(lines[1]).toEqual({ type: 'piece', id: '0.0', at: 1, token_count: 3, text: 'bc' });
});

test('one line for each candidate of a step, and none for one that wrote nothing to read', () => {
  const { lines, pieces } = gathering();
  for (let row = 0; row < 64; row++) pieces.add(`0.${row}`, piece(row === 5 ? '' : 'a'));
  vi.advanceTimersByTime(1000);
  expect(lines).toHaveLength(63);
  pieces.add('0.5', piece('\u{1F600}'));
  vi.advanceTimersByTime(1000);
  expect(lines[63]).toEqual({ type: 'piece', id: '0.5', at: 0, token_count: 2, text: '\u{1F600}' });
});

test('what a candidate had not told when it ended is left to its line', () => {
  const { lines, pieces } = gathering();
  pieces.add('0.0', piece('a'));
  pieces.end('0.0');
  vi.advanceTimersByTime(1000);
  expect(lines).toEqual([]);
  pieces.add('0.1', piece('a'));
  pieces.close();
  vi.advanceTimersByTime(1000);
  expect(lines).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

test('log-probabilities go with their tokens', () => {
  const { lines, pieces } = gathering();
  pieces.add('0.0', piece('a', -1));
  pieces.add('0.0', piece('', -2));
  vi.advanceTimersByTime(0);
  expect(lines[0]!.logprobs).toEqual([
    { token: 'a', logprob: -1 },
    { token: '', logprob: -2 },
  ]);
});
