import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Finish } from '../../schemas/candidate.ts';
import type { AnswerConfig } from '../../schemas/config.ts';
import { extract } from '../../src/answers/extract.ts';
import { fastest } from './fastest.ts';

const read = (text: string, type: AnswerConfig['type'], finish: Finish = 'stop', methods?: AnswerConfig['methods']) => {
  const extraction = extract(text, finish, { type, ...(methods && { methods }) });
  return extraction.ok ? `${extraction.method} ${extraction.key}` : extraction.reason;
};

describe('order of methods (methods G.2)', () => {
  test.each([
    [String.raw`\boxed{1} <answer>2</answer> answer: 3`, 'text', 'tag x:2'],
    [String.raw`\boxed{1} answer: 3`, 'text', 'boxed x:1'],
    ['answer: 3', 'text', 'phrase x:3'],
    ['so it is 3', 'text', 'no_match'],
    ['so it is 3', 'number', 'last_number q:3/1'],
    ['<answer>007</answer>', 'text', 'tag x:007'],
    ['<answer>007</answer>', 'number', 'tag q:7/1'],
    ['<answer>1</answer> <answer>2</answer> <answer>3', 'text', 'tag x:2'],
    ['<ANSWER>Yes</Answer>', 'text', 'tag x:yes'],
    [String.raw`<answer>\boxed{5}</answer>`, 'text', 'tag x:5'],
    [String.raw`<answer> \boxed 5 </answer>`, 'text', 'tag x:5'],
    [String.raw`<answer>\boxed{5}+\boxed{6}</answer>`, 'text', String.raw`tag x:\boxed{5}+\boxed{6}`],
    ['<answer></answer> answer: 3', 'text', 'phrase x:3'],
    ['<answer></answer>', 'text', 'empty'],
    ['<answer>5', 'text', 'unclosed'],
    [`<answer>${'long '.repeat(500)}\\boxed{5}</answer>`, 'text', 'boxed x:5'],
  ] as const)('%j as %s is %s', (text, type, said) => {
    expect(read(text, type)).toBe(said);
  });

  test('the first of the configured methods to succeed wins, in their order', () => {
    const text = String.raw`<answer>1</answer> \boxed{2} answer: 3, or 4`;
    expect(read(text, 'text', 'stop', ['boxed', 'tag'])).toBe('boxed x:2');
    expect(read(text, 'number', 'stop', ['last_number'])).toBe('last_number q:4/1');
    expect(read('answer: 3', 'text', 'stop', ['tag'])).toBe('no_match');
  });
});

describe('phrase (methods G.2, G.9)', () => {
  test.each([
    ['The final answer is $X$. I hope it is correct.', 'x:x'],
    [String.raw`The answer is \(3+4\), so`, 'x:3+4'],
    ['The answer is $$12$$ units', 'x:12'],
    ['The answer is Paris. It is in France.', 'x:paris'],
    ['The answer is 3.5 cm. no more', 'x:3.5cm.nomore'],
    ['answer: one\nAnswer: two', 'x:two'],
    ['**Answer:** 42.**', 'x:42'],
    ['**Answer**: 42', 'x:42'],
    ['Answer\uFF1A 42', 'x:42'],
    ['Answer is: 42', 'x:42'],
    ['Answer:\n42\nmore', 'x:42'],
    ['Answer: $40', 'x:40'],
    ['Answer: yes. The answer of the others', 'x:yes'],
  ])('%j says %s', (text, key) => {
    expect(extract(text, 'stop', { type: 'text' })).toMatchObject({ ok: true, method: 'phrase', key });
  });

  test.each([
    ['the answers: 5', 'no_match'],
    ['answer 5', 'no_match'],
    ['the answer isn\u2019t known', 'no_match'],
    ['Answer: ', 'empty'],
  ])('%j says nothing: %s', (text, reason) => {
    expect(extract(text, 'stop', { type: 'text' })).toEqual({ ok: false, reason });
  });
});

describe('numbers (methods G.9)', () => {
  test.each([
    ['Answer: about 50 apples', 'phrase q:50/1'],
    [String.raw`\boxed{50\%}`, 'boxed p:50/1'],
    [String.raw`\boxed{x = 5\text{ cm}}`, 'boxed q:5/1'],
    [String.raw`\boxed{5 \text{ cm}}`, 'boxed q:5/1'],
    ['It is 5. Answer: unclear.', 'no_match'],
    ['Answer: 155', 'phrase q:155/1'],
    ['it costs -$40', 'last_number q:-40/1'],
    ['is 10^9999', 'last_number q:9999/1'],
    ['is 1e9999', 'no_match'],
  ])('%j is %s', (text, said) => {
    expect(read(text, 'number')).toBe(said);
  });

  test('the span is that of the number in the captured text', () => {
    const text = String.raw`so \boxed{ about 50 apples }`;
    expect(extract(text, 'stop', { type: 'number' })).toEqual({
      ok: true,
      raw: '50',
      key: 'q:50/1',
      span: [17, 19],
      method: 'boxed',
    });
    expect(text.slice(17, 19)).toBe('50');
  });
});

