import { expect, test } from 'vitest';
import type { CandidateLine } from '../../schemas/backend.ts';
import { type StepRule, withLimits } from '../../schemas/step.ts';
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

interface Forced {
  readonly rule: StepRule;
  /** What stands before the token, in steps. */
  readonly before: string[];
  readonly open: boolean;
  readonly token: string;
  readonly ended: number;
  readonly left: number;
}

test.each<Forced>([
  { rule: { tokens: 4 }, before: ['abcd', 'e'], open: true, token: 'f', ended: 1, left: 2 },
  { rule: { tokens: 4 }, before: ['abcd', 'efg'], open: true, token: 'h', ended: 2, left: 0 },
  { rule: { tokens: 4 }, before: ['abcd'], open: false, token: 'e', ended: 1, left: 1 },
  { rule: { marks: ['|'] }, before: ['ab|', 'c'], open: true, token: 'd', ended: 1, left: 2 },
  { rule: { marks: ['|'] }, before: ['ab|', 'c'], open: true, token: 'd|e', ended: 2, left: 1 },
  { rule: { pattern: ';+' }, before: ['ab'], open: true, token: 'c', ended: 0, left: 3 },
  { rule: { pattern: ';+' }, before: ['ab;', 'c'], open: true, token: ';d', ended: 2, left: 1 },
  { rule: { pattern: ';+' }, before: ['ab;', 'c'], open: true, token: ';', ended: 1, left: 2 },
  { rule: { pattern: ';+' }, before: [], open: false, token: 'a', ended: 0, left: 1 },
])('a token that was put there ends steps as if it were written: $token after $before', (forced) => {
  const { rule, before, open, token, ended, left } = forced;
  const steps = [...before, token];
  const text = steps.join('');
  const tokenCount = before.join('').length + 1; // each character is one
  const prefix: Prefix = { id: '0.0@1t.0', text, steps, tokenCount, stepOpen: open, forced: token };
  expect(draftSteps(rule, prefix).told(text, tokenCount, false)).toMatchObject({ ended, open: left });
});

test('an answer that goes on after such a token has no step that ends there', () => {
  const prefix: Prefix = { id: '0.0@2t.0', text: 'abc', steps: ['ab', 'c'], tokenCount: 3, stepOpen: true, forced: 'c' };
  const steps = draftSteps({ marks: ['|'] }, prefix);
  steps.add({ line: line('d|e', { step_ends: [2, 3], step_text_ends: [2, 3], step_open: true }), text: '', tokens: 0 });
  expect(steps.divide('abcd|e', true, false).steps).toEqual(['abcd|', 'e']);
});
