import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PrefixTree } from '../../../gpu-backend/engine/prefix-tree.ts';
import { cutSegments, type Segment, Segments } from '../../../gpu-backend/engine/segments.ts';

/** A store of tokens in place of keys and values; a row is the list of tokens that is inserted. */
function tokenStore(size: number) {
  const segments = new Segments(size);
  const held: (number | undefined)[] = Array.from({ length: size });
  let row: readonly number[] = [];
  const tree = new PrefixTree({
    canKeep: (count) => count <= size - segments.used,
    keep: (_, from, to) => {
      const taken = segments.take(to - from);
      let at = from;
      for (const { start, length } of taken) for (let place = 0; place < length; place++) held[start + place] = row[at++];
      return taken;
    },
    drop: (dropped) => {
      for (const { start, length } of dropped) held.fill(undefined, start, start + length);
      segments.give(dropped);
    },
  });
  const insert = (tokens: readonly number[]) => {
    row = tokens;
    return tree.insert(tokens, 0);
  };
  const read = (found: readonly Segment[]) => found.flatMap(({ start, length }) => held.slice(start, start + length));
  return { tree, insert, read, segments };
}

const longestShared = (known: readonly (readonly number[])[], tokens: readonly number[]) =>
  Math.max(
    0,
    ...known.map((each) => {
      let shared = 0;
      while (shared < each.length && shared < tokens.length && each[shared] === tokens[shared]) shared++;
      return shared;
    }),
  );

const text = fc.array(fc.nat(2), { minLength: 1, maxLength: 12 });

test('the longest known beginning is found, token by token, and holds what was kept', () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 20 }), fc.array(text, { maxLength: 20 }), (kept, asked) => {
      const { tree, insert, read } = tokenStore(1000);
      for (const tokens of kept) expect(insert(tokens)).toBe(true);
      for (const tokens of [...asked, ...kept]) {
        const match = tree.match(tokens);
        expect(match.length).toBe(longestShared(kept, tokens));
        expect(read(match.segments)).toEqual(tokens.slice(0, match.length));
        tree.release(match);
        const shorter = tree.match(tokens, tokens.length - 1);
        expect(shorter.length).toBe(Math.min(match.length, tokens.length - 1));
        expect(read(shorter.segments)).toEqual(tokens.slice(0, shorter.length));
        tree.release(shorter);
      }
    }),
  );
});

test('positions that are shared are kept once', () => {
  const { insert, segments } = tokenStore(100);
  insert([1, 2, 3, 4]);
  insert([1, 2, 3, 9]);
  insert([1, 2]);
  expect(segments.used).toBe(5);
});

test('when memory is short the least recently used goes first, what is pinned never', () => {
  const { tree, insert } = tokenStore(6);
  insert([1, 1]);
  insert([2, 2]);
  insert([3, 3]);
  tree.release(tree.match([1, 1])); // used: [2, 2] is the oldest now
  expect(insert([4, 4])).toBe(true);
  const lengths = [
    [1, 1],
    [2, 2],
    [3, 3],
    [4, 4],
  ].map((tokens) => {
    const match = tree.match(tokens);
    tree.release(match);
    return match.length;
  });
  expect(lengths).toEqual([2, 0, 2, 2]);
  const pinned = [1, 3, 4].map((token) => tree.match([token, token]));
  expect(insert([5, 5])).toBe(false);
  tree.release(pinned[1]!);
  expect(insert([5, 5])).toBe(true);
  expect(tree.match([3, 3]).length).toBe(0);
  expect(tree.match([1, 1]).length).toBe(2);
});

test('in a store that is too small nothing wrong is ever found, and all of it is free when all has gone', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(text, fc.boolean()), { maxLength: 60 }), (moves) => {
      const { tree, insert, read, segments } = tokenStore(16);
      const pins: ReturnType<PrefixTree['match']>[] = [];
      for (const [tokens, pin] of moves) {
        insert(tokens);
        const match = tree.match(tokens);
        expect(read(match.segments)).toEqual(tokens.slice(0, match.length));
        if (pin && pins.length < 3) pins.push(match);
        else tree.release(match);
        for (const { segments: pinned } of pins) expect(read(pinned)).not.toContain(undefined);
      }
      for (const pin of pins) tree.release(pin);
      expect(tree.makeRoom(16)).toBe(true);
      expect(segments.used).toBe(0);
    }),
  );
});

test('segments: in one piece where there is one, else in several; neighbours are joined when given back', () => {
  const segments = new Segments(10);
  const [first, second, third] = [segments.take(3), segments.take(3), segments.take(4)];
  segments.give(second);
  segments.give(first);
  expect(segments.take(6)).toEqual([{ start: 0, length: 6 }]);
  segments.give([{ start: 1, length: 2 }]);
  segments.give(third);
  expect(segments.take(6)).toEqual([
    { start: 1, length: 2 },
    { start: 6, length: 4 },
  ]);
  expect(() => segments.take(1)).toThrow('0 are free');
});

test('a list of segments is cut anywhere', () => {
  const list = [
    { start: 5, length: 2 },
    { start: 0, length: 3 },
  ];
  expect(cutSegments(list, 0)).toEqual([[], list]);
  expect(cutSegments(list, 3)).toEqual([
    [
      { start: 5, length: 2 },
      { start: 0, length: 1 },
    ],
    [{ start: 1, length: 2 }],
  ]);
  expect(cutSegments(list, 5)).toEqual([list, []]);
});
