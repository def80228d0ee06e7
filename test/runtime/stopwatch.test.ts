import { expect, test } from 'vitest';
import { Stopwatch } from '../../src/runtime/stopwatch.ts';

test('no moment is counted twice: two samples at once, then a reading beside one, then a reading alone', async () => {
  let now = 100;
  const state = { generateMs: 0, scoreMs: 0 };
  const stopwatch = new Stopwatch(() => now, state);
  const end: Record<string, () => void> = {};
  const begin = (kind: 'sample' | 'read', name: string) =>
    stopwatch.during(kind, () => new Promise<void>((resolve) => (end[name] = resolve)));
  const finish = async (name: string, work: Promise<void>) => {
    end[name]!();
    await work;
  };
  const first = begin('sample', 'first');
  now = 110;
  const second = begin('sample', 'second');
  now = 120;
  await finish('first', first);
  const reading = begin('read', 'reading');
  now = 140;
  await finish('second', second);
  now = 145;
  await finish('reading', reading);
  now = 1000;
  await stopwatch.during('read', async () => {});
  expect(state).toEqual({ generateMs: 40, scoreMs: 5 });
});

test('work that fails is timed as well', async () => {
  let now = 0;
  const state = { generateMs: 0, scoreMs: 0 };
  const stopwatch = new Stopwatch(() => now, state);
  const failing = stopwatch.during('sample', async () => {
    now = 7;
    throw new Error('gone');
  });
  await expect(failing).rejects.toThrow('gone');
  expect(state.generateMs).toBe(7);
});
