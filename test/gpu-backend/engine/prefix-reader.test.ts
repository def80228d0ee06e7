import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PrefixReader, type ReadingObserver } from '../../../gpu-backend/engine/prefix-reader.ts';
import { Scorer } from '../../../gpu-backend/engine/scorer.ts';
import type { PastReading, Positions } from '../../../gpu-backend/models/reward-model.ts';
import type { RewardInput } from '../../../src/tokens/reward-row.ts';
import { reward } from '../reward.ts';

const CACHES = [
  { heads: 2, bytes: 4 },
  { heads: 1, bytes: 8 },
];
const POSITION_BYTES = 16;
/** With its score. Half of the memory is for what is kept. */
const KEPT_BYTES = POSITION_BYTES + 8;

/** A number that says what every token up to this one is, in order. */
const scoreOf = (tokens: readonly number[]): number =>
  tokens.reduce((sum, token) => (31 * sum + token + 1) % 1_000_003, 7) / 1_000_003;
const scoresOf = ({ ids, stepEnds }: RewardInput) => stepEnds.map((end) => scoreOf(ids.slice(0, end + 1)));

/** A model whose keys and values are the tokens themselves: it knows of a past what lies there, and nothing else. */
function remembering({ rows: most = Number.POSITIVE_INFINITY, judge = scoreOf } = {}) {
  const runs: { past: number; lengths: number[]; whole: boolean }[] = [];
  const tokenAt = ({ length, arrays }: Positions, row: number, place: number): number => {
    const [first, second] = arrays.map(({ buffer }) => new Int32Array(buffer));
    const said = [0, 1].map((head) => first![(row * 2 + head) * length + place]! - head);
    said.push(second![2 * (row * length + place)]!);
    expect(new Set(said).size).toBe(1);
    return said[0]!;
  };
  const model: PastReading = {
    caches: CACHES,
    rows: most,
    read: async (rows) => {
      runs.push({ past: 0, lengths: rows.map(({ ids }) => ids.length), whole: true });
      return rows.map(({ ids, stepEnds }) => stepEnds.map((end) => judge(ids.slice(0, end + 1))));
    },
    readAfter: async (past, rows) => {
      runs.push({ past: past.length, lengths: rows.map(({ ids }) => ids.length), whole: false });
      if (past.length > 0) expect(rows.length).toBeLessThanOrEqual(most);
      const length = Math.max(...rows.map(({ ids }) => ids.length));
      const arrays = CACHES.map(({ heads, bytes }) => new Uint8Array(rows.length * heads * length * bytes));
      const [first, second] = arrays.map(({ buffer }) => new Int32Array(buffer));
      const values = rows.map(({ ids, stepEnds }, row) => {
        for (const [place, token] of ids.entries()) {
          for (const head of [0, 1]) first![(row * 2 + head) * length + place] = token + head;
          second![2 * (row * length + place)] = token;
        }
        const before = Array.from({ length: past.length }, (_, place) => tokenAt(past, row, place));
        return stepEnds.map((end) => judge([...before, ...ids.slice(0, end + 1)]));
      });
      return { values, added: { length, arrays } };
    },
  };
  return { model, runs, computed: () => runs.flatMap(({ lengths }) => lengths).reduce((sum, length) => sum + length, 0) };
}

const text = (ids: readonly number[], ...stepEnds: number[]): RewardInput => ({ ids, stepEnds });
const counted = (length: number, first = 0) => Array.from({ length }, (_, index) => first + index);
const ROOM = 1000 * POSITION_BYTES;

const someText = fc
  .array(fc.nat(2), { minLength: 1, maxLength: 12 })
  .chain((ids) => fc.subarray([...ids.keys()]).map((ends): RewardInput => text(ids, ...ends)));

