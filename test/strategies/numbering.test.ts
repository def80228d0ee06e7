import { expect, test } from 'vitest';
import { Numbering } from '../../src/strategies/numbering.ts';
import { candidate } from '../drive.ts';

test('each prefix counts its own children, and a prefix that stands twice in one round is one prefix', () => {
  const numbering = new Numbering();
  const [a, b] = [candidate('0.0', 'a'), candidate('0.1', 'b')];
  expect(numbering.take([a, b], 4)).toEqual([0, 0]);
  expect(numbering.take([b, a, b], [1, 2, 3])).toEqual([4, 4, 5]);
  expect(numbering.take([a, b], 1)).toEqual([6, 8]);
});
