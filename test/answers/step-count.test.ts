import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { StepRule } from '../../schemas/step.ts';
import { countSteps, standing } from '../../src/answers/step-count.ts';
import { splitSteps } from '../../src/answers/steps.ts';

const lines: StepRule = { delimiter: '\n' };

test.each([
  { name: 'two whole steps and an open one', before: '', text: 'a\nbb\nc', resumed: false, step: 3, stepEnds: [2, 5, 6] },
  { name: 'the end of an open step, and one more', before: 'x\ny', text: 'z\nw\n', resumed: false, step: 3, stepEnds: [2, 4] },
  { name: 'nothing after whole steps', before: 'x\n', text: '', resumed: false, step: 1, stepEnds: [] },
  { name: 'nothing after an open step', before: 'x', text: '', resumed: false, step: 1, stepEnds: [] },
  { name: 'nothing, resumed within a step: it ends here', before: 'x', text: '', resumed: true, step: 1, stepEnds: [0] },
  { name: 'nothing at all', before: '', text: '', resumed: false, step: 0, stepEnds: [] },
])('$name', ({ before, text, resumed, step, stepEnds }) => {
  const ends = Array.from(text, (_, place) => place + 1);
  expect(countSteps(lines, { before: standing(lines, before), text, ends, resumed })).toMatchObject({ step, stepEnds });
});

test('steps count as the text is split, wherever it was cut', () => {
  const texts = fc.string({ unit: fc.constantFrom('a', ';'), maxLength: 20 });
  const rule = { delimiter: ';;' };
  fc.assert(
    fc.property(texts, texts, (before, text) => {
      const ends = Array.from(text, (_, place) => place + 1);
      const { step, stepEnds } = countSteps(rule, { before: standing(rule, before), text, ends, resumed: false });
      expect(step).toBe(splitSteps(before + text, rule).length);
      expect(stepEnds).toEqual([...new Set(stepEnds)].sort((a, b) => a - b));
      if (text !== '') expect(stepEnds.at(-1)).toBe(text.length);
    }),
  );
});

test('a token that ends two steps is the end of both', () => {
  const rule = { delimiter: ';' };
  expect(countSteps(rule, { before: standing(rule, ''), text: 'a;b;', ends: [1, 4], resumed: false }).stepEnds).toEqual([2, 2]);
});

test.each([
  {
    name: 'by tokens',
    rule: { tokens: 2 },
    before: 'x',
    tokens: 1,
    text: 'abc',
    step: 2,
    stepEnds: [1, 3],
    textEnds: [1, 3],
    open: false,
  },
  {
    name: 'by tokens, the last open',
    rule: { tokens: 2 },
    before: '',
    tokens: 0,
    text: 'abc',
    step: 2,
    stepEnds: [2, 3],
    textEnds: [2, 3],
    open: true,
  },
  {
    name: 'by a pattern',
    rule: { pattern: ';+' },
    before: 'x',
    tokens: 1,
    text: 'a;;b',
    step: 2,
    stepEnds: [3, 4],
    textEnds: [3, 4],
    open: true,
  },
  {
    name: 'by marks',
    rule: { marks: [';', ','] },
    before: 'x,',
    tokens: 2,
    text: 'a;b',
    step: 3,
    stepEnds: [2, 3],
    textEnds: [2, 3],
    open: true,
  },
])('steps $name are told in tokens and in characters (methods C.0)', ({ name: _, rule, before, tokens, text, ...expected }) => {
  const ends = Array.from(text, (_, place) => place + 1);
  expect(countSteps(rule, { before: standing(rule, before, { tokens }), text, ends, resumed: false })).toEqual(expected);
});

test('a text that is resumed within a match is told from one that begins a step (methods C.0)', () => {
  const rule = { pattern: ';+' };
  expect(standing(rule, 'a;')).toMatchObject({ ended: 1, openFrom: 2 });
  expect(standing(rule, 'a;', { resumed: true })).toMatchObject({ ended: 0, openFrom: 0 });
  expect(standing(rule, 'a;b', { resumed: true })).toMatchObject({ ended: 1, openFrom: 2 });
});

test('an end without text ends nothing, and marks count by their place (methods C.0)', () => {
  const rule = { marks: ['<s>'] };
  const isMark = (place: number) => place === 0 || place >= 3;
  const written = { before: standing(rule, ''), text: 'ab', ends: [0, 1, 2, 2, 2], isMark, resumed: false };
  expect(countSteps(rule, written)).toEqual({ step: 1, stepEnds: [4], textEnds: [2], open: false });
});
