import { BPE } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergePairs } from '../../src/tokens/merge-pairs.ts';

const ranked = (merges: readonly (readonly [string, string])[]) => {
  const ranks = new Map(merges.map((pair, rank) => [pair.join('\0'), rank]));
  return (left: string, right: string) => ranks.get(`${left}\0${right}`);
};

test('the pair learned first goes first, and of equal ones the leftmost', () => {
  const rankOf = ranked([
    ['a', 'b'],
    ['a', 'a'],
    ['aa', 'ab'],
  ]);
  expect(mergePairs([...'aaab'], rankOf)).toEqual(['aaab']);
  expect(mergePairs([...'aaa'], rankOf)).toEqual(['aa', 'a']);
  expect(mergePairs([...'ba'], rankOf)).toEqual(['b', 'a']);
  expect(mergePairs([], rankOf)).toEqual([]);
});

/** Merges that were learned one from the other, as training does. */
const learned = fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 1, maxLength: 24 }).map((pairs) => {
  const tokens = ['a', 'b', 'c', '漢'];
  const merges = new Map<string, [string, string]>();
  for (const [left, right] of pairs) {
    const pair: [string, string] = [tokens[left % tokens.length]!, tokens[right % tokens.length]!];
    if (pair.join('').length > 40) continue;
    merges.set(pair.join('\0'), pair);
    tokens.push(pair.join(''));
  }
  return { merges: [...merges.values()], tokens };
});

test('any piece has the tokens that the package gives it', () => {
  const pieces = fc.array(fc.constantFrom('a', 'b', 'c', '漢', 'd'), { maxLength: 80 });
  fc.assert(
    fc.property(learned, pieces, ({ merges, tokens }, symbols) => {
      const vocab = Object.fromEntries([...new Set([...tokens, 'd'])].map((token, id) => [token, id]));
      const model = new BPE({ type: 'BPE', vocab, merges } as never);
      expect(mergePairs(symbols, ranked(merges))).toEqual(model.bpe(symbols.join('')));
    }),
  );
});
