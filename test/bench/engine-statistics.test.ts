import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countPaths } from '../../bench/engine/beam.ts';
import { DIFFERENT_PROMPTS, promptOf } from '../../bench/engine/prompts.ts';
import { median, spread, table } from '../../bench/engine/statistics.ts';
import { ratio, throughput, throughputTable } from '../../bench/engine/throughput.ts';

const writer = (label: string, answer: { ms: number; promptTokens: number; tokens: number } | string) => ({
  label,
  write: async () => answer,
  stop: async () => {},
});

test.each([
  { values: [3], middle: 3 },
  { values: [9, 1, 5], middle: 5 },
  { values: [4, 1, 3, 2], middle: 3 },
])('the median of $values is $middle', ({ values, middle }) => {
  expect(median(values)).toBe(middle);
});

test('the median of nothing is refused, and a cell without values is a dash', () => {
  expect(() => median([])).toThrow(RangeError);
  expect(spread([])).toBe('-');
});

test('a median is one of the values, and half of them lie on each side', () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 1, maxLength: 20 }), (values) => {
      const middle = median(values);
      expect(values).toContain(middle);
      expect(values.filter((value) => value < middle).length).toBeLessThanOrEqual(values.length / 2);
      expect(values.filter((value) => value > middle).length).toBeLessThanOrEqual(values.length / 2);
    }),
  );
});

test('a spread says the median first, then the lowest and the highest', () => {
  expect(spread([1200.4, 900, 1500])).toBe('1,200 (900 to 1,500)');
  expect(spread([2, 4], 1)).toBe('4.0 (2.0 to 4.0)');
});

test('a table has a rule under its heading and columns as wide as their widest cell', () => {
  expect(table(['a', 'bb'], [['ccc', 'd']])).toBe('| a   | bb |\n|-----|----|\n| ccc | d  |');
});

test('prompts differ in their first words, and consecutive ones in the very first', () => {
  const prompts = Array.from({ length: DIFFERENT_PROMPTS }, (_, number) => promptOf(number));
  expect(new Set(prompts).size).toBe(DIFFERENT_PROMPTS);
  for (const [number, prompt] of prompts.entries()) {
    expect(prompt.split(' ')[0]).not.toBe(promptOf(number + 1).split(' ')[0]);
  }
});

test('a shared beginning is one path: two candidates of 3 tokens that share 2 have 4', () => {
  const paths = new Set<string>();
  countPaths(paths, [1, 2, 3]);
  countPaths(paths, [1, 2, 4]);
  countPaths(paths, [1, 2, 3]);
  expect(paths.size).toBe(4);
  countPaths(paths, [12, 3]); // no beginning of the others, although it reads alike
  expect(paths.size).toBe(6);
});

test('rates count the new tokens of all rows, the warm-up left out', async () => {
  const [measured] = await throughput([writer('ours', { ms: 500, promptTokens: 64, tokens: 4 * 64 })], [4], 2);
  expect(measured?.rates.get(4)).toEqual([512, 512]);
});

test('an engine that wrote fewer tokens, or read another prompt, is no measurement', async () => {
  await expect(throughput([writer('ours', { ms: 500, promptTokens: 64, tokens: 63 })], [1], 1)).rejects.toThrow(
    /wrote 63|63 tokens/,
  );
  await expect(throughput([writer('ours', { ms: 500, promptTokens: 65, tokens: 64 })], [1], 1)).rejects.toThrow(/read 65/);
});

test('a peer that fails keeps its row, says why, and is not asked again; the ratio is a dash', async () => {
  const measured = await throughput(
    [writer('ours', { ms: 100, promptTokens: 64, tokens: 64 }), writer('theirs', 'out of memory')],
    [1],
    3,
  );
  const text = throughputTable(measured, [1]);
  expect(text).toContain('failed: out of memory');
  expect(text).toMatch(/\| 1 +\| - /);
});

test.each([
  { ours: [100, 300, 200], theirs: [50, 40, 60], said: '4.00x' },
  { ours: [], theirs: [1], said: '-' },
  { ours: [1], theirs: [], said: '-' },
])('the ratio of $ours to $theirs is $said', ({ ours, theirs, said }) => {
  expect(ratio(ours, theirs)).toBe(said);
});
