import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countSteps } from '../../../gpu-backend/engine/steps.ts';
import { splitSteps } from '../../../src/answers/steps.ts';

test.each([
  { name: 'two whole steps and an open one', before: '', text: 'a\nbb\nc', resumed: false, step: 3, stepEnds: [2, 5, 6] },
  { name: 'the end of an open step, and one more', before: 'x\ny', text: 'z\nw\n', resumed: false, step: 3, stepEnds: [2, 4] },
  { name: 'nothing after whole steps', before: 'x\n', text: '', resumed: false, step: 1, stepEnds: [] },
  { name: 'nothing after an open step', before: 'x', text: '', resumed: false, step: 1, stepEnds: [] },
  { name: 'nothing, resumed within a step: it ends here', before: 'x', text: '', resumed: true, step: 1, stepEnds: [0] },
  { name: 'nothing at all', before: '', text: '', resumed: false, step: 0, stepEnds: [] },
])('$name', ({ before, text, resumed, step, stepEnds }) => {
  const ends = Array.from(text, (_, place) => place + 1);
  expect(countSteps('\n', { before, text, ends, resumed })).toEqual({ step, stepEnds });
});

test('steps count as the text is split, wherever it was cut', () => {
  const texts = fc.string({ unit: fc.constantFrom('a', ';'), maxLength: 20 });
  fc.assert(
    fc.property(texts, texts, (before, text) => {
      const ends = Array.from(text, (_, place) => place + 1);
      const { step, stepEnds } = countSteps(';;', { before, text, ends, resumed: false });
      expect(step).toBe(splitSteps(before + text, ';;').length);
      expect(stepEnds).toEqual([...new Set(stepEnds)].sort((a, b) => a - b));
      if (text !== '') expect(stepEnds.at(-1)).toBe(text.length);
    }),
  );
});

test('a token that ends two steps is the end of both', () => {
  expect(countSteps(';', { before: '', text: 'a;b;', ends: [1, 4], resumed: false }).stepEnds).toEqual([2, 2]);
});
