import fc from 'fast-check';
import { expect, test } from 'vitest';
import { criticPrompt, readCritique } from '../../src/prompts/critic.ts';

test.each([
  ['Fine.\nVERDICT: done', 'done'],
  ['Wrong sum.\nVERDICT: revise', 'revise'],
  ['verdict: DONE', 'done'],
  ['**VERDICT: revise**', 'revise'],
  ['**VERDICT:** done', 'done'],
  ['  VERDICT:done.', 'done'],
  ['VERDICT: done\nOn second thought:\nVERDICT: revise', 'revise'],
  ['VERDICT: revise\r\n', 'revise'],
] as const)('the critique %j says %s', (text, verdict) => {
  expect(readCritique(text)).toBe(verdict);
});

test.each([
  '',
  'Looks good to me, I am done.',
  'The answer ends with VERDICT: done',
  'VERDICT: maybe',
  'VERDICT: doneness',
  'VERDICT:\ndone',
  '"VERDICT: done" if nothing needs to change',
])('the critique %j says nothing that can be relied on (methods E.0)', (text) => {
  expect(readCritique(text)).toBe('unparsed');
});

test('text without the word never yields a verdict (methods M.15)', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      fc.pre(!/verdict/i.test(text));
      expect(readCritique(text)).toBe('unparsed');
    }),
  );
});

test('a long line of blanks is read in linear time', () => {
  const began = performance.now();
  readCritique(`${' '.repeat(200_000)}VERDICT`.repeat(5));
  expect(performance.now() - began).toBeLessThan(5000); // quadratic would be minutes
});

test('the critic is shown the task and one version, each fenced', () => {
  const prompt = criticPrompt({ text: 'the task' }, 'the answer');
  const [message] = 'messages' in prompt ? prompt.messages : [];
  expect(message).toMatchObject({ role: 'user' });
  expect(message!.content).toMatch(/<task [0-9a-f]+>\nthe task\n<\/task/);
  expect(message!.content).toMatch(/<answer [0-9a-f]+>\nthe answer\n<\/answer/);
});
