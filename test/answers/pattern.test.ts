import { describe, expect, test } from 'vitest';
import { type AnswerConfig, answerConfig } from '../../schemas/config.ts';
import { extract } from '../../src/answers/extract.ts';
import { lastMatch } from '../../src/answers/pattern.ts';
import { loadConfig } from '../../src/config/load.ts';
import { fastest } from './fastest.ts';

const read = (
  text: string,
  config: Omit<AnswerConfig, 'type'> & { type?: AnswerConfig['type'] },
  finish: 'stop' | 'length' = 'stop',
) => {
  const extraction = extract(text, finish, answerConfig.parse({ type: 'text', ...config }));
  return extraction.ok ? `${extraction.method} ${extraction.key}` : extraction.reason;
};
const regex = (pattern: string, more: Partial<AnswerConfig> = {}) => ({ methods: ['regex' as const], pattern, ...more });

describe('a regular expression of the config', () => {
  test.each([
    ['#### 1\nso\n#### 42', '#### (.+)', 'regex x:42'],
    ['result=7;', 'result=(?P<answer>\\d+);', 'regex x:7'],
    ['a: 1, b: 2', '(a): (?P<answer>\\d)', 'regex x:1'],
    ['v12', 'v\\d+', 'regex x:v12'],
    ['(x)', '\\((.)\\)', 'regex x:x'],
    ['ANSWER:\n forty two', '(?s)ANSWER:\\s*(.*)', 'regex x:forty two'],
    ['nothing', '#### (.+)', 'no_match'],
    ['####  \n', '####(.*)', 'empty'],
    ['#### 5\n####  ', '####(.*)', 'regex x:5'],
    ['b', '(a)|b', 'no_match'],
    ['', 'a*', 'empty'],
  ])('%j by %s is %s', (text, pattern, said) => {
    expect(read(text, regex(pattern))).toBe(said);
  });

  test('the span is that of the group, think blocks and all', () => {
    const text = '<think>#### 1</think> #### 23 ';
    const extraction = extract(text, 'stop', { type: 'number', ...regex('#### (.+)') });
    expect(extraction).toEqual({ ok: true, raw: '23', key: 'q:23/1', span: [27, 29], method: 'regex' });
  });

  test('by type: a number is looked for in what it captured, a choice must be one', () => {
    expect(read('>> about 5 cm', regex('>> (.*)', { type: 'number' }))).toBe('regex q:5/1');
    expect(read('>> (B)', regex('>> (.*)', { type: 'choice' }))).toBe('regex x:b');
    expect(read('>> A or B', regex('>> (.*)', { type: 'choice' }))).toBe('ambiguous');
  });

  test('a text that was cut is not believed by it: it marks no end (methods G.9)', () => {
    expect(read('#### 5', regex('#### (.+)'), 'length')).toBe('truncated');
  });

  test('the server does not start with one', () => {
    const policy = { backend: 'b', model: 'm', sampling: { max_tokens: 1 }, typical_tokens: 1 };
    const withPattern = (pattern: string) => ({
      default_policy: 'p',
      backends: { b: { kind: 'openai', url: 'http://127.0.0.1:1/v1' } },
      policies: { p: { ...policy, answer: { type: 'text', methods: ['regex'], pattern } } },
    });
    expect(() => loadConfig(withPattern('(?=a)'))).toThrow(/policies\.p\.answer\.pattern: .*RE2/);
    expect(loadConfig(withPattern('a')).policies.p?.answer?.pattern).toBe('a');
  });

  test.each([
    ['(a+)+$', 'a'.repeat(100_000)],
    ['a.*b|a', 'a'.repeat(100_000)],
    ['(a|aa)*c', 'a'.repeat(100_000)],
    ['(.*)(.*)(.*)(.*)x', 'a'.repeat(100_000)],
    ['', 'a'.repeat(100_000)],
    ['\\d+', '1 '.repeat(50_000)],
    ['[a-z]{1,90}z', 'a'.repeat(100_000)],
  ])('%s over 100,000 characters ends soon, by its match or by its limit', (pattern, text) => {
    expect(fastest(() => lastMatch(text, pattern))).toBeLessThan(5000);
  });

  test('a search that begins again after each match is stopped, and that is said', () => {
    expect(lastMatch('a'.repeat(100_000), 'a.*b|a')).toEqual({ ok: false, reason: 'timeout' });
    expect(lastMatch(`${'1 '.repeat(10_000)}7`, '\\d+')).toMatchObject({ ok: true, raw: '7' });
  });
});

describe('methods in the order of the config (methods G.2)', () => {
  const text = 'Answer: 1 {"final": {"answer": "2"}} \\boxed{3}\n```py\n4\n```\n#### 5';
  test.each([
    [['json_pointer', 'boxed'], 'json_pointer x:2'],
    [['boxed', 'json_pointer'], 'boxed x:3'],
    [['code_block', 'boxed'], 'code_block x:4'],
    [['regex', 'tag'], 'regex x:5'],
    [['tag', 'regex'], 'regex x:5'],
  ] as const)('%j: %s', (methods, said) => {
    const pattern = methods.some((method) => method === 'regex') ? { pattern: '#### (.+)' } : {};
    expect(read(text, { methods: [...methods], pointer: '/final/answer', language: 'py', ...pattern })).toBe(said);
  });

  test('of a number, the JSON value and the block are read as one', () => {
    expect(read(text, { type: 'number', methods: ['json_pointer'], pointer: '/final/answer' })).toBe('json_pointer q:2/1');
    expect(read('{"n": 1234567890123456789012}', { type: 'number', methods: ['json_pointer'], pointer: '/n' })).toBe(
      'json_pointer q:1234567890123456789012/1',
    );
    expect(read(text, { type: 'number', methods: ['code_block'] })).toBe('code_block q:4/1');
    expect(read('{"a": 1}', { methods: ['json_pointer'], pointer: '/b' })).toBe('no_match');
    expect(read('{"a": null}', { methods: ['json_pointer'], pointer: '/a' })).toBe('empty');
  });

  test('of a choice, too', () => {
    const choices = '<answer>A</answer> \\boxed{B} {"x": "C"}';
    expect(read(choices, { type: 'choice', methods: ['boxed', 'tag'] })).toBe('boxed x:b');
    expect(read(choices, { type: 'choice', methods: ['json_pointer', 'tag'], pointer: '/x' })).toBe('json_pointer x:c');
    expect(read(choices, { type: 'choice', methods: ['last_number', 'tag'] })).toBe('tag x:a');
  });

  test('a cut text is believed where a JSON value stands whole (methods G.9)', () => {
    expect(read('{"a": "1"} so', { methods: ['json_pointer'], pointer: '/a' }, 'length')).toBe('json_pointer x:1');
    expect(read('```\n1\n```', { methods: ['code_block'] }, 'length')).toBe('truncated');
  });

  test.each([
    [{ type: 'text', methods: ['regex'] }, /belong together/],
    [{ type: 'text', pattern: 'a' }, /belong together/],
    [{ type: 'json', methods: ['tag'] }, /one way only/],
    [{ type: 'code', methods: ['code_block'] }, /one way only/],
    [{ type: 'text', methods: ['regex'], pattern: 'a'.repeat(501) }, /500/],
    [{ type: 'text', methods: [] }, />=1/],
    [{ type: 'text', methods: ['magic'] }, /regex/],
  ])('%j is refused', (config, says) => {
    expect(answerConfig.safeParse(config).error?.message).toMatch(says);
  });
});
