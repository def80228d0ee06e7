import { expect, test } from 'vitest';
import { tree } from '../../schemas/tree.ts';
import type { Note, SampleOperation } from '../../src/operation.ts';
import { root } from '../../src/operation.ts';
import { RunTree } from '../../src/runtime/run-tree.ts';
import { candidate, sampled, scores, task } from '../drive.ts';

const grown = (more: Partial<SampleOperation> = {}): SampleOperation => ({
  kind: 'sample',
  role: 'policy',
  policy: task.policy,
  prompt: task.prompt,
  sampling: task.sampling,
  prefixes: [root],
  count: 2,
  firstChild: 0,
  until: 'step',
  finishing: false,
  ...more,
});
const note = (said: Note) => ({ kind: 'note', note: said }) as const;
const scored = (reward: string, ...candidates: ReturnType<typeof candidate>[]) =>
  ({ kind: 'score', reward, prompt: task.prompt, candidates }) as const;

function beam(): RunTree {
  const seen = new RunTree();
  const [a, b] = [candidate('0.0', 'a\n', { finish: 'step' }), candidate('0.1', 'b\n', { finish: 'step' })];
  seen.observe(grown(), sampled(a, b));
  seen.observe(scored('process', a, b), scores(0.9, 'not_finite'));
  seen.observe(note({ type: 'prune', id: '0.1', reason: 'not_kept' }), { kind: 'note' });
  seen.observe(note({ type: 'round', round: 0, kept: ['0.0'] }), { kind: 'note' });
  const end = candidate('0.0.0', 'a\nend', { written: 'end', tokenCount: 5 });
  seen.observe(grown({ prefixes: [a] }), sampled(end));
  return seen;
}

test('what was sampled, scored, kept and pruned is the tree, parents first', () => {
  const nodes = tree.parse(beam().nodes('0.0.0'));
  expect(nodes).toEqual([
    { id: '0', parent: null, text: '', tokens: 0, state: 'open', scores: {} },
    { id: '0.0', parent: '0', text: 'a\n', tokens: 2, state: 'kept', finish: 'step', scores: { process: 0.9 } },
    {
      id: '0.1',
      parent: '0',
      text: 'b\n',
      tokens: 2,
      state: 'pruned',
      finish: 'step',
      reason: 'not_kept',
      scores: { process: null },
    },
    { id: '0.0.0', parent: '0.0', text: 'end', tokens: 3, state: 'chosen', finish: 'stop', scores: {} },
  ]);
});

test('it tells which nodes changed, so that a listener draws it as it grows', () => {
  const seen = new RunTree();
  expect(seen.observe(grown(), sampled(candidate('0.0', 'a'), candidate('0.1', 'b')))).toMatchObject([
    { id: '0.0', state: 'finished' },
    { id: '0.1', state: 'finished' },
  ]);
  expect(seen.observe(note({ type: 'value', id: '0.1', visits: 3, value: 0.25 }), { kind: 'note' })).toMatchObject([
    { id: '0.1', visits: 3, value: 0.25 },
  ]);
  expect(seen.observe(note({ type: 'value', id: '0.9', visits: 3, value: 0.25 }), { kind: 'note' })).toEqual([]);
});

test('the beginning of a candidate that is written on is a node of its own, below that candidate', () => {
  const seen = new RunTree();
  const first = candidate('0.0', 'a\nb');
  seen.observe(grown({ until: 'end', count: 1 }), sampled(first));
  const prefix = { ...candidate('0.0@1', 'a\n'), id: '0.0@1' };
  const again = candidate('0.0@1.0', 'a\nc', { parent: '0.0@1', written: 'c', finish: 'length' });
  expect(seen.observe(grown({ prefixes: [prefix], until: 'end' }), sampled(again)).map(({ id }) => id)).toEqual([
    '0.0@1',
    '0.0@1.0',
  ]);
  expect(seen.nodes('0.0@1.0')).toMatchObject([
    { id: '0' },
    { id: '0.0', state: 'finished' },
    { id: '0.0@1', parent: '0.0', text: '', tokens: 0, state: 'kept' },
    { id: '0.0@1.0', parent: '0.0@1', text: 'c', tokens: 1, state: 'chosen' },
  ]);
});

test('a fork at a token: its beginning below the candidate, the token that was put there, what goes on from it (methods C.11)', () => {
  const seen = new RunTree();
  const first = candidate('0.0', 'abcd');
  seen.observe(grown({ until: 'end', count: 1 }), sampled(first));
  const prefix = { ...candidate('0.0@2t.0', 'abx'), forced: 'x' };
  const fork = candidate('0.0@2t.0.0', 'abxy', { parent: '0.0@2t.0', written: 'y' });
  const again = candidate('0.0@2t.0.1', 'abxz', { parent: '0.0@2t.0', written: 'z' });
  const news = seen.observe(grown({ prefixes: [prefix], until: 'end' }), sampled(fork, again));
  expect(news.map(({ id }) => id)).toEqual(['0.0@2t', '0.0@2t.0', '0.0@2t.0.0', '0.0@2t.0.1']);
  expect(tree.parse(seen.nodes('0.0@2t.0.0')).slice(2)).toEqual([
    { id: '0.0@2t', parent: '0.0', text: '', tokens: 0, state: 'kept', scores: {} },
    { id: '0.0@2t.0', parent: '0.0@2t', text: 'x', tokens: 0, state: 'kept', scores: {} },
    { id: '0.0@2t.0.0', parent: '0.0@2t.0', text: 'y', tokens: 1, state: 'chosen', finish: 'stop', scores: {} },
    { id: '0.0@2t.0.1', parent: '0.0@2t.0', text: 'z', tokens: 1, state: 'finished', finish: 'stop', scores: {} },
  ]);
});

test('the first tokens of a candidate that are written on are a node below it, and counted with it alone (methods C.10)', () => {
  const seen = new RunTree();
  seen.observe(grown({ until: 'end', count: 1 }), sampled(candidate('0.0', 'abcd')));
  const prefix = candidate('0.0@2t', 'ab');
  seen.observe(grown({ prefixes: [prefix] }), sampled(candidate('0.0@2t.0', 'abyz', { parent: '0.0@2t', written: 'yz' })));
  expect(seen.nodes('0').slice(1)).toMatchObject([
    { id: '0.0', tokens: 4 },
    { id: '0.0@2t', parent: '0.0', tokens: 0 },
    { id: '0.0@2t.0', parent: '0.0@2t', text: 'yz', tokens: 2 },
  ]);
});

test('what critics and judges write is no part of it', () => {
  const seen = new RunTree();
  for (const role of ['critic', 'judge'] as const)
    expect(seen.observe(grown({ role }), sampled(candidate('0.0', 'no')))).toEqual([]);
  expect(seen.nodes('0')).toHaveLength(1);
});

test.each([
  ['stop', 'finished'],
  ['length', 'cut'],
  ['budget', 'cut'],
  ['step', 'open'],
  ['error', 'failed'],
  ['cancelled', 'failed'],
] as const)('a candidate that ended by %s is %s', (finish, state) => {
  expect(new RunTree().observe(grown(), sampled(candidate('0.0', 'a', { finish })))).toMatchObject([{ finish, state }]);
});