describe('think blocks (methods G.2)', () => {
  test.each([
    ['<think>answer: 1</think> so 2', 'last_number q:2/1'],
    ['<think>answer: 1', 'truncated'],
    ['answer: 1 <think>but', 'truncated'],
    ['the template opened it: answer: 1</think> so 2', 'last_number q:2/1'],
    ['<think>a</think> answer: 3 </think>', 'phrase q:3/1'],
    ['<Thinking>1</Thinking>2<think>3</think>', 'last_number q:2/1'],
    ['<think>one <think>two</think> 4', 'last_number q:4/1'],
  ])('%j is %s', (text, said) => {
    expect(read(text, 'number')).toBe(said);
  });

  test('positions are those of the whole text', () => {
    const text = '<think>\n12</think>\n<answer>7</answer>';
    const extraction = extract(text, 'stop', { type: 'text' });
    expect(extraction.ok && text.slice(...extraction.span)).toBe('7');
  });
});

test.each(['length', 'budget', 'cancelled', 'error', 'step'] as const)(
  'a text that ended by %s is believed where it marks its answer only (methods G.1, G.9)',
  (finish) => {
    expect(read('<answer>1</answer> so', 'number', finish)).toBe('tag q:1/1');
    expect(read(String.raw`\boxed{1} so`, 'number', finish)).toBe('boxed q:1/1');
    expect(read('{"a": 1} so', 'json', finish)).toBe('json {"a":1}');
    expect(read('answer: 1', 'number', finish)).toBe('truncated');
    expect(read('it is 1', 'number', finish)).toBe('truncated');
    expect(read(String.raw`\boxed{1`, 'number', finish)).toBe('unclosed');
  },
);

const TYPES = ['text', 'number', 'choice', 'json', 'code'] as const;

test('whatever the text, a success has a key and a span inside of it', () => {
  const part = fc.constantFrom(
    '<answer>',
    '</answer>',
    '<think>',
    '</think>',
    '\\boxed{',
    '}',
    '{',
    '"',
    '[',
    ']',
    'Answer: ',
    'B',
    '5',
    ',',
    '$',
    '```',
    '\n',
    ' ',
    '\\',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(part).map((parts) => parts.join('')),
      ),
      fc.constantFrom(...TYPES),
      (text, type) => {
        const extraction = extract(text, 'stop', { type });
        if (!extraction.ok) return;
        const [start, end] = extraction.span;
        expect(extraction.key).not.toBe('');
        expect(extraction.raw.trim()).not.toBe('');
        expect(start >= 0 && start < end && end <= text.length).toBe(true);
      },
    ),
    { numRuns: 1000 },
  );
});

const HOSTILE = [
  ' ',
  '\n',
  '*',
  '.',
  '. ',
  '1',
  '1,',
  '111,',
  '1,111',
  '1.',
  '-',
  '-1',
  '1e',
  '1e-',
  '$',
  '-$',
  'a',
  'A ',
  '(',
  '{',
  '}',
  '[',
  ']',
  '"',
  '\\',
  '\\"',
  '\\boxed',
  '\\boxed{',
  '\\boxed ',
  '\\boxed{}',
  '\\boxed{\\boxed{',
  '<answer>',
  '</answer>',
  '<answer></answer>',
  '<answer>\\boxed{',
  '<think>',
  '</think>',
  '<think></think>',
  'answer',
  'answer ',
  'answer is ',
  'answer:',
  'Answer: (',
  '```',
  '```\n',
  '~~~~',
  '{"a":',
  '{}',
  '[]',
  '[{"a":1}]',
  '{,}',
  '{"a":"',
  '\\text{',
  '\u0130',
  '\uD800',
];

test.each(TYPES)('100,000 characters of any repetition take milliseconds as %s', (type) => {
  const slow = HOSTILE.flatMap((part) => {
    const text = part.repeat(Math.ceil(100_000 / part.length));
    const around = [
      text,
      `${text}x`,
      `answer: ${text}x`,
      `\\boxed{${text}}`,
      `<answer>${text}</answer>`,
      `{"a": ${text}`,
      `\`\`\`\n${text}x`,
    ];
    return around
      .map((hostile) => ({ part, begins: hostile.slice(0, 20), ms: fastest(() => extract(hostile, 'stop', { type })) }))
      .filter(({ ms }) => ms > 500); // anything quadratic would take minutes;
  });
  expect(slow).toEqual([]);
});
