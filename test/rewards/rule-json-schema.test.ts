import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { CheckError } from '../../src/rewards/rules/verdict.ts';
import { judge, passed } from './rule-run.ts';

const schema = (given: unknown, document: unknown, more: object = {}) =>
  passed({ check: 'json_schema', schema: given, ...more }, typeof document === 'string' ? document : JSON.stringify(document));

const person = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'https://example.com/person',
  type: 'object',
  required: ['name'],
  properties: {
    name: { type: 'string', pattern: '^[A-Z]' },
    age: { type: 'integer', minimum: 0 },
    friends: { type: 'array', items: { $ref: '#' }, uniqueItems: true },
    born: { format: 'date' },
  },
  additionalProperties: false,
};
const ada = { name: 'Ada', age: 36, friends: [{ name: 'Bob' }, { name: 'Cy', born: '1990-02-28' }] };

test.each([
  ['all of it', ada, true],
  ['a name that does not match', { name: 'ada' }, false],
  ['a number where a name should be', { name: 3 }, false],
  ['one more member', { name: 'Ada', x: 1 }, false],
  [
    'the same friend twice',
    {
      name: 'Ada',
      friends: [
        { name: 'Bob', age: 1 },
        { age: 1, name: 'Bob' },
      ],
    },
    false,
  ],
  ['a friend without a name', { name: 'Ada', friends: [{}] }, false],
  ['no such day', { name: 'Ada', born: '1990-02-30' }, false],
  ['half a year', { name: 'Ada', age: 0.5 }, false],
])('%s', (_, document, verdict) => {
  expect(schema(person, document)).toBe(verdict);
});

test.each([
  [{ pattern: '^a' }, 7, true],
  [{ patternProperties: { '^x': { type: 'number' } }, additionalProperties: false }, { x1: 1, xy: 2 }, true],
  [{ patternProperties: { '^x': { type: 'number' } }, additionalProperties: false }, { x1: 1, y: 2 }, false],
  [{ properties: { x1: { minimum: 5 } }, patternProperties: { '^x': { type: 'number' } } }, { x1: 2 }, false],
  [{ patternProperties: { '^x': { type: 'number' }, '1$': { minimum: 5 } } }, { x1: 2 }, false],
  [{ patternProperties: { '^x': { type: 'number' }, '1$': { minimum: 5 } } }, { x2: 2 }, true],
  [{ patternProperties: { '^x': true }, unevaluatedProperties: false }, { x: 1 }, true],
  [{ propertyNames: { pattern: '^[a-z]+$' } }, { ab: 1 }, true],
  [{ propertyNames: { pattern: '^[a-z]+$' } }, { Ab: 1 }, false],
  [{ not: { pattern: 'b' } }, 'abc', false],
  [{ uniqueItems: true }, [1, '1', [1], { a: 1 }], true],
  [{ uniqueItems: true }, [{ a: [1, 2] }, { a: [1, 2] }], false],
  [{ items: { uniqueItems: true } }, [[1], [2, 2]], false],
  [{ uniqueItems: false }, [1, 1], true],
  [{ anyOf: [{ uniqueItems: true }, { maxItems: 2 }] }, [1, 1], true],
  [{ enum: [{ a: 1 }] }, { a: 1 }, true],
  [{ const: null }, null, true],
  [{ properties: JSON.parse('{"__proto__": {"type": "string"}}') }, '{"__proto__": 3}', false],
  [{ prefixItems: [{ type: 'number' }], items: false }, [1], true],
  [{ dependentRequired: { a: ['b'] } }, { a: 1 }, false],
  [true, 1, true],
  [false, 1, false],
] as const)('%j of %j is %j', (given, document, verdict) => {
  expect(schema(given, typeof document === 'string' && !document.startsWith('{') ? JSON.stringify(document) : document)).toBe(
    verdict,
  );
});

test('the whole text, a fence around it, or the last object in it', () => {
  const given = { type: 'object', required: ['a'] };
  expect(schema(given, '```json\n{"a": 1}\n```')).toBe(true);
  expect(schema(given, 'Sure: {"a": 1}')).toBe(false);
  expect(schema(given, 'First {"b": 1}, then {"a": 1} done', { document: 'last' })).toBe(true);
  expect(schema(given, 'none', { document: 'last' })).toBe(false);
  expect(judge({ check: 'json_schema', schema: given }, '{"b": 1}')).toEqual({
    passed: false,
    why: '#: Instance does not have required property "a".',
  });
});

test('schemas that zod writes are understood', () => {
  const written = z.toJSONSchema(z.strictObject({ city: z.string().min(2), tags: z.array(z.enum(['a', 'b'])).max(3) }));
  expect(schema(written, { city: 'Oslo', tags: ['a'] })).toBe(true);
  expect(schema(written, { city: 'O', tags: ['a'] })).toBe(false);
});

