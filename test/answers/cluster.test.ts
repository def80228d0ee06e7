import { expect, test } from 'vitest';
import { cluster } from '../../src/answers/cluster.ts';

test('clusters come in order of their first members; failed extractions are in none (methods A.2)', () => {
  expect(cluster(['q:8/1', null, 'q:7/1', 'q:8/1', null])).toEqual([
    { answer: 'q:8/1', members: [0, 3] },
    { answer: 'q:7/1', members: [2] },
  ]);
  expect(cluster([null, null])).toEqual([]);
  expect(cluster(['__proto__', 'constructor'])).toHaveLength(2);
});
