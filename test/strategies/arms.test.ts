import { expect, test } from 'vitest';
import { mulberry32 } from '../../src/random.ts';
import { Arms } from '../../src/strategies/arms.ts';
import { drawMean } from '../../src/strategies/posterior.ts';
import type { Node } from '../../src/strategies/tree.ts';
import { Tree } from '../../src/strategies/tree.ts';
import { candidate } from '../drive.ts';

/** Believes exactly what was seen; of nothing seen, 0. */
const means = () => new Arms((_, { mean }) => mean);
const dice = mulberry32(1);

function planted(tree: Tree, parent: Node, ownValue: number, more: { growing?: boolean } = {}): Node {
  const id = `${parent.prefix.id}.${parent.children.length}`;
  return tree.add(parent, [{ prefix: candidate(id, `${id}\n`), growing: true, ownValue, ...more }])[0]!;
}

test('a new node tells its parent what a child is worth, and all above what going down is worth (methods C.8)', () => {
  const tree = new Tree();
  const arms = means();
  const child = planted(tree, tree.root, 0.4);
  arms.observe(child);
  const grandchild = planted(tree, child, 0.8);
  arms.observe(grandchild);
  arms.observe(planted(tree, grandchild, 0.6));
  const seen = (node: Node) => {
    const { wider, deeper, own } = arms.of(node);
    return [wider, deeper, own].map(({ count, mean }) => (count === 0 ? [0] : [count, Number(mean.toFixed(9))]));
  };
  expect(seen(tree.root)).toEqual([
    [1, 0.4],
    [2, 0.7],
    [3, 0.6],
  ]);
  expect(seen(child)).toEqual([
    [1, 0.8],
    [1, 0.6],
    [3, 0.6],
  ]);
  expect(seen(grandchild)).toEqual([[1, 0.6], [0], [2, 0.7]]);
});

test('a node without a child is written from; then wider where that draw is at least the other, else deeper (methods C.8)', () => {
  const tree = new Tree();
  const arms = means();
  expect(arms.choose(tree.root, dice)).toBe(tree.root);
  planted(tree, tree.root, 0);
  expect(arms.choose(tree.root, dice)).toBe(tree.root); // both draws are 0
  const low = planted(tree, tree.root, 0.4);
  const high = planted(tree, tree.root, 0.6);
  for (const node of [low, high]) arms.observe(node);
  expect(arms.choose(tree.root, dice)).toBe(tree.root); // nothing is known of what is deeper
  arms.observe(planted(tree, high, 0.9)); // deeper: 0.9; wider: 0.5
  expect(arms.choose(tree.root, dice)).toBe(high); // of 0.75 against 0.4; there wider is 0.9, and deeper 0
});

test('a child that is not written from is no way down, however good it is', () => {
  const tree = new Tree();
  const arms = means();
  const open = planted(tree, tree.root, 0.1);
  const answer = planted(tree, tree.root, 0.9, { growing: false });
  for (const node of [open, answer, planted(tree, open, 0.8)]) arms.observe(node);
  expect(arms.choose(tree.root, dice)).toBe(open);
});

test('beliefs are drawn from: wider and deeper both come, each as often as its posterior says', () => {
  const tree = new Tree();
  const arms = new Arms(drawMean.beta);
  for (const value of [0.5, 0.5]) arms.observe(planted(tree, tree.root, value)); // wider: beta(1.5, 1.5); deeper: beta(0.5, 0.5)
  const next = mulberry32(5);
  const wider = Array.from({ length: 4000 }, () => arms.choose(tree.root, next)).filter((node) => node === tree.root).length;
  expect(Math.abs(wider / 4000 - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / 4000)); // both are symmetric about 0.5
});
