/** The tree of a run: in the answer, as events while it grows, as a picture. */
import { expect, test } from 'vitest';
import { type Tree, tree, treeNode } from '../../schemas/tree.ts';
import { familyOf } from '../../src/strategies/registry.ts';
import { allEvents, bestOfN, critiqueRefine, expectRefusal, post, puzzle, search, send } from './winnow.ts';

const limited = { sampling: { seed: 3 }, return: { tree: true }, budget: { max_tokens: 600 } };

/** Only those that run on a policy that follows no instructions. */
const searches = familyOf('search').filter(({ needs }) => !needs.critic && !needs.planner);

function expectWhole(nodes: Tree, tokens: number | null): void {
  const ids = nodes.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const [place, { parent }] of nodes.entries()) if (parent !== null) expect(ids.slice(0, place)).toContain(parent);
  expect(nodes.reduce((sum, node) => sum + node.tokens, 0)).toBe(tokens);
}

test.each(searches)('$name: every token that was sampled stands in the tree, and one node is chosen', async ({ name }) => {
  const { tree: nodes = [], usage, choice } = await search({ ...limited, strategy: name });
  expectWhole(nodes, usage.completion_tokens);
  expect(nodes.filter(({ state }) => state === 'chosen').map(({ id }) => id)).toEqual([choice.id]);
});

test('the steps on the way to the answer are the answer', async () => {
  const { tree: nodes = [], choice } = await search(limited);
  const byId = new Map(nodes.map((node) => [node.id, node]));
  let text = '';
  for (let node = byId.get(choice.id); node; node = byId.get(node.parent ?? '')) text = node.text + text;
  expect(text).toBe(choice.message.content);
});

test('best-of-n and critique-refine have a tree too; without asking there is none', async () => {
  const { tree: samples } = await bestOfN({ n: 3, return: { tree: true } });
  expect(samples).toHaveLength(4);
  const refined = await critiqueRefine(limited);
  expectWhole(refined.tree ?? [], refined.usage.completion_tokens);
  expect(await search({ ...limited, return: { tree: false } })).not.toHaveProperty('tree');
});

test('in chat it stands in `winnow`', async () => {
  const messages = [{ role: 'user', content: puzzle }];
  const body = { messages, seed: 1, winnow: { strategy: 'beam_search', return: { tree: true } } };
  const { json } = await post('/v1/chat/completions', body);
  expect(tree.parse((json as { winnow: { tree: unknown } }).winnow.tree).length).toBeGreaterThan(4);
});

test('nodes are told as they grow: what was last told of each is the tree, but for the choice', async () => {
  const sent = await allEvents(await send('/v1/search', { prompt: puzzle, ...limited, stream: true }));
  const told = sent.filter(({ event }) => event === 'node').map(({ data }) => treeNode.parse(JSON.parse(data)));
  const last = new Map(told.map((node) => [node.id, node]));
  const result = JSON.parse(sent.find(({ event }) => event === 'result')!.data) as { tree: unknown };
  const grown = tree.parse(result.tree).slice(1);
  expect(grown.length).toBeGreaterThan(4);
  expect([...last.keys()].toSorted()).toEqual(grown.map(({ id }) => id).toSorted());
  for (const node of grown.filter(({ state }) => state !== 'chosen')) expect(last.get(node.id)).toEqual(node);
  expect(told.length).toBeGreaterThan(last.size); // told again with its score
});

test('?format=svg draws it', async () => {
  const { status, headers, text } = await post('/v1/search?format=svg', { prompt: puzzle, sampling: { seed: 3 } });
  expect(status).toBe(200);
  expect(headers.get('content-type')).toBe('image/svg+xml; charset=utf-8');
  expect(text).toMatch(/^<svg /);
  expect(text).toContain('class="node chosen"');
});

test.each([
  { path: '/v1/search?format=png', more: {}, code: 'unsupported_value' },
  { path: '/v1/search?format=svg', more: { stream: true }, code: 'invalid_value' },
])('$path with $more is refused before anything is spent', async ({ path, more, code }) => {
  expectRefusal(await post(path, { prompt: puzzle, ...more }), { status: 400, code, param: 'format' });
});
