import { expect, test } from 'vitest';
import { Lock } from '../../../gpu-backend/ort/lock.ts';

test('one at a time, in the order of asking, whoever fails', async () => {
  const lock = new Lock();
  const seen: string[] = [];
  const work = (name: string, fails = false) =>
    lock.hold(async () => {
      seen.push(`${name} in`);
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(`${name} out`);
      if (fails) throw new Error(name);
      return name;
    });
  const all = [work('a'), work('b', true), work('c')];
  expect(seen).toEqual(['a in']); // at once
  expect(await Promise.allSettled(all)).toMatchObject([{ value: 'a' }, { reason: { message: 'b' } }, { value: 'c' }]);
  expect(seen).toEqual(['a in', 'a out', 'b in', 'b out', 'c in', 'c out']);
  expect(lock.held).toBe(false);
});

test('work that is no promise has left when hold returns; what it throws is the promise', async () => {
  const lock = new Lock();
  const done = lock.hold(() => 1);
  expect(lock.held).toBe(false);
  const failed = lock.hold(() => {
    throw new Error('no');
  });
  expect(lock.held).toBe(false);
  expect(await done).toBe(1);
  await expect(failed).rejects.toThrow('no');
});
