import { expect, test } from 'vitest';
import type { Tree, TreeNode } from '../../schemas/tree.ts';
import { drawTree } from '../../src/drawing/search-tree.ts';

const node = (id: string, parent: string | null, more: Partial<TreeNode> = {}): TreeNode => ({
  id,
  parent,
  text: `step ${id}\n`,
  tokens: 3,
  state: 'kept',
  scores: {},
  ...more,
});
const nodes: Tree = [
  node('0', null, { text: '', tokens: 0, state: 'open' }),
  node('0.0', '0', { scores: { process: 0.912 } }),
  node('0.1', '0', { state: 'pruned', reason: 'not_kept', scores: { process: null } }),
  node('0.0.0', '0.0', { state: 'chosen', finish: 'stop', visits: 4, value: 0.5 }),
];

test('every node stands there with its state, its number, and all it is in its title', () => {
  const svg = drawTree(nodes, 'beam_search');
  expect(svg.match(/class="node /g)).toHaveLength(4);
  for (const state of ['open', 'kept', 'pruned', 'chosen']) expect(svg).toContain(`class="node ${state}"`);
  expect(svg).toContain('beam_search: 3 nodes, 9 tokens');
  expect(svg).toContain('step 0.0 · 0.91');
  expect(svg).toContain('step 0.1 · no score');
  expect(svg).toContain('step 0.0.0 · 0.50 ×4');
  expect(svg).toContain('0.1: pruned (not_kept)');
  expect(svg).toContain('3 nodes, 9 tokens: 1 kept, 1 pruned, 1 chosen');
});

test('the way to the answer is drawn strong, and only it', () => {
  expect(drawTree(nodes, 'x').match(/class="link way"/g)).toHaveLength(2);
});

test('whatever a step says, the file is well formed', () => {
  const hostile = [...nodes, node('0.2', '0', { text: '</text><script>alert(1)</script>&\u0000\ud800"' })];
  const svg = drawTree(hostile, '<b>&');
  expect(svg).not.toContain('<script>');
  for (const unfit of ['\u0000', '\ud800']) expect(svg.includes(unfit)).toBe(false);
  expect(svg).toContain('&lt;b&gt;&amp;');
});

test('a long step is shortened by characters, never in the middle of one', () => {
  const svg = drawTree([...nodes, node('0.2', '0', { text: '😀'.repeat(60) })], 'x');
  expect(svg).toContain(`>${'😀'.repeat(25)}…<`);
});

test.each([
  { name: 'no nodes', given: [], says: 'no nodes' },
  { name: 'a missing parent', given: [node('0', null), node('0.1.0', '0.1')], says: 'no tree: missing: 0.1' },
  { name: 'two roots', given: [node('0', null), node('1', null)], says: 'no tree: multiple roots' },
  {
    name: 'too many',
    given: Array.from({ length: 5001 }, (_, place) => node(`0.${place}`, '0')),
    says: '5001 nodes are too many',
  },
])('$name is refused', ({ given, says }) => {
  expect(() => drawTree(given, 'x')).toThrow(says);
});