test.each([1, Number.POSITIVE_INFINITY])(
  'whatever was read before, kept or evicted, the scores are those of each text read whole; rows on a past: %d',
  async (rows) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(someText, { minLength: 1, maxLength: 5 }), { maxLength: 12 }),
        fc.integer({ min: 1, max: 80 * POSITION_BYTES }),
        async (batches, bytes) => {
          const reader = new PrefixReader(remembering({ rows }).model, bytes);
          for (const batch of batches) expect(await reader.read(batch)).toEqual(batch.map(scoresOf));
          expect(reader.kept * KEPT_BYTES).toBeLessThanOrEqual(bytes / 2);
        },
      ),
    );
  },
);

test('a text that extends one that was read costs its new tokens, the same text again none', async () => {
  const { model, runs } = remembering();
  const reader = new PrefixReader(model, ROOM);
  const [first, second] = [text(counted(40), 9, 39), text(counted(50), 9, 39, 49)];
  await reader.read([first]);
  expect(reader.lengthOf(second)).toBe(10);
  expect(await reader.read([second])).toEqual([scoresOf(second)]);
  expect(await reader.read([second, first])).toEqual([second, first].map(scoresOf));
  expect(runs).toEqual([
    { past: 0, lengths: [40], whole: false },
    { past: 40, lengths: [10], whole: false },
  ]);
});

test('a text that shares a part of a known one is read from there, and one whose score is not known from that step', async () => {
  const { model, runs } = remembering();
  const reader = new PrefixReader(model, ROOM);
  await reader.read([text(counted(40), 39)]);
  const [parted, cut] = [text([...counted(30), 7, 7], 29, 31), text(counted(40), 19, 39)];
  expect(await reader.read([parted])).toEqual([scoresOf(parted)]);
  expect(await reader.read([cut])).toEqual([scoresOf(cut)]);
  expect(runs.slice(1)).toEqual([
    { past: 29, lengths: [3], whole: false },
    { past: 19, lengths: [21], whole: false },
  ]);
  expect(reader.lengthOf(cut)).toBe(0);
});

test('siblings of several beams are one run, also where one shares a token more with what is known', async () => {
  const { model, runs } = remembering();
  const reader = new PrefixReader(model, ROOM);
  const beams = [0, 100].map((first) => counted(20, first));
  await reader.read(beams.map((beam) => text(beam, 19)));
  await reader.read([text([...beams[0]!, 5, 6, 7], 22)]);
  const children = beams.flatMap((beam) => [5, 8, 9].map((token) => text([...beam, token, 1, 2, 3], 23)));
  expect(await reader.read(children)).toEqual(children.map(scoresOf));
  expect(runs.slice(2)).toEqual([{ past: 20, lengths: [4, 4, 4, 4, 4, 4], whole: false }]);
});

test('a graph that takes one row on a past is given one at a time', async () => {
  const { model, runs } = remembering({ rows: 1 });
  const reader = new PrefixReader(model, ROOM);
  await reader.read([text(counted(20), 19)]);
  await reader.read([5, 6].map((token) => text([...counted(20), token], 20)));
  expect(runs.map(({ past, lengths }) => [past, ...lengths])).toEqual([
    [0, 20],
    [20, 1],
    [20, 1],
  ]);
});

test('a beginning that several new texts share is read once, and theirs below it', async () => {
  const { model, computed } = remembering();
  const reader = new PrefixReader(model, ROOM);
  const texts = [1000, 2000].flatMap((branch) =>
    [1, 2, 3].map((leaf) => text([...counted(100), ...counted(50, branch), leaf], 99, 150)),
  );
  expect(await reader.read(texts)).toEqual(texts.map(scoresOf));
  expect(computed()).toBe(100 + 2 * 50 + 6);
});

test('the least recently used goes first', async () => {
  const { model } = remembering();
  const reader = new PrefixReader(model, 40 * KEPT_BYTES * 2);
  const [first, second, third] = [1, 2, 3].map((token) =>
    text(
      Array.from({ length: 15 }, () => token),
      14,
    ),
  );
  for (const each of [first!, second!, first!, third!]) await reader.read([each]);
  expect([first!, second!, third!].map((each) => reader.lengthOf(each))).toEqual([0, 15, 0]);
});

