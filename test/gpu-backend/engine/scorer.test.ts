import { expect, test, vi } from 'vitest';
import { type Readable, Scorer } from '../../../gpu-backend/engine/scorer.ts';
import type { RewardInput } from '../../../src/tokens/reward-row.ts';
import { reward } from '../reward.ts';

/** Gives the sum of the ids. */
function summing(read = (row: RewardInput) => [row.ids.reduce((sum, id) => sum + id, 0)]) {
  const { model, batches } = reward('outcome', read);
  return { scorer: new Scorer(model), batches };
}

const readable = (length: number, changes: Partial<Readable> = {}): Readable => ({
  input: { ids: Array.from({ length }, () => 1), stepEnds: [] },
  deadline: Number.POSITIVE_INFINITY,
  signal: new AbortController().signal,
  ...changes,
});

test('texts asked in one turn are read together, those of like lengths in one batch, and each gets its own', async () => {
  const { scorer, batches } = summing();
  const lengths = [1000, 10, 1020, 12, 11, 900];
  const readings = await Promise.all(lengths.map((length) => scorer.read(readable(length))));
  expect(readings).toEqual(lengths.map((length) => ({ ok: true, values: [length] })));
  expect(batches.flat().sort()).toEqual([...lengths].sort());
  // 2,048 is the most of one run: no short text pays for a long one's padding
  for (const batch of batches) expect(batch.length * Math.max(...batch)).toBeLessThanOrEqual(2048);
});

test('a number that is not finite fails its text alone', async () => {
  const { scorer } = summing(({ ids }) => [ids.length === 2 ? Number.NaN : 1]);
  const readings = await Promise.all([1, 2, 3].map((length) => scorer.read(readable(length))));
  expect(readings.map(({ ok }) => ok)).toEqual([true, false, true]);
  expect(readings[1]).toEqual({ ok: false, reason: 'The reward model gave NaN.', values: [Number.NaN] });
});

test('a run that fails gives its reason; the next one is served', async () => {
  let runs = 0;
  const { scorer } = summing(() => {
    if (runs++ === 0) throw new Error('The graph failed.');
    return [1];
  });
  const log = vi.spyOn(console, 'error').mockImplementation(() => {});
  expect(await scorer.read(readable(3))).toMatchObject({ ok: false, reason: expect.stringContaining('log of the backend') });
  expect(String(log.mock.calls[0])).toContain('The graph failed.');
  log.mockRestore();
  expect(await scorer.read(readable(3))).toEqual({ ok: true, values: [1] });
});

test('a text whose caller left, or whose time is up, is not read', async () => {
  const { scorer, batches } = summing();
  const readings = await Promise.all([
    scorer.read(readable(3, { signal: AbortSignal.abort() })),
    scorer.read(readable(3, { deadline: 0 })),
  ]);
  expect(readings.map(({ ok }) => ok)).toEqual([false, false]);
  expect(batches).toEqual([]);
});
