import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { collect } from '../../bench/accuracy/cache.ts';
import { CannotStart } from '../../bin/settings.ts';

const schema = z.object({ id: z.string(), square: z.number() });
const items = Array.from({ length: 20 }, (_, place) => ({ id: `n${place + 1}`, number: place + 1 }));
let folder: string;
let asked: string[];
const measure = async ({ id, number }: (typeof items)[number]) => {
  asked.push(id);
  return { id, square: number * number };
};
const run = (over: object = {}) =>
  collect(items, {
    path: join(folder, 'deeper', 'squares.jsonl'),
    schema,
    measure,
    signal: new AbortController().signal,
    progress: () => {},
    ...over,
  });
const file = () => readFileSync(join(folder, 'deeper', 'squares.jsonl'), 'utf8');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-cache-'));
  asked = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

test('every item is measured once, and read the next time, in the order of the items', async () => {
  const squares = items.map(({ id, number }) => ({ id, square: number * number }));
  expect(await run()).toEqual(squares);
  expect(asked).toHaveLength(20);
  expect(await run()).toEqual(squares);
  expect(asked).toHaveLength(20);
});

test('a line that was being written when the run was killed is measured again, and the others are not', async () => {
  await run();
  const path = join(folder, 'deeper', 'squares.jsonl');
  const whole = file();
  rmSync(path);
  appendFileSync(path, whole.slice(0, -5));
  asked = [];
  expect(await run()).toHaveLength(20);
  expect(asked).toHaveLength(1);
  expect(
    file()
      .trimEnd()
      .split('\n')
      .map((line): unknown => schema.parse(JSON.parse(line))),
  ).toHaveLength(20);
});

test('a failure stops the rest and keeps what was done', async () => {
  const failing = (item: (typeof items)[number]) => (item.number === 2 ? Promise.reject(new Error('no answer')) : measure(item));
  await expect(run({ measure: failing })).rejects.toThrow('no answer');
  expect(file()).toContain('"n1"');
  expect(asked).not.toContain('n20');
  expect(await run()).toHaveLength(20);
});

test('an interruption stops it and says that what was done is kept', async () => {
  const interrupted = new AbortController();
  const interrupting = async (item: (typeof items)[number]) => {
    if (item.number === 9) interrupted.abort();
    interrupted.signal.throwIfAborted();
    return measure(item);
  };
  await expect(run({ measure: interrupting, signal: interrupted.signal })).rejects.toThrow(CannotStart);
  expect(file()).toContain('"n1"');
  expect(asked).not.toContain('n20');
});
