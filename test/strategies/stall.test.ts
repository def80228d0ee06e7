import { expect, test } from 'vitest';
import { Stall } from '../../src/strategies/stall.ts';

test.each([
  { said: 'a cut that moves is sampled from again', cuts: [3, 5, 9], attempts: ['again', 'again', 'again'] },
  {
    said: 'one that has not moved twice, at a higher temperature once; then afresh',
    cuts: [3, 3, 3, 3, 3],
    attempts: ['again', 'again', 'hotter', 'afresh', 'again'],
  },
  { said: 'back is not past', cuts: [5, 3, 2], attempts: ['again', 'again', 'hotter'] },
  { said: 'one move is enough', cuts: [3, 3, 4, 4, 4], attempts: ['again', 'again', 'again', 'again', 'hotter'] },
  { said: 'the first character is a place as well', cuts: [0, 0, 0], attempts: ['again', 'again', 'hotter'] },
])('$said (methods C.12)', ({ cuts, attempts }) => {
  const stall = new Stall();
  expect(cuts.map((cut) => stall.next(cut))).toEqual(attempts);
});
