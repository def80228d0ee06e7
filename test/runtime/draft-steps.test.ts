import { expect, test } from 'vitest';
import type { CandidateLine } from '../../schemas/backend.ts';
import { withLimits } from '../../schemas/step.ts';
import { type Prefix, root } from '../../src/operation.ts';
import { draftSteps } from '../../src/runtime/draft-steps.ts';
import { means, sampleAlone, sampleOf } from './means.ts';
import { ScriptedBackend } from './scripted-backend.ts';

const line = (text: string, more: Partial<CandidateLine>): CandidateLine => ({
  type: 'candidate',
  id: '0.0',
  parent: '0',
  text,
  step: 1,
  step_ends: [],
  token_count: text.length,
  finish: 'length',
  ...more,
});

test('a match that may grow goes on in the next call of its candidate, and not in a child (methods C.0)', () => {
  const steps = draftSteps({ pattern: ';+' }, root);
  expect(steps.told('', 0, false)).toBeUndefined();
  steps.add({ line: line('a;', { step_ends: [2], step_text_ends: [2], step_open: false }), text: '', tokens: 0 });
  expect(steps.told('a;', 2, true)).toEqual({ ended: 0, open: 2, open_tokens: 0, text_ends: [] });
  steps.add({ line: line(';b', { step_ends: [1, 2], step_text_ends: [1, 2], step_open: true }), text: 'a;', tokens: 2 });
  expect(steps.divide('a;;b', false, false)).toEqual({ steps: ['a;;', 'b'], stepEnds: [3, 4], stepOpen: true });
  const prefix: Prefix = { id: '0.0', text: 'a;', steps: ['a;'], tokenCount: 2, stepEnds: [2], stepOpen: false };
  expect(draftSteps({ pattern: ';+' }, prefix).told('a;', 2, false)).toEqual({
    ended: 1,
    open: 0,
    open_tokens: 0,
    text_ends: [2],
  });
});

test('where nobody tells the ends, the text that was written is one step, and the tokens are unknown', () => {
  const steps = draftSteps({ tokens: 2 }, root);
  steps.add({ line: line('abc', { step_ends: [3] }), text: '', tokens: 0 });
  expect(steps.divide('abc', false, false)).toEqual({ steps: ['abc'], stepEnds: undefined, stepOpen: true });
});

test('a stop string that is taken out takes the steps that it began', () => {
  const steps = draftSteps({ tokens: 2 }, root);
  const told = { step_ends: [2, 4], step_text_ends: [2, 4], step_open: false };
  steps.add({ line: line('abcd', told), text: '', tokens: 0 });
  expect(steps.divide('ab', true, true)).toEqual({ steps: ['ab'], stepEnds: [2], stepOpen: false });
  expect(steps.divide('abc', true, true)).toEqual({ steps: ['ab', 'c'], stepEnds: [2, 4], stepOpen: false });
});

test('a prefix that was cut within a step of so many tokens has as many as are left (methods C.0)', async () => {
  const backend = new ScriptedBackend({ tokens: () => 1 });
  const { context, state } = means(backend, { policy: { step: withLimits({ tokens: 5 }, {}) } });
  const prefix: Prefix = {
    id: '0.0',
    text: 'aaaaaaaa',
    steps: ['aaaaa', 'aaa'],
    tokenCount: 8,
    tokens: Array(8).fill(1),
    stepEnds: [5, 8],
    stepOpen: true,
  };
  const [child] = await sampleAlone(sampleOf({ prefixes: [prefix], count: 1, until: 'step' }), context, state);
  expect(backend.requests[0]!.prefixes[0]).toMatchObject({ max_tokens: 2, steps: { ended: 1, open: 3, open_tokens: 3 } });
  expect(backend.requests[0]!.step).toEqual({ tokens: 5, max_tokens: 5 });
  expect(child).toMatchObject({ steps: ['aaaaa', 'aaaaa'], stepEnds: [5, 10], stepOpen: false, finish: 'step' });
});
