import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mulberry32 } from '../../src/random.ts';
import type { Node, Worth } from '../../src/strategies/tree.ts';
import { ended, meanValue, nodeValue, Tree, tries } from '../../src/strategies/tree.ts';
import { candidate } from '../drive.ts';

const seed = (id: string, ownValue: number, more: object = {}) => ({
  prefix: candidate(id, `${id}\n`, { finish: 'step', ...more }),
  growing: true,
  ownValue,
});
const end = (id: string, ownValue: number) => ({ ...seed(id, ownValue, { finish: 'stop' }), growing: false });
const ids = (nodes: readonly Node[]) => nodes.map(({ prefix }) => prefix.id);
const byValue: Worth = ({ ownValue }) => ownValue!;

test('children stand in the order of their own values, then fewer tokens, then as given (methods 0.3)', () => {
  const tree = new Tree();
  const added = tree.add(tree.root, [seed('0.0', 0.5), seed('0.1', 0.9), seed('0.2', 0.5, { tokenCount: 1 }), seed('0.3', 0.5)]);
  expect(ids(added)).toEqual(['0.0', '0.1', '0.2', '0.3']);
  expect(ids(tree.root.children)).toEqual(['0.1', '0.2', '0.0', '0.3']);
});

test('a text stands once in a tree: the second one is the first (methods C.0)', () => {
  const tree = new Tree();
  const [first] = tree.add(tree.root, [seed('0.0', 0.5)]);
  const [second] = tree.add(first!, [seed('0.0.0', 0.7, { text: '0.0\n' })]);
  expect(second).toBe(first);
  expect(first!.children).toEqual([]);
  expect(tree.nodes).toEqual([first]);
});

test('an answer that adds no text to a step that was cut is a node beside it', () => {
  const tree = new Tree();
  const [cut] = tree.add(tree.root, [seed('0.0', 0.5, { finish: 'length' })]);
  const [answer] = tree.add(cut!, [{ ...end('0.0.0', 0.6), prefix: candidate('0.0.0', '0.0\n') }]);
  expect(ids([cut!, answer!])).toEqual(['0.0', '0.0.0']);
  expect([cut!, answer!].map(ended)).toEqual([false, true]);
});

test('going down finds the leaf of the highest worth, each once; the first of equal ones', () => {
  const tree = new Tree();
  expect(tree.choose(byValue)).toBe(tree.root);
  expect(tree.choose(byValue)).toBeUndefined();
  const [low, high] = tree.add(tree.root, [seed('0.0', 0.1), seed('0.1', 0.8)]);
  expect(tree.choose(byValue)).toBe(high);
  const [first, second] = tree.add(high!, [seed('0.1.0', 0.4), end('0.1.1', 0.4)]);
  expect(tree.root.choosable).toBe(3);
  const chosen = [tree.choose(byValue), tree.choose(byValue), tree.choose(byValue), tree.choose(byValue)];
  expect(chosen).toEqual([first, second, low, undefined]);
});

test('a node that may not be written on is no leaf, but one that ended may be visited', () => {
  const tree = new Tree();
  tree.choose(byValue);
  tree.add(tree.root, [{ ...seed('0.0', 0.9), growing: false }, end('0.1', 0.3)]);
  expect(tree.choose(byValue)?.prefix.id).toBe('0.1');
  expect(tree.choose(byValue)).toBeUndefined();
});

test('a leaf in flight is a try of value 0 of all above it, until it is released (methods C.7)', () => {
  const tree = new Tree();
  tree.release([tree.choose(byValue)!]);
  tree.add(tree.root, [seed('0.0', 0.8), seed('0.1', 0.2)]);
  tree.backUp(tree.root, 0.5);
  const first = tree.choose(byValue)!;
  tree.release([first]);
  tree.add(first, [seed('0.0.0', 0.6), seed('0.0.1', 0.7)]);
  tree.backUp(first, 0.8);
  const chosen = [tree.choose(byValue)!, tree.choose(byValue)!];
  expect(chosen).toEqual(first.children);
  expect(tries(first)).toBe(3);
  expect(meanValue(first)).toBeCloseTo(0.8 / 3, 12);
  expect(nodeValue(first)).toBe(0.8);
  tree.release(chosen);
  expect([tree.root, first, ...chosen].map(({ inFlight }) => inFlight)).toEqual([0, 0, 0, 0]);
  expect(meanValue(first)).toBe(0.8);
});

