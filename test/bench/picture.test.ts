import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Line, panel } from '../../bench/accuracy/panel.ts';
import { picture } from '../../bench/accuracy/picture.ts';
import type { SetReport } from '../../bench/accuracy/report.ts';
import { shareScale, spread, tokenScale } from '../../bench/accuracy/scale.ts';
import { SEARCHES } from '../../bench/accuracy/searches.ts';

/** Names of the elements of a document; throws where a tag, an attribute or a text is not well formed. */
function elementsOf(svg: string): string[] {
  const names: string[] = [];
  const open: string[] = [];
  const piece = /<(\/?)([a-z]+)((?: [\w:-]+="[^"<&]*(?:&(?:amp|lt|gt|quot);[^"<&]*)*")*)(\/?)>|[^<&]+|&(?:amp|lt|gt|quot);/gy;
  while (piece.lastIndex < svg.length) {
    const at = piece.lastIndex;
    const found = piece.exec(svg);
    if (!found) throw new Error(`Not well formed at: ${svg.slice(at, at + 60)}`);
    const [, closing, name, , empty] = found;
    if (name === undefined) continue;
    if (closing && open.pop() !== name) throw new Error(`</${name}> closes nothing.`);
    if (!closing) names.push(name);
    if (!closing && !empty) open.push(name);
  }
  if (open.length > 0) throw new Error(`<${open.at(-1)}> is not closed.`);
  return names;
}

const share = fc.double({ min: 0, max: 1, noNaN: true });
const interval = fc.tuple(share, share, share).map((three) => {
  const [low, value, high] = three.sort((a, b) => a - b);
  return { low: low!, value: value!, high: high! };
});
const mark = fc.record({ n: fc.integer({ min: 1, max: 64 }), tokens: fc.integer({ min: 1, max: 9999 }), accuracy: interval });
const point = mark.map((one) => ({ ...one, rewardTokens: 1 }));
const points = fc.array(point, { minLength: 1, maxLength: 7 });
const report: fc.Arbitrary<SetReport> = fc.record({
  title: fc.string(),
  problems: fc.constant(300),
  samples: fc.constant(64),
  greedy: point,
  curves: fc.tuple(points, points).map(([one, other]) => [
    { method: 'oracle' as const, points: one },
    { method: 'weighted outcome' as const, points: other },
  ]),
  searches: fc.array(
    point.map((one) => ({ ...one, search: SEARCHES[0]!, byProcess: undefined, against: [] })),
    { minLength: 1, maxLength: 4 },
  ),
  gains: fc.constant([]),
  tight: fc.constant(undefined),
});

test('any report makes a well-formed picture without a coordinate that is no number', () => {
  fc.assert(
    fc.property(fc.array(report, { minLength: 1, maxLength: 5 }), (reports) => {
      const svg = picture(reports.map((one) => ({ ...one, title: `<${one.title}&"` })));
      expect(elementsOf(svg)[0]).toBe('svg');
      expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    }),
    { numRuns: 50 },
  );
});

test('a set that holds others has no panel of its own', () => {
  const [one] = fc.sample(report, { numRuns: 1, seed: 1 });
  const svg = picture([
    { ...one!, title: 'Puzzles of 3 numbers' },
    { ...one!, title: 'All puzzles' },
  ]);
  expect(svg).toContain('Puzzles of 3 numbers (300)');
  expect(svg).not.toContain('All puzzles');
});

test('every line of a panel has its label', () => {
  const lines = fc
    .sample(fc.array(mark, { minLength: 1, maxLength: 7 }), { numRuns: 6, seed: 2 })
    .map((marks, place): Line => ({ label: `line ${place}`, style: 'oracle', kind: place % 2 ? 'runs' : 'curve', marks }));
  const svg = panel({ title: 'A set', lines }, 0, 0);
  for (const { label } of lines) expect(svg).toContain(`>${label}</text>`);
});

test('shares stand between the round numbers around them', () => {
  expect(shareScale([0.42, 0.58], { top: 0, bottom: 100 }).ticks.map((tick) => tick.toFixed(1))).toEqual(['0.4', '0.5', '0.6']);
  const scale = shareScale([0.3, 0.5], { top: 0, bottom: 100 });
  expect([scale(0.3), scale(0.4), scale(0.5)].map(Math.round)).toEqual([100, 50, 0]);
  expect(shareScale([1, 1], { top: 0, bottom: 100 })(1)).not.toBeNaN();
});

test('tokens stand on a logarithmic axis: twice as many is as far everywhere', () => {
  const scale = tokenScale([25, 1600], { left: 0, right: 100 });
  expect(scale(50) - scale(25)).toBeCloseTo(scale(1600) - scale(800), 9);
  expect(scale.ticks).toEqual([50, 100, 200, 500, 1000]);
});

test('labels are moved apart, stay in order and inside, and free ones stay where they are', () => {
  expect(spread([10, 50, 52], { gap: 10, top: 0, bottom: 100 })).toEqual([10, 46, 56]);
  expect(spread([98, 99, 60], { gap: 10, top: 0, bottom: 100 })).toEqual([90, 100, 60]);
  const heights = fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 1, maxLength: 9 });
  fc.assert(
    fc.property(heights, (given) => {
      const moved = spread(given, { gap: 10, top: 0, bottom: 100 }).sort((a, b) => a - b);
      for (const [place, height] of moved.entries()) if (place > 0) expect(height - moved[place - 1]!).toBeGreaterThan(10 - 1e-9);
      expect(moved[0]).toBeGreaterThan(-1e-9);
      expect(moved.at(-1)).toBeLessThan(100 + 1e-9);
    }),
  );
});
