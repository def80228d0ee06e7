import { expect, test } from 'vitest';
import { approachPrompt, plannerPrompt, readPlan } from '../../src/prompts/planner.ts';

test.each([
  { plan: '1. By algebra.\n2. By trial.', approaches: ['By algebra.', 'By trial.'] },
  { plan: 'Here are three:\n\n1) A\n2) B\r\n3) C\n', approaches: ['A', 'B', 'C'] },
  { plan: '**1.** A\n### 2. B', approaches: ['A', 'B'] },
  { plan: '1. A\n   - a detail\n     1. a detail of it\n2. B', approaches: ['A', 'B'] },
  { plan: '1. A\n2. A\n3. B', approaches: ['A', 'B'] },
  { plan: '3.14 is pi\n1.\n2024 was a year', approaches: [] },
  { plan: 'I would use algebra.', approaches: [] },
])('the plan $plan names $approaches (methods C.14)', ({ plan, approaches }) => {
  expect(readPlan(plan, true)).toEqual(approaches);
});

test('the last line of a plan that was cut is none: it may be half of one', () => {
  expect(readPlan('1. By algebra.\n2. By tri', false)).toEqual(['By algebra.']);
  expect(readPlan('1. By alg', false)).toEqual([]);
});

test('a long line of blanks is read in linear time', () => {
  const began = performance.now();
  readPlan(`${' '.repeat(200_000)}1.${' '.repeat(200_000)}`.repeat(5), true);
  expect(performance.now() - began).toBeLessThan(5000); // quadratic would be minutes
});

test('the planner is shown the task, fenced, and how many approaches it may name', () => {
  const prompt = plannerPrompt({ text: 'the task' }, 7);
  const [message] = 'messages' in prompt ? prompt.messages : [];
  expect(message!.content).toMatch(/<task [0-9a-f]+>\nthe task\n<\/task/);
  expect(message!.content).toContain('up to 7');
});

const APPROACH = /<approach [0-9a-f]+>\nBy algebra\.\n<\/approach/;

test('the approach stands in the last message of the user; all else is as it was (methods C.14)', () => {
  const messages = [
    { role: 'system' as const, content: 'Be brief.' },
    { role: 'user' as const, content: 'First' },
    { role: 'assistant' as const, content: 'Yes?' },
    { role: 'user' as const, content: 'Second' },
  ];
  const prompt = approachPrompt({ messages }, 'By algebra.');
  const changed = 'messages' in prompt ? prompt.messages : [];
  expect(changed.slice(0, 3)).toEqual(messages.slice(0, 3));
  expect(changed[3]!.content).toMatch(/^Second\n/);
  expect(changed[3]!.content).toMatch(APPROACH);
});

test('where no user says anything the approach is a message of its own', () => {
  const prompt = approachPrompt({ messages: [{ role: 'system', content: 'Be brief.' }] }, 'By algebra.');
  const roles = 'messages' in prompt ? prompt.messages.map(({ role }) => role) : [];
  expect(roles).toEqual(['system', 'user']);
});

test('raw text goes on at its own end: the approach stands before it', () => {
  const prompt = approachPrompt({ text: 'Q: 1 + 1\nA:' }, 'By algebra.');
  expect('text' in prompt && prompt.text).toMatch(APPROACH);
  expect('text' in prompt && prompt.text.endsWith('\n\nQ: 1 + 1\nA:')).toBe(true);
});