test('backing up a value counts a visit on the whole path (methods C.7)', () => {
  const tree = new Tree();
  const [child] = tree.add(tree.root, [seed('0.0', 0.4)]);
  const [grandchild] = tree.add(child!, [seed('0.0.0', 0.9)]);
  tree.backUp(child!, 0.4);
  tree.backUp(grandchild!, 0.9);
  expect([tree.root, child!, grandchild!].map(({ visits, valueSum }) => [visits, valueSum])).toEqual([
    [2, 1.3],
    [2, 1.3],
    [1, 0.9],
  ]);
  expect(ids(tree.takeChanged())).toEqual(['0.0', '0', '0.0.0']);
  expect(tree.takeChanged()).toEqual([]);
});

test('backing up means: 0.6 of 3, 0.5 of 1 and 0.7 of 3 visits are worth 0.6285714286 (methods C.6)', () => {
  const tree = new Tree();
  const children = tree.add(tree.root, [seed('0.0', 0.6), seed('0.1', 0.5), seed('0.2', 0.7), seed('0.3', 0.1)]);
  for (const [place, visits] of [3, 1, 3].entries())
    for (let visit = 0; visit < visits; visit++) tree.visit(children[place]!, children[place]!.ownValue!);
  tree.backUpMeans(tree.root);
  expect(nodeValue(tree.root)).toBeCloseTo(0.6285714286, 9); // the unvisited fourth weighs nothing
  expect(tree.root.visits).toBe(1);
});

test('backing up means leaves a node without visited children the value that it has (methods C.15)', () => {
  const tree = new Tree();
  tree.backUpMeans(tree.root); // nothing is known yet
  expect(tree.root.visits).toBe(0);
  const [child] = tree.add(tree.root, [end('0.0', 0.4)]);
  tree.backUpMeans(child!);
  tree.backUpMeans(child!);
  expect([child!.visits, nodeValue(child!), nodeValue(tree.root)]).toEqual([2, 0.4, 0.4]);
});

/** A tree grown by dice for a while: any leaf, any number of children, some of them ends, any value, several in flight. */
function grown(dice: () => number, rounds: number, backUp: (tree: Tree, leaf: Node) => void): Tree {
  const tree = new Tree();
  const before = new Set<Node>();
  for (let round = 0; round < rounds; round++) {
    const chosen = Array.from({ length: 1 + Math.floor(dice() * 4) }, () => tree.choose(() => dice())).filter((leaf) => leaf);
    for (const leaf of chosen as Node[]) {
      expect(before.has(leaf)).toBe(false); // no leaf comes twice
      before.add(leaf);
      const count = ended(leaf) ? 0 : Math.floor(dice() * 4);
      const id = (child: number) => `${leaf.prefix.id}.${child}`;
      const seeds = Array.from({ length: count }, (_, child) => (dice() < 0.2 ? end : seed)(id(child), dice()));
      if (!ended(leaf)) tree.add(leaf, seeds);
    }
    tree.release(chosen as Node[]);
    for (const leaf of chosen as Node[]) backUp(tree, leaf);
  }
  return tree;
}
const everyNode = (tree: Tree): Node[] => [tree.root, ...tree.nodes];
const visitsBelow = ({ children }: Node): number => children.reduce((sum, { visits }) => sum + visits, 0);

test('in any tree: a node is visited once for itself and once for each visit below; means are from 0 to 1; nothing stays in flight (methods M.10)', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 40 }), (seeded, rounds) => {
      let visits = 0;
      const tree = grown(mulberry32(seeded), rounds, (tree, leaf) => {
        visits += 1;
        tree.backUp(leaf, leaf.ownValue ?? 0.5);
      });
      expect(tree.root.visits).toBe(visits);
      for (const node of everyNode(tree)) {
        expect(node.inFlight).toBe(0);
        expect(node.visits).toBe(node.visits === 0 ? visitsBelow(node) : 1 + visitsBelow(node));
        expect(nodeValue(node) ?? 0.5).toBeGreaterThanOrEqual(0);
        expect(nodeValue(node) ?? 0.5).toBeLessThanOrEqual(1);
        const leaves = (node.growing || ended(node)) && !node.expanded && node.visits === 0 ? 1 : 0;
        expect(node.choosable).toBe(leaves + node.children.reduce((sum, { choosable }) => sum + choosable, 0));
      }
    }),
  );
});

test('in any tree backed up by means, a node is worth between its worst and its best child', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 40 }), (seeded, rounds) => {
      const tree = grown(mulberry32(seeded), rounds, (tree, leaf) => {
        const [best] = leaf.children;
        if (best) tree.visit(best, best.ownValue!);
        tree.backUpMeans(leaf);
      });
      for (const node of everyNode(tree)) {
        const visited = node.children.filter(({ visits }) => visits > 0).map((child) => nodeValue(child)!);
        if (visited.length === 0) continue;
        expect(nodeValue(node)).toBeGreaterThanOrEqual(Math.min(...visited) - 1e-12);
        expect(nodeValue(node)).toBeLessThanOrEqual(Math.max(...visited) + 1e-12);
      }
    }),
  );
});