test.each([
  [{ pattern: '(?=a)' }, /RE2/],
  [{ properties: { a: { pattern: '(' } } }, /#\/properties\/a\/pattern/],
  [{ patternProperties: { '(?!a)': true } }, /RE2/],
  [{ $ref: 'https://example.com/x' }, /\$ref/],
  [{ $ref: '#/$defs/none' }, /leads to no part/],
  [{ $dynamicRef: '#x' }, /not supported/],
  [{ $defs: { a: { $id: 'x' } } }, /by their place/],
  [{ typ: 'object' }, /typ is not supported/],
  [{ type: 'objekt' }, /cannot be/],
  [{ minimum: '3' }, /cannot be/],
  [{ multipleOf: 0 }, /cannot be/],
  [{ format: 'url' }, /Known: date/],
  [{ allOf: {} }, /no list/],
  [{ not: 3 }, /neither an object nor a boolean/],
  [{ enum: ['x'.repeat(70_000)] }, /characters/],
] as const)('%j is refused', (given, says) => {
  expect(() => schema(given, 1)).toThrow(CheckError);
  expect(() => schema(given, 1)).toThrow(says);
});

describe('what would not end', () => {
  const within = (run: () => unknown, verdict: boolean | null) => {
    const began = performance.now();
    expect(run()).toBe(verdict);
    expect(performance.now() - began).toBeLessThan(10_000);
  };
  const nest = (times: number, one: (inner: object) => object) => {
    let whole: object = {};
    for (let level = 0; level < times; level++) whole = one(whole);
    return whole;
  };

  test('a document of depth 10,000', () => {
    const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
    within(() => schema({ type: 'array' }, deep), null);
    within(() => schema({ type: 'array' }, deep, { document: 'last' }), null);
    within(() => schema({ type: 'array' }, '['.repeat(200_000)), null);
    within(() => passed({ check: 'format', form: 'json' }, deep), null);
  });
  test('a schema of depth 10,000', () => {
    expect(() =>
      schema(
        nest(10_000, (not) => ({ not })),
        1,
      ),
    ).toThrow(/deeper than 64/);
  });
  test('references that branch in two thirty times', () => {
    const $defs: Record<string, unknown> = { d30: false };
    for (let level = 0; level < 30; level++) {
      const next = { $ref: `#/$defs/d${level + 1}` };
      $defs[`d${level}`] = { anyOf: [next, next] };
    }
    within(() => schema({ $ref: '#/$defs/d0', $defs }, 1), null);
  });
  test('a reference to itself', () => {
    within(() => schema({ $ref: '#' }, 1), null);
    within(() => schema({ anyOf: [{ $ref: '#' }, { $ref: '#' }] }, 1), null);
  });
  test('a catastrophic pattern', () => {
    const long = `${'a'.repeat(200_000)}!`;
    within(() => schema({ pattern: '^(a+)+$' }, JSON.stringify(long)), false);
    within(() => schema({ patternProperties: { '^(a+)+$': false } }, { [long]: 1 }), true);
  });
  test('50,000 items that differ', () => {
    within(() => schema({ uniqueItems: true }, JSON.stringify(Array.from({ length: 50_000 }, (_, place) => place))), true);
  });
  test('2,000 looks at 20,000 members, and 20,000 looks at 3,000 values', () => {
    const members = Object.fromEntries(Array.from({ length: 20_000 }, (_, place) => [`k${place}`, place]));
    within(() => schema({ allOf: Array.from({ length: 2000 }, () => ({ maxProperties: 100_000 })) }, members), null);
    const values = Array.from({ length: 3000 }, (_, place) => `value${place}`);
    within(
      () =>
        schema(
          { contains: { enum: values } },
          Array.from({ length: 20_000 }, (_, place) => `x${place}`),
        ),
      null,
    );
  });
  test.each([
    ['date', '1'],
    ['time', '1:'],
    ['date-time', '1t'],
    ['duration', 'P1D'],
    ['email', 'a@'],
    ['email', 'a.'],
    ['hostname', 'a-'],
    ['hostname', 'a.'],
    ['ipv4', '1.'],
    ['ipv6', 'a:'],
    ['ipv6', ':'],
    ['uuid', '0-'],
    ['json-pointer', '/~0'],
  ])('format %s of a megabyte of %s', (format, piece) => {
    const text = `${piece.repeat(Math.floor(1_000_000 / piece.length))}!`;
    const began = performance.now();
    expect(schema({ format }, JSON.stringify(text))).not.toBeNull();
    expect(performance.now() - began).toBeLessThan(5000);
  });
});
