import { expect, test } from 'vitest';
import { extract } from '../../src/answers/extract.ts';

const code = (text: string, language?: string, finish: 'stop' | 'length' = 'stop') => {
  const extraction = extract(text, finish, { type: 'code', ...(language && { language }) });
  return extraction.ok ? extraction.key : { failed: extraction.reason };
};
const fenced = (language: string, body: string) => `\`\`\`${language}\n${body}\n\`\`\`\n`;

test.each([
  {
    name: 'the last block in the language wins',
    text: fenced('python', 'a') + fenced('python', 'b') + fenced('sh', 'c'),
    key: 'b',
  },
  { name: 'where none is in the language, the last block', text: fenced('', 'a') + fenced('sh', 'c'), key: 'c' },
  { name: 'case of the language is nothing', text: `${fenced('Python title=x', 'a')}${fenced('sh', 'c')}`, key: 'a' },
  { name: 'trailing spaces and CRLF are nothing', text: fenced('python', 'a  \r\n  b\t\r\n\r\n'), key: 'a\n  b' },
  { name: 'tildes fence too, and hold backticks', text: `~~~python\n${fenced('', 'x')}~~~`, key: '```\nx\n```' },
  { name: 'a longer fence holds a shorter one', text: `\`\`\`\`python\n${fenced('', 'x')}\`\`\`\``, key: '```\nx\n```' },
  { name: 'inline code is no block', text: `${fenced('sh', 'a')}\`\`\`b\`\`\` and so on`, key: 'a' },
  { name: 'a complete text may leave its fence open', text: '```python\na\nb', key: 'a\nb' },
])('code: $name (methods G.6)', ({ text, key }) => {
  expect(code(text, 'python')).toBe(key);
});

test.each([
  { name: 'no block at all', text: 'print(1)', finish: 'stop', reason: 'no_match' },
  { name: 'an empty block', text: '```\n\n```', finish: 'stop', reason: 'empty' },
  { name: 'a fence and nothing more', text: '```', finish: 'stop', reason: 'empty' },
  { name: 'a cut text, its last block open', text: '```python\na', finish: 'length', reason: 'truncated' },
] as const)('code: $name fails: $reason (methods G.6)', ({ text, finish, reason }) => {
  expect(code(text, undefined, finish)).toEqual({ failed: reason });
});
