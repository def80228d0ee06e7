import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lastJson } from '../../src/answers/json.ts';

const keyAt = (text: string, pointer?: string): string => {
  const extraction = lastJson(text, pointer);
  return extraction.ok ? extraction.key : `failed: ${extraction.reason}`;
};

test.each([
  ['{"final": {"answer": 42}}', '/final/answer', 'q:42/1'],
  ['{"a/b": {"m~n": "1/2"}}', '/a~1b/m~0n', 'q:1/2'],
  ['{"~1": 5}', '/~01', 'q:5/1'],
  ['[1, [2, 3]]', '/1/0', 'q:2/1'],
  ['{"": 1}', '/', 'q:1/1'],
  ['{"a": true}', '/a', 'x:true'],
  ['{"a": false}', '/a', 'x:false'],
  ['{"a": "Yes."}', '/a', 'x:yes'],
  ['{"a": 9007199254740993}', '/a', 'q:9007199254740993/1'],
  ['{"a": 9007199254740992}', '/a', 'q:9007199254740992/1'],
  ['{"b": 1.50, "a": [1e1, "x"]}', '', '{"a":[1e1,"x"],"b":15e-1}'],
  ['{"a":[10,"x"],"b":1.5}', undefined, '{"a":[1e1,"x"],"b":15e-1}'],
  ['{"a": [120e-1, 0.00, 1e+2, 1e99999999999999999]}', '/a', '[12,0,1e2,1e99999999999999999]'],
  ['{"o": {"b": null, "a": -0.0}}', '/o', '{"a":0,"b":null}'],
  ['first {"a": 1}, then {"a": 2} and that is all', '/a', 'q:2/1'],
  ['{"a": {"a": 1}}', '/a/a', 'q:1/1'],
  ['{"a": "} {"}', '/a', 'x:}{'],
  [String.raw`{"a": "\"}"}`, '/a', 'x:"}'],
  ['{"a": 1} as a set {x, y}', '/a', 'q:1/1'],
  ['an open { and a "quote, then\n{"a": 1}', '/a', 'q:1/1'],
  ['a 5" pipe: {"a": 1}', '/a', 'q:1/1'],
  ['wrong ] and { ] too {"a": 1}', '/a', 'q:1/1'],
  ['{"__proto__": 1, "constructor": 2}', '/__proto__', 'q:1/1'],
])('JSON: %j at %j is %s (methods G.6)', (text, pointer, key) => {
  expect(keyAt(text, pointer)).toBe(key);
});

test.each([
  ['{"a": 1}', '/b', 'no_match'],
  ['{"a": 1}', '/a/b', 'no_match'],
  ['{"a": 1}', '/toString', 'no_match'],
  ['[1]', '/-', 'no_match'],
  ['[1]', '/01', 'no_match'],
  ['[1]', '/length', 'no_match'],
  ['{"~2": 1}', '/~2', 'no_match'],
  ['{"a": null}', '/a', 'empty'],
  ['{"a": ""}', '/a', 'empty'],
  ['{"a": 1', '/a', 'unclosed'],
  ['42', '', 'no_match'],
  ['', '', 'no_match'],
])('JSON: %j at %j fails: %s (methods G.6)', (text, pointer, reason) => {
  expect(keyAt(text, pointer)).toBe(`failed: ${reason}`);
});

test('a name that comes twice: the last one counts, and that is noted (methods G.6)', () => {
  expect(lastJson('{"a": 1, "a": 2}', '/a')).toMatchObject({ key: 'q:2/1', note: 'duplicate_keys' });
  expect(lastJson('{"a": {"a": 2}}', '/a/a')).not.toHaveProperty('note');
});

test('64 levels are read, 65 are not; a mebibyte is read, more is not (methods G.6)', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
  expect(lastJson(nested(64)).ok).toBe(true);
  expect(lastJson(nested(65)).ok).toBe(false);
  const long = (length: number) => `["${'x'.repeat(length - 4)}"]`;
  expect(lastJson(long(1_048_576)).ok).toBe(true);
  expect(lastJson(long(1_048_577)).ok).toBe(false);
});

test('a document has one key in every order and spacing, and equal keys are equal values', () => {
  const value = fc.jsonValue({ maxDepth: 4 }).filter((root) => typeof root === 'object' && root !== null);
  fc.assert(
    fc.property(value, (root) => {
      const key = keyAt(JSON.stringify(root));
      expect(keyAt(`so: ${JSON.stringify(reversed(root), null, 2)} done`)).toBe(key);
      expect(JSON.parse(key)).toEqual(JSON.parse(JSON.stringify(root).replace(/(?<=[[:,])-0(?=[,\]}])/g, '0')));
    }),
  );
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, member]) => [name, reversed(member)] as const)
      .reverse(),
  );
}