test('where there is no room for a run on a past, texts are read whole and together', async () => {
  const { model, runs } = remembering();
  const reader = new PrefixReader(model, 10);
  const texts = [text(counted(5), 4), text(counted(7), 6)];
  for (let time = 0; time < 2; time++) expect(await reader.read(texts)).toEqual(texts.map(scoresOf));
  expect(runs).toEqual([1, 2].map(() => ({ past: 0, lengths: [5, 7], whole: true })));
});

test('rows of a run have room: more are several runs', async () => {
  const { model, runs } = remembering();
  const reader = new PrefixReader(model, 100 * POSITION_BYTES);
  await reader.read(
    [1, 2, 3, 4].map((token) =>
      text(
        Array.from({ length: 20 }, () => token),
        19,
      ),
    ),
  );
  expect(runs.map(({ lengths }) => lengths.length)).toEqual([2, 2]);
});

test('of a run that fails, and of a text whose score is no number, nothing is kept', async () => {
  let failing = true;
  const judge = (tokens: readonly number[]) => {
    if (failing) throw new Error('The graph failed.');
    return tokens.at(-1) === 9 ? Number.NaN : scoreOf(tokens);
  };
  const { model } = remembering({ judge });
  const reader = new PrefixReader(model, ROOM);
  const [fine, wrong] = [text([1, 2, 3], 2), text([4, 5, 9], 1, 2)];
  await expect(reader.read([fine])).rejects.toThrow('The graph failed.');
  expect(reader.kept).toBe(0);
  failing = false;
  expect(await reader.read([fine, wrong])).toEqual([scoresOf(fine), [scoreOf([4, 5]), Number.NaN]]);
  expect([fine, wrong].map((each) => reader.lengthOf(each))).toEqual([0, 3]);
});

test('what a batch goes on from stays until its rows are kept, and gives way afterwards', async () => {
  const { model } = remembering();
  const reader = new PrefixReader(model, 20 * KEPT_BYTES * 2);
  const [first, second] = [0, 100].map((token) => counted(10, token));
  await reader.read([text(first!, 9), text(second!, 9)]);
  const longer = [first!, second!].map((ids) => text([...ids, 1, 2, 3], 12));
  for (let time = 0; time < 2; time++) expect(await reader.read(longer)).toEqual(longer.map(scoresOf));
  // there was no room for more beside the two, and neither has driven the other out
  expect(longer.map((row) => reader.lengthOf(row))).toEqual([3, 3]);
  const others = Array.from({ length: 20 }, (_, index) => text(counted(8, 200 + 10 * index), 7));
  for (const row of others) {
    for (let time = 0; time < 2; time++) expect(await reader.read([row])).toEqual([scoresOf(row)]);
    expect(reader.lengthOf(row)).toBe(0);
  }
});

test('it tells the positions that it was asked for, found and computed', async () => {
  const told = { asked: 0, found: 0, positions: 0 };
  const observer: ReadingObserver = {
    prefix: (asked, found) => {
      told.asked += asked;
      told.found += found;
    },
    step: ({ positions }) => {
      told.positions += positions;
    },
  };
  const reader = new PrefixReader(remembering().model, ROOM, observer);
  await reader.read([text(counted(40), 39)]);
  await reader.read([text(counted(50), 39, 49)]);
  await reader.read([text(counted(50), 39, 49)]);
  expect(told).toEqual({ asked: 140, found: 90, positions: 50 });
});

test('a queue makes its batches by what is left to be read', async () => {
  const { model, runs } = remembering();
  const reader = new PrefixReader(model, 1e6);
  const scorer = new Scorer(reward('process', scoresOf).model, reader);
  const beginning = counted(1000);
  const read = (row: RewardInput) =>
    scorer.read({ input: row, deadline: Number.POSITIVE_INFINITY, signal: new AbortController().signal });
  await read(text(beginning, 999));
  const children = [1, 2, 3, 4].map((token) => text([...beginning, token], 1000));
  expect(await Promise.all(children.map(read))).toEqual(children.map((child) => ({ ok: true, values: scoresOf(child) })));
  expect(runs.slice(1)).toEqual([{ past: 1000, lengths: [1, 1, 1, 1], whole: false }]);
});
