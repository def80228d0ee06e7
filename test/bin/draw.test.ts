/** `npx winnow draw`: the tree of a saved answer as a picture. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { UsageError } from '../../bin/commands/command.ts';
import { draw } from '../../bin/commands/draw.ts';
import { root } from '../../bin/settings.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-draw-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const node = (id: string, parent: string | null, state: string) => ({ id, parent, text: id, tokens: 1, state, scores: {} });
const nodes = [{ ...node('0', null, 'open'), text: '', tokens: 0 }, node('0.0', '0', 'kept'), node('0.0.0', '0.0', 'chosen')];
const native = { object: 'winnow.run', model: 'puzzles', strategy: 'beam_search', tree: nodes, usage: {} };

async function drawn(text: string): Promise<string> {
  const [from, to] = [join(folder, 'answer'), join(folder, 'tree.svg')];
  writeFileSync(from, text);
  expect(await draw.run([from, '--out', to])).toBe(0);
  return readFileSync(to, 'utf8');
}
const events = (...told: [name: string, data: unknown][]) =>
  told.map(([name, data], place) => `event: ${name}\ndata: ${JSON.stringify(data)}\nid: ${place + 1}\n\n`).join('');

test('a native answer, one of chat, and a stream that ended are drawn alike', async () => {
  const picture = await drawn(JSON.stringify(native));
  expect(picture).toContain('beam_search, puzzles: 2 nodes, 2 tokens');
  expect(picture).toContain('class="node chosen"');
  const { model, ...report } = native;
  expect(await drawn(JSON.stringify({ object: 'chat.completion', model, winnow: report }))).toBe(picture);
  expect(await drawn(events(['node', nodes[1]], ['result', native]))).toBe(picture);
});

test('a stream that broke off is drawn from the nodes as they were last told', async () => {
  const picture = await drawn(events(['node', node('0.0', '0', 'open')], ['round', {}], ['node', node('0.0', '0', 'pruned')]));
  expect(picture).toContain('class="node pruned"');
  expect(picture).not.toContain('class="node kept"');
});

test.each([
  { text: 'no json', says: 'neither JSON nor a stream' },
  { text: '{"object": "winnow.run", "strategy": "x"}', says: 'holds no tree' },
  { text: events(['round', {}]), says: 'holds no tree' },
  { text: JSON.stringify({ tree: [{ ...nodes[0], state: 'odd' }] }), says: 'tree.0.state' },
  { text: JSON.stringify({ tree: [] }), says: 'no nodes to draw' },
  { text: JSON.stringify({ tree: [nodes[0], nodes[2]] }), says: 'no tree' },
])('what holds no tree is refused: $says', async ({ text, says }) => {
  await expect(drawn(text)).rejects.toThrow(says);
});

test('a file that is not there, and wrong arguments', async () => {
  await expect(draw.run([join(folder, 'nothing')])).rejects.toThrow('ENOENT');
  await expect(draw.run([])).rejects.toThrow(UsageError);
  await expect(draw.run(['a', 'b'])).rejects.toThrow(UsageError);
});

test('standard input to standard output, as a pipe has it', { timeout: 60_000 }, () => {
  const words = [join(root, 'bin/winnow.ts'), 'draw', '-'];
  const { stdout, status } = spawnSync(process.execPath, words, { input: JSON.stringify(native), encoding: 'utf8' });
  expect(status).toBe(0);
  expect(stdout).toContain('<svg');
});
